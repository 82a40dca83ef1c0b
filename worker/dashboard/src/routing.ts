import { useMemo, useSyncExternalStore } from 'react'
import { addressOfView, type View, views } from './views.ts'

export { addressOfView, type View, views, viewTitles } from './views.ts'

/** The place that the address asks for: a view, the user's first view if it names none, or something that does not exist. */
type Asked = View | 'first' | 'unknown'

/** Whether going back returns to the address before. Typed text would otherwise leave an address for each letter. */
type Step = 'push' | 'replace'

const workspaceParameter = 'workspace'
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('popstate', listener)
  window.addEventListener('hashchange', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('popstate', listener)
    window.removeEventListener('hashchange', listener)
  }
}

/** Changes the address without loading the page. */
function go(url: string, step: Step): void {
  if (step === 'push') history.pushState(null, '', url)
  else history.replaceState(null, '', url)
  for (const listener of listeners) listener()
}

/** `board/board_1` and `filter=open` in `#/board/board_1?filter=open`. */
function partsOfHash(): readonly [place: string, query: string] {
  const [place = '', query = ''] = window.location.hash.replace(/^#\/?/, '').split('?')
  return [place, query]
}

function currentView(): Asked {
  const [named = ''] = partsOfHash()[0].split('/')
  return named === '' ? 'first' : (views.find((view) => view === named) ?? 'unknown')
}

function currentRest(): string {
  return partsOfHash()[0].split('/').slice(1).map(decoded).join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The view that the address names after `#/`. The page is a single file, so its server need not know the views. */
export function useView(): Asked {
  return useSyncExternalStore(subscribe, currentView)
}

/** The part of the address after the view, by which a view knows what it shows: `exports/failed` in `#/queues/exports/failed`. */
export function useRestOfAddress(): string {
  return useSyncExternalStore(subscribe, currentRest)
}

/** Goes to a view, and to what it shows there. */
export function goToView(view: View, rest = '', step: Step = 'push'): void {
  go(addressOfView(view, rest), step)
}

/** Begins at a view, unless the user has gone to one meanwhile. */
export function beginAt(view: View): void {
  if (currentView() === 'first') goToView(view, '', 'replace')
}

/** The choices of a view that the address keeps, so that they survive a reload and can be sent to somebody. */
interface Choices {
  readonly query: URLSearchParams
  /** Changes some choices, and what the view shows if `rest` says so. Null takes a choice out of the address. */
  choose(changed: Readonly<Record<string, string | null>>, how?: { rest?: string; step?: Step }): void
}

/** As `choose` of `useChoices`, outside of a component. */
export const choose: Choices['choose'] = (changed, { rest, step = 'push' } = {}) => {
  const [place, before] = partsOfHash()
  const after = new URLSearchParams(before)
  for (const [name, value] of Object.entries(changed)) {
    if (value === null) after.delete(name)
    else after.set(name, value)
  }
  const view = currentView()
  const base =
    rest === undefined || view === 'first' || view === 'unknown' ? `#/${place}` : addressOfView(view, rest)
  go(after.size === 0 ? base : `${base}?${after}`, step)
}

export function useChoices(): Choices {
  const text = useSyncExternalStore(subscribe, () => partsOfHash()[1])
  const query = useMemo(() => new URLSearchParams(text), [text])
  return { query, choose }
}

/** The workspace that the address names (`/?workspace=15214`). */
export function useWorkspaceInAddress(): string | null {
  return useSyncExternalStore(subscribe, () =>
    new URLSearchParams(window.location.search).get(workspaceParameter),
  )
}

/** Names the workspace in the address, which stays the same otherwise. */
export function nameWorkspace(id: string, step: Step): void {
  const query = new URLSearchParams(window.location.search)
  if (query.get(workspaceParameter) === id) return
  query.set(workspaceParameter, id)
  go(`?${query}${window.location.hash}`, step)
}
