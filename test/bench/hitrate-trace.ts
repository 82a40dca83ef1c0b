import type { Dice } from '../support/dice.ts'

/** The part of a board that a reader looks at. Together with its workspace it names an answer. */
export interface View {
  /** Null means the counts of the workspace. */
  readonly board: number | null
  /** Null means the whole board. */
  readonly column: number | null
  /** An index into `filters`. */
  readonly filter: number
  readonly page: number
  /** The user whose contacts are listed, if the filter shows only one's own. */
  readonly user: number | null
}

export interface TracedRead {
  readonly kind: 'read'
  readonly atMs: number
  readonly location: number
  readonly workspace: number
  /** The reader. */
  readonly user: number
  readonly view: View
}

/** A write on a board. `rank` is the number of newer contacts on the board. */
export interface TracedWrite {
  readonly kind: 'write'
  readonly atMs: number
  readonly workspace: number
  readonly board: number
  readonly action: 'update' | 'change-status' | 'create' | 'move' | 'delete'
  readonly rank: number
  readonly column: number
  /** The column to which the contact is moved. */
  readonly toColumn: number
}

/** Filters from the most to the least used, each with the share of a board's contacts that it shows. */
export const filters = [
  { name: 'all', share: 1 },
  { name: 'open', share: 0.5 },
  { name: 'assigned_to_me', share: 0.1 },
  { name: 'unassigned', share: 0.3 },
  { name: 'needs_response', share: 0.1 },
  { name: 'high_priority', share: 0.1 },
  { name: 'closed', share: 0.4 },
  { name: 'recent_activity', share: 0.1 },
  { name: 'follow_up', share: 0.1 },
  { name: 'new_customers', share: 0.05 },
  { name: 'favorites', share: 0.05 },
  { name: 'medium_priority', share: 0.6 },
  { name: 'low_priority', share: 0.3 },
  { name: 'unhappy_customers', share: 0.05 },
  { name: 'archived', share: 0.1 },
] as const

export const columnsOfBoard = 5
const workspaces = 500
const boardsOfWorkspace = 4
const contactsOfBoard = 1_000
const pagesRead = 20
const users = 5_000
const locations = 8
const readsAWrite = 200
/** Each user reads every ten seconds on average. */
const readsASecond = users / 10

/** The exponents of Zipf's law: of n things the k-th is chosen in proportion to k to the power of minus this. */
const zipf = { workspaces: 0.8, boards: 1, columns: 1, filters: 2, pages: 2, contacts: 0.8 } as const
const countsShare = 0.2
const columnShare = 0.3
const atHomeShare = 0.6
/** The share of reads with which a user leaves the view for another one, half of them for the next page. */
const moveOnShare = 0.05

/**
 * `polling`: browsers read the same view again and again, as dashboards do, and sometimes change to another one.
 * `independent`: every read draws its view independently, so a reader comes back to a view only by chance.
 */
export type TraceKind = 'polling' | 'independent'

export interface TraceOptions {
  readonly kind: TraceKind
  readonly reads: number
  readonly dice: Dice
}

interface User {
  readonly number: number
  readonly workspace: number
  readonly location: number
  list: View
}

/** Reads and writes in the order of time, the first at 0 ms. The same dice give the same trace. */
export function* traceOf({ kind, reads, dice }: TraceOptions): Generator<TracedRead | TracedWrite> {
  const draw = createDraws(dice)
  const everybody = Array.from({ length: users }, (_, number) => draw.user(number))
  let atMs = 0
  for (let read = 1; read <= reads; read += 1) {
    atMs += (-Math.log(1 - dice.random()) * 1_000) / readsASecond
    const user = dice.pick(everybody)
    if (kind === 'independent') user.list = draw.list(user.number)
    else if (dice.happens(moveOnShare)) user.list = draw.nextList(user)
    const { workspace, location, list } = user
    const view = dice.happens(countsShare) ? counts : list
    yield { kind: 'read', atMs, workspace, location, user: user.number, view }
    if (read % readsAWrite === 0) yield draw.write(atMs)
  }
}

const counts: View = { board: null, column: null, filter: 0, page: 1, user: null }

function createDraws(dice: Dice) {
  const workspace = createZipf(dice, workspaces, zipf.workspaces)
  const board = createZipf(dice, boardsOfWorkspace, zipf.boards)
  const column = createZipf(dice, columnsOfBoard, zipf.columns)
  const filter = createZipf(dice, filters.length, zipf.filters)
  const page = createZipf(dice, pagesRead, zipf.pages)
  const rank = createZipf(dice, contactsOfBoard, zipf.contacts)

  const list = (user: number): View => {
    const chosen = filter()
    const isOwn = filters[chosen]?.name === 'assigned_to_me'
    return {
      board: board(),
      column: dice.happens(columnShare) ? column() : null,
      filter: chosen,
      page: 1 + page(),
      user: isOwn ? user : null,
    }
  }
  return {
    list,
    nextList: ({ number, list: now }: User): View =>
      dice.happens(0.5) && now.page < pagesRead ? { ...now, page: now.page + 1 } : list(number),
    user(number: number): User {
      const at = workspace()
      const location = dice.happens(atHomeShare) ? at % locations : dice.between(0, locations - 1)
      return { number, workspace: at, location, list: list(number) }
    },
    write(atMs: number): TracedWrite {
      const action = dice.pick([
        ...(['update', 'update', 'update', 'update', 'update', 'update'] as const),
        ...(['change-status', 'create', 'move', 'delete'] as const),
      ])
      return {
        ...{ kind: 'write', atMs, workspace: workspace(), board: board(), action },
        ...{ rank: action === 'create' ? 0 : rank(), column: column(), toColumn: column() },
      }
    },
  }
}

/** Draws numbers from 0 to below `items` by Zipf's law. */
function createZipf(dice: Dice, items: number, steepness: number): () => number {
  const sums: number[] = []
  let sum = 0
  for (let item = 1; item <= items; item += 1) {
    sum += item ** -steepness
    sums.push(sum)
  }
  return () => {
    const drawn = dice.random() * sum
    const index = sums.findIndex((upTo) => drawn < upTo)
    return index < 0 ? items - 1 : index
  }
}
