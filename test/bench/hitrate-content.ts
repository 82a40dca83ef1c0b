import { columnsOfBoard, filters, type TracedWrite, type View } from './hitrate-trace.ts'

/** The content of each view of each workspace, told apart by the writes that changed it. */
export interface Content {
  /** Applies a write and answers its number, counted from 1. */
  write(write: TracedWrite): number
  /** The writes that changed a view since its first read, in order. */
  changesOf(workspace: number, view: View): readonly number[]
}

const perPage = 50

/** A range of pages of one list that a write changes. */
interface Change {
  readonly list: string
  readonly from: number
  readonly to: number
}

export function createContent(): Content {
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
  }
}

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
    const share = (filters[filter]?.share ?? 1) * (inColumn === null ? 1 : 1 / columnsOfBoard)
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

/** Whether a filter shows the contact of a write. */
export function isInFilter(write: TracedWrite, filter: number): boolean {
  return throwOf(write, filter) < (filters[filter]?.share ?? 1)
}

/** A number from 0 to below 1, the same for the same contact and filter. */
function throwOf({ workspace, board, rank }: TracedWrite, filter: number): number {
  let mixed = Math.imul(workspace * 31 + board * 7 + rank * 131 + filter * 1_009 + 1, 0x9e3779b1)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x85ebca6b)
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 4_294_967_296
}
