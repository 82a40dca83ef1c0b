import { useSyncExternalStore } from 'react'

/** The views, in the order of the navigation. */
export const views = ['live', 'board', 'mail', 'workspace', 'inspector'] as const
export type View = (typeof views)[number]

export const viewTitles: Readonly<Record<View, string>> = {
  live: 'Live',
  board: 'Board',
  mail: 'Mail',
  workspace: 'Workspace',
  inspector: 'Inspector',
}

function currentView(): View {
  const named = window.location.hash.replace(/^#\/?/, '')
  return views.find((view) => view === named) ?? 'live'
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

/** The view that the address names after `#/`. The page is a single file, so its server need not know the views. */
export function useView(): View {
  return useSyncExternalStore(subscribe, currentView)
}
