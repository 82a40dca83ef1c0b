import type { CacheSettings } from '../../shared/contract/settings.ts'
import { defaultCacheSettings } from '../../shared/contract/settings.ts'
import type { UserId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { nameOf, type Place, pagesMax, perPage, places, userIds } from './questions.ts'

export interface Contact {
  readonly id: string
  readonly boardId: string
  readonly columnId: string
  readonly assigneeId: string | null
  readonly isOpen: boolean
  readonly isHigh: boolean
  /** Whether a search finds this contact. */
  readonly isSought: boolean
  /** Tells the contact apart from its earlier states. */
  readonly revision: number
}

/** The present content of a workspace's tables. Only transactions change it. */
export interface Tables {
  readonly contacts: Map<string, Contact>
  readonly boardIds: Set<string>
  readonly memberIds: Set<UserId>
  settings: CacheSettings
}

/** The content of a place from one transaction until the next item of the same history. */
export interface Fact {
  readonly commit: number
  /** The body of the origin's answer, or null if the thing does not exist. */
  readonly text: string | null
}

/** One workspace's database with its whole past: for each place, everything that it ever showed. */
export interface Database {
  readonly tables: Tables
  /** The number of committed transactions. */
  commits(): number
  /** Runs a transaction and answers its number. */
  commit(transact: (tables: Tables) => void): number
  /** A copy of the present content. */
  save(): Tables
  /** The present content of the place. */
  read(place: Place): string | null
  /** Everything that the place ever showed, in order, beginning with commit 0. */
  historyOf(name: string): readonly Fact[]
}

/** Settings under which everything is cached, searches too, with long lifetimes. */
export const everythingCached: CacheSettings = {
  ...defaultCacheSettings,
  features: { ...defaultCacheSettings.features, search: true },
}

export function createDatabase(workspaceId: string): Database {
  const tables: Tables = {
    contacts: new Map(),
    boardIds: new Set(),
    memberIds: new Set(userIds),
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

  /** The text without its commit number. A new fact begins only when what the place shows has changed. */
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
        : JSON.stringify({
            ...{ workspaceId, place: name, commit: commits, hasMore: rows.hasMore },
            // A list names its contacts as production's does, because its tags follow from them.
            contacts: rows.contacts.map(([id, revision]) => ({ id, revision })),
            // The counts have all their fields because production parses them when it answers.
            ...(place.boardId === null ? countsData(tables, commits) : paginationOf(rows)),
          })
    const fact = { commit: commits, text }
    if (history === undefined) histories.set(name, [fact])
    else history.push(fact)
  }
  for (const place of places) note(place)

  return {
    tables,
    commits: () => commits,
    save: () => ({
      contacts: new Map(tables.contacts),
      boardIds: new Set(tables.boardIds),
      memberIds: new Set(tables.memberIds),
      settings: tables.settings,
    }),
    commit(transact) {
      commits += 1
      transact(tables)
      for (const place of places) note(place)
      return commits
    },
    read(place) {
      const fact = histories.get(nameOf(place))?.at(-1)
      if (fact === undefined) throw new Error(`the database has no place ${nameOf(place)}`)
      return fact.text
    },
    historyOf: (name) => histories.get(name) ?? [],
  }
}

interface Rows {
  readonly contacts: readonly (readonly [string, number])[]
  readonly hasMore: boolean
}

/** The rows of a place, or null if its board does not exist. The newest contacts come first, as in lists by default. */
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
  // The total of a search may be an estimate, which samples rows of the whole board.
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

/** The counts name their transaction, since production presents only their own fields. */
function countsData({ contacts }: Tables, commit: number) {
  const { data } = contactCounts.example
  const named = [...contacts.values()].map(({ assigneeId }) => assigneeId).filter((id) => id !== null)
  const assignees = Object.fromEntries(userIds.map((id) => [id, named.filter((each) => each === id).length]))
  return { ...data, counts: { ...data.counts, total: contacts.size, recentActivity: commit }, assignees }
}

/** Comes last, as in production: a reader of the next page looks for it at the end of the bytes. */
function paginationOf({ hasMore }: Rows): { pagination: { next_cursor: string | null } } {
  return { pagination: { next_cursor: hasMore ? 'more' : null } }
}

/** Puts everything back to what was saved. */
export function putBack(tables: Tables, saved: Tables): void {
  tables.contacts.clear()
  tables.boardIds.clear()
  tables.memberIds.clear()
  for (const [id, contact] of saved.contacts) tables.contacts.set(id, contact)
  for (const id of saved.boardIds) tables.boardIds.add(id)
  for (const id of saved.memberIds) tables.memberIds.add(id)
  tables.settings = saved.settings
}
