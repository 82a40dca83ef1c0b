import { columnsOfBoard, filters, type TracedWrite, type View } from './hitrate-trace.ts'

/** The content of each view of each workspace, told apart by the writes that changed it. */
export interface Content {
  /** Applies a write and answers its number, counted from 1. */
  write(write: TracedWrite): number
  /** The writes that changed a view since its first read, in order. */
  changesOf(workspace: number, view: View): readonly number[]
  /** The contacts that a page shows. None for the counts. */
  contactsOf(workspace: number, view: View): readonly string[]
}

const perPage = 50
const contactsOfBoard = 1_000

/** A range of pages of one list that a write changes. */
interface Change {
  readonly list: string
  readonly from: number
  readonly to: number
}

/** `writes` are all writes of the trace: a contact stands in the columns in which it will be written. */
export function createContent(trace: Iterable<TracedWrite>): Content {
  const standing = new Map<string, Set<number>>()
  for (const write of trace) {
    const name = contactName(write)
    const columns = standing.get(name) ?? new Set()
    standing.set(name, columns.add(write.column).add(write.toColumn))
  }
  const shown = new Map<string, readonly string[]>()
  /** By list and page, for what was read at least once. The past of the rest is unknown. */
  const lists = new Map<string, Map<number, number[]>>()
  let writes = 0

  return {
    write(write) {
      writes += 1
      for (const { list, from, to } of changesBy(write))
        for (const [page, changes] of lists.get(list) ?? [])
          if (page >= from && page <= to) changes.push(writes)
      return writes
    },
    changesOf(workspace, { board, column, filter, page, user }) {
      const name = board === null ? countsName(workspace) : listName(workspace, board, column, filter, user)
      const pages = lists.get(name) ?? new Map<number, number[]>()
      lists.set(name, pages)
      const changes = pages.get(page) ?? []
      pages.set(page, changes)
      return changes
    },
    contactsOf(workspace, view) {
      if (view.board === null) return []
      const name = JSON.stringify([workspace, view])
      const known = shown.get(name) ?? [...shownBy(workspace, view, view.board)]
      shown.set(name, known)
      return known
    },
  }

  function* shownBy(workspace: number, { column, filter, page }: View, board: number): Generator<string> {
    const share = shareOf(filter, column)
    const end = Math.min(contactsOfBoard, Math.ceil((page * perPage) / share))
    for (let rank = Math.ceil(((page - 1) * perPage) / share); rank < end; rank += 1) {
      const contact = { workspace, board, rank }
      const columns = standing.get(contactName(contact)) ?? new Set([columnOf(contact)])
      if (isInFilter(contact, filter) && (column === null || columns.has(column))) yield contactIdOf(contact)
    }
  }
}

/** A contact of a board. `rank` is the number of newer ones. */
type Contact = Pick<TracedWrite, 'workspace' | 'board' | 'rank'>

export const contactIdOf = ({ board, rank }: Contact) => `${board}:${rank}`
const contactName = (contact: Contact) => `${contact.workspace} ${contactIdOf(contact)}`
/** The column of a contact that is never written. */
const columnOf = (contact: Contact) => Math.floor(throwOf(contact, filters.length) * columnsOfBoard)

const countsName = (workspace: number) => `${workspace} counts`
const listName = (
  workspace: number,
  board: number,
  column: number | null,
  filter: number,
  user: number | null,
) => `${workspace} ${board} ${column ?? ''} ${filter} ${user ?? ''}`

/**
 * Decides which pages change: only the page of the contact, or all pages from there on if a contact comes or goes. A
 * fixed throw of the dice decides whether a contact is in a filtered list. Lists of one user's own contacts are taken
 * to change for nobody else.
 */
function changesBy(write: TracedWrite): Change[] {
  const { workspace, board, action, rank, column, toColumn } = write
  const changes: Change[] = []
  const note = (inColumn: number | null, filter: number, isShift: boolean) => {
    const share = shareOf(filter, inColumn)
    const from = 1 + Math.floor((rank * share) / perPage)
    const to = isShift ? Number.POSITIVE_INFINITY : from
    changes.push({ list: listName(workspace, board, inColumn, filter, null), from, to })
  }
  for (const [filter, { name }] of filters.entries()) {
    if (!isInFilter(write, filter)) continue
    const entersOrLeaves = action === 'create' || action === 'delete'
    const changesFilter = action === 'change-status' && (name === 'open' || name === 'closed')
    note(null, filter, entersOrLeaves || changesFilter)
    note(column, filter, entersOrLeaves || changesFilter || action === 'move')
    if (action === 'move' && toColumn !== column) note(toColumn, filter, true)
  }
  const isCounted = action !== 'update' && action !== 'move'
  if (isCounted) changes.push({ list: countsName(workspace), from: 1, to: 1 })
  return changes
}

/** The share of a board's contacts that a list has. */
function shareOf(filter: number, column: number | null): number {
  return (filters[filter]?.share ?? 1) * (column === null ? 1 : 1 / columnsOfBoard)
}

/** Whether a filter shows a contact. */
export function isInFilter(contact: Contact, filter: number): boolean {
  return throwOf(contact, filter) < (filters[filter]?.share ?? 1)
}

/** A number from 0 to below 1, the same for the same contact and filter. */
function throwOf({ workspace, board, rank }: Contact, filter: number): number {
  let mixed = Math.imul(workspace * 31 + board * 7 + rank * 131 + filter * 1_009 + 1, 0x9e3779b1)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x85ebca6b)
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 4_294_967_296
}
