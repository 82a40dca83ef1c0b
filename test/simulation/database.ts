import type { CacheSettings } from '../../shared/contract/settings.ts'
import { defaultCacheSettings } from '../../shared/contract/settings.ts'
import { limits } from '../../shared/limits.ts'
import { nameOf, type Place, pagesMax, perPage, places } from './questions.ts'

export interface Contact {
  readonly id: string
  readonly boardId: string
  readonly columnId: string
  readonly assigneeId: string | null
  readonly isOpen: boolean
  readonly isHigh: boolean
  /** Whether a search finds it. */
  readonly isSought: boolean
  /** Told apart from what it was before each change. */
  readonly revision: number
}

/** What a workspace's tables hold now. Changed by transactions only. */
export interface Tables {
  readonly contacts: Map<string, Contact>
  readonly boardIds: Set<string>
  settings: CacheSettings
}

/** What was so from a transaction on, until the next item of the same history. */
export interface Fact {
  readonly commit: number
  /** The body that the origin answers with; null: there is no such thing. */
  readonly text: string | null
}

/** One workspace's database, with its whole past: for each place, all that was ever so. */
export interface Database {
  readonly tables: Tables
  /** How many transactions were committed. */
  commits(): number
  /** Runs a transaction; answers its number. */
  commit(transact: (tables: Tables) => void): number
  /** What is so now. */
  read(place: Place): string | null
  /** All that was ever so, in order; the first from commit 0 on. */
  historyOf(name: string): readonly Fact[]
}

/** Settings in which everything is cached, searches too, and for long. */
export const everythingCached: CacheSettings = {
  ...defaultCacheSettings,
  features: { ...defaultCacheSettings.features, search: true },
}

export function createDatabase(workspaceId: string): Database {
  const tables: Tables = {
    contacts: new Map(),
    boardIds: new Set(),
    settings: {
      ...everythingCached,
      cacheConfig: {
        ...defaultCacheSettings.cacheConfig,
        contactCountsTTL: limits.lifetimeSecondsMin,
        contactsTTL: limits.lifetimeSecondsMin,
      },
    },
  }
  const histories = new Map<string, Fact[]>()
  let commits = 0

  /** The facts change only where what stands there does: the commit is named in the text and so left out of this. */
  const known = new Map<string, string | null>()
  function note(place: Place): void {
    const name = nameOf(place)
    const rows = rowsAt(tables, place)
    const content = rows === null ? null : JSON.stringify(rows)
    const history = histories.get(name)
    if (history !== undefined && known.get(name) === content) return
    known.set(name, content)
    const text =
      rows === null
        ? null
        : JSON.stringify({ workspaceId, place: name, commit: commits, ...rows, ...paginationOf(rows) })
    const fact = { commit: commits, text }
    if (history === undefined) histories.set(name, [fact])
    else history.push(fact)
  }
  for (const place of places) note(place)

  return {
    tables,
    commits: () => commits,
    commit(transact) {
      commits += 1
      transact(tables)
      for (const place of places) note(place)
      return commits
    },
    read(place) {
      const fact = histories.get(nameOf(place))?.at(-1)
      if (fact === undefined) throw new Error(`nobody knows of ${nameOf(place)}`)
      return fact.text
    },
    historyOf: (name) => histories.get(name) ?? [],
  }
}

interface Rows {
  readonly contacts: readonly (readonly [string, number])[]
  readonly hasMore: boolean
}

/** What a place shows; null where there is no such board. Newest contacts first, as lists are by default. */
function rowsAt(tables: Tables, place: Place): Rows | null {
  const contacts = [...tables.contacts.values()]
  const { boardId, page, isSearch } = place
  if (boardId === null) return countsOf(contacts)
  if (!tables.boardIds.has(boardId)) return null
  const all = contacts
    .filter((contact) => isShown(contact, place))
    .map(({ id, revision }) => [id, revision] as const)
    .reverse()
  const shown = all.slice((page - 1) * perPage, page * perPage)
  // The total of a search may be an estimate, for which rows of the whole board are sampled.
  const sampled = contacts.filter((contact) => contact.boardId === boardId)
  const estimate = isSearch
    ? [['estimate', sampled.reduce((sum, each) => sum + each.revision, 0)] as const]
    : []
  return { contacts: [...shown, ...estimate], hasMore: page < pagesMax && all.length > page * perPage }
}

function isShown(contact: Contact, { boardId, columnId, ownerId, filter, isSearch }: Place): boolean {
  return (
    contact.boardId === boardId &&
    (columnId === null || contact.columnId === columnId) &&
    (ownerId === null || contact.assigneeId === ownerId) &&
    (filter !== 'open' || contact.isOpen) &&
    (filter !== 'high_priority' || contact.isHigh) &&
    (!isSearch || contact.isSought)
  )
}

function countsOf(contacts: readonly Contact[]): Rows {
  const open = contacts.filter(({ isOpen }) => isOpen).length
  const high = contacts.filter(({ isHigh }) => isHigh).length
  const assignees = contacts.map(({ assigneeId }) => assigneeId ?? '').toSorted()
  return { contacts: [[`total:${contacts.length} ${open} ${high} ${assignees.join()}`, 0]], hasMore: false }
}

/** Last, as in the real thing: a reader who goes on looks for it at the end of the bytes. */
function paginationOf({ hasMore }: Rows): { pagination: { next_cursor: string | null } } {
  return { pagination: { next_cursor: hasMore ? 'more' : null } }
}
