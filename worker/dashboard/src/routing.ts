import { useSyncExternalStore } from 'react'

/** The views, in the order of the navigation. */
export const views = ['live', 'board', 'mail', 'queues', 'workspace', 'inspector'] as const
export type View = (typeof views)[number]

export const viewTitles: Readonly<Record<View, string>> = {
  live: 'Live',
  board: 'Board',
  mail: 'Mail',
  queues: 'Queues',
  workspace: 'Workspace',
  inspector: 'Inspector',
}

function namedInAddress(): readonly string[] {
  return window.location.hash.replace(/^#\/?/, '').split('/')
}

function currentView(): View {
  const [named] = namedInAddress()
  return views.find((view) => view === named) ?? 'live'
}

function currentRest(): string {
  return namedInAddress().slice(1).join('/')
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

/** The view that the address names after `#/`. The page is a single file, so its server need not know the views. */
export function useView(): View {
  return useSyncExternalStore(subscribe, currentView)
}

/** The part of the address after the view, by which a view knows what it shows: `exports/failed` in `#/queues/exports/failed`. */
export function useRestOfAddress(): string {
  return useSyncExternalStore(subscribe, currentRest)
}
