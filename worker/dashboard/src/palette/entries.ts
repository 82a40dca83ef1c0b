import type { Board, Workspace } from '../api/directory.ts'
import { words } from '../glossary/words.ts'
import { addressOfView, type View, viewTitles } from '../views.ts'

/** Something that the palette offers. */
export interface Entry {
  readonly id: string
  readonly title: string
  /** Further words by which it is found. */
  readonly more: string
  /** The kind of thing, shown at its right. */
  readonly kind: 'View' | 'Board' | 'Workspace' | 'Action' | 'Word'
  readonly deed: Deed
}

/** The effect of choosing an entry. It is data, so that the list of entries can be tested. */
export type Deed =
  | { readonly kind: 'go'; readonly address: string }
  | { readonly kind: 'workspace'; readonly id: string }
  | { readonly kind: 'theme'; readonly theme: 'system' | 'light' | 'dark' }
  | { readonly kind: 'sign-out' }

interface Known {
  /** The views of the navigation, and those that help. */
  readonly views: readonly View[]
  readonly boards: readonly Board[]
  readonly workspaces: readonly Workspace[]
  readonly workspace: Workspace
  readonly isOperator: boolean
  readonly isLocal: boolean
}

const moreOfViews: Readonly<Partial<Record<View, string>>> = {
  live: 'figures alerts monitoring tiers redis plots',
  board: 'contacts list',
  mail: 'inbound e-mail',
  queues: 'jobs work in the background',
  workspace: 'settings lifetimes toggles actions',
  inspector: 'explain why stale tiers tags',
  activity: 'feed invalidations deploys history',
}

/** All that the palette offers a user: only what the role may see or do. */
export function paletteEntries({
  views,
  boards,
  workspaces,
  workspace,
  isOperator,
  isLocal,
}: Known): Entry[] {
  const helping: readonly View[] = isLocal ? ['start', 'glossary'] : ['glossary']
  const isAdmin = workspace.role === 'admin'
  return [
    ...[...views, ...helping].map((view) =>
      goTo('View', viewTitles[view], addressOfView(view), moreOfViews[view]),
    ),
    goTo('View', 'API documentation', '/docs', 'openapi swagger routes'),
    ...boards.map(({ id, name }) => goTo('Board', name, addressOfView('board', id), id)),
    ...workspaces
      .filter(({ id }) => id !== workspace.id)
      .map(({ id, name, role }): Entry => {
        const deed = { kind: 'workspace', id } as const
        return {
          id: `workspace ${id}`,
          title: `${id} · ${name}`,
          more: `switch ${role}`,
          kind: 'Workspace',
          deed,
        }
      }),
    ...(isAdmin ? actionsOfAdmins : []),
    goTo('Action', 'Warm up this workspace', addressOfView('workspace'), 'preload fill cache'),
    ...(isOperator ? actionsOfOperators : []),
    ...themes,
    { id: 'sign-out', title: 'Sign out', more: 'log out leave', kind: 'Action', deed: { kind: 'sign-out' } },
    ...words.map(({ id, title, meaning }) => goTo('Word', title, addressOfView('glossary', id), meaning)),
  ]
}

function goTo(kind: Entry['kind'], title: string, address: string, more = ''): Entry {
  return { id: `${kind} ${title} ${address}`, title, more, kind, deed: { kind: 'go', address } }
}

/** They lead to where the deed is done, which asks before it does anything. */
const actionsOfAdmins = [
  goTo('Action', 'Invalidate this workspace', addressOfView('workspace'), 'clear purge outdate'),
  goTo('Action', 'Change the cache settings', addressOfView('workspace'), 'lifetime ttl toggle'),
  goTo('Action', 'Explain an answer', addressOfView('inspector'), 'why stale'),
]
const actionsOfOperators = [
  goTo('Action', 'Change alert thresholds', addressOfView('live'), 'settings rules'),
  goTo('Action', 'Clear a Redis database', addressOfView('live'), 'flush purge'),
]

const themes = (
  [
    ['light', 'Light theme'],
    ['dark', 'Dark theme'],
    ['system', "The device's theme"],
  ] as const
).map(([theme, title]): Entry => {
  const more = 'colours appearance mode'
  return { id: `theme ${theme}`, title, more, kind: 'Action', deed: { kind: 'theme', theme } }
})
