import type { Answer } from '../../../client/answer.ts'
import type { Contact, ContactPage } from '../../../client/api.ts'
import { RowsByIndex, type RowsView } from '../../../client/pages/rows-by-index.ts'
import type { Query } from '../../../client/types.ts'

/** One board of the list: its heading, if the list has several, and below that its contacts. */
export interface Segment {
  readonly boardId: string
  /** The row of its heading, or of its first contact. */
  readonly firstRow: number
  readonly contacts: number
  /** The contacts were not counted: there may be fewer, or more. */
  readonly isEstimate: boolean
}

/** A row of the list. The contact is undefined until it is known. */
export type ListedRow =
  | { readonly kind: 'heading'; readonly segment: Segment }
  | {
      readonly kind: 'contact'
      /** Its number among all contacts of the list, from 0. */
      readonly index: number
      readonly contact: Contact | undefined
    }

/** The list as it is shown at one moment. */
export interface ListView {
  /** As in the library: `behind` and `mixed` are no list of one version. */
  readonly state: RowsView<Contact>['state']
  /** Everything that the screen needs is there, or has failed. */
  readonly isReady: boolean
  readonly segments: readonly Segment[]
  /** Headings and contacts. */
  readonly rows: number
  readonly contacts: number
  readonly isEstimate: boolean
  /** The version whose list is on the screen; null if it is of none, or of several. */
  readonly version: number | null
  /** The sum of all moves of the screen, as in the library's view. */
  readonly shift: number
  readonly error: Error | null
  at(row: number): ListedRow | null
}

interface BoardRowsOptions {
  readonly boardIds: readonly string[]
  readonly perPage: number
  /** The contacts of a board that page numbers can reach. */
  readonly contactsMax: number
  page(boardId: string, number: number): Query<ContactPage>
  /** Calls later, unless the function that it answers is called before. */
  schedule(act: () => void, delayMs: number): () => void
}

/** The first pages of boards that are asked for at a time. */
const firstPagesAtOnce = 4
/** A board is loaded once scrolling rests, so that a drag across the list does not load the boards that it passes. */
const restMs = 70

interface Listed {
  readonly boardId: string
  readonly first: Query<ContactPage>
  /** Ends the subscription of the first page; null until it is asked for. */
  stop: (() => void) | null
  /** The contacts by their index, while some are on the screen. */
  rows: RowsByIndex<Contact> | null
  stopRows: () => void
  /** The exact number that a later page told, and the first page that only estimates it. */
  found: { readonly by: ContactPage; readonly contacts: number } | null
}

/**
 * The contacts of one board, or of several boards one below the other, in one scroll. The first page of each board is shown to the hub,
 * because it tells how many contacts the board has; further pages are held where the screen is. Within a board the library holds
 * pages together by their versions (RowsByIndex). Rows that come in above the screen, on whichever board, do not push the screen away.
 */
export class BoardRows {
  readonly #options: BoardRowsOptions
  readonly #boards: readonly Listed[]
  readonly #listeners = new Set<() => void>()
  #range = { first: 0, last: 0 }
  #cancelRest: (() => void) | null = null
  #isClosed = false
  #isFollowing = false
  /** The board of the first row on the screen: where it began when the view was made, and how far its rows had moved. */
  #anchor: { readonly listed: Listed; readonly firstRow: number; readonly moved: number } | null = null
  #shift = 0
  #view: ListView

  constructor(options: BoardRowsOptions) {
    this.#options = options
    this.#boards = options.boardIds.map((boardId) => ({
      ...{ boardId, first: options.page(boardId, 1), stop: null, rows: null, found: null },
      stopRows: () => {},
    }))
    this.#askNext()
    this.#view = this.#made()
  }

  /** Says which rows are on the screen, by their numbers in the present view. */
  look(first: number, last: number): void {
    if (this.#isClosed) return
    this.#range = { first, last: Math.max(first, last) }
    this.#cancelRest?.()
    this.#cancelRest = null
    this.#follow()
    this.#setAnchor()
  }

  readonly view = (): ListView => this.#view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The answers of the pages that are on the screen. */
  answersOnScreen(): readonly Answer<ContactPage>[] {
    const { perPage, page } = this.#options
    if (this.#isClosed) return []
    return this.#onScreen().flatMap(({ listed, range }) => {
      const low = Math.floor(range.first / perPage) + 1
      const high = Math.floor(range.last / perPage) + 1
      const numbers = Array.from({ length: high - low + 1 }, (_, at) => low + at)
      return numbers.map((number) => page(listed.boardId, number).peek())
    })
  }

  /** Asks again for what has failed. */
  retry(): void {
    for (const { first } of this.#boards) if (first.peek().error !== null) void first.read().catch(() => {})
  }

  /** Lets go of everything. The view stays as it is. */
  close(): void {
    this.#isClosed = true
    this.#cancelRest?.()
    for (const listed of this.#boards) {
      listed.stop?.()
      this.#letGo(listed)
    }
    this.#listeners.clear()
  }

  /** The number of rows that a board has before its first contact. */
  get #headRows(): number {
    return this.#boards.length > 1 ? 1 : 0
  }

  /** Asks for the first pages, some at a time. */
  #askNext(): void {
    let asked = 0
    for (const listed of this.#boards) {
      if (asked >= firstPagesAtOnce) return
      const isNew = listed.stop === null
      listed.stop ??= listed.first.subscribe(() => {
        if (this.#isClosed) return
        this.#askNext()
        this.#publish()
      })
      if (!isKnown(listed.first) || isNew) asked += 1
    }
  }

  /** The boards on the screen, each with the indexes of its contacts there. */
  #onScreen(): { readonly listed: Listed; readonly range: { first: number; last: number } }[] {
    const { first, last } = this.#range
    const segments = this.#view.segments
    return this.#boards.flatMap((listed, at) => {
      const segment = segments[at]
      if (segment === undefined) return []
      const begin = segment.firstRow + this.#headRows
      const end = begin + segment.contacts - 1
      const isOnly = this.#boards.length === 1
      // Of a board of which nothing is known yet, its first contacts are wanted.
      if (!isOnly && (last < segment.firstRow || first > end || segment.contacts === 0)) return []
      const from = Math.max(0, first - begin)
      return [{ listed, range: { first: from, last: Math.max(from, Math.min(last, end) - begin) } }]
    })
  }

  /** Tells the boards on the screen which of their contacts are there, and holds those that came there once scrolling rests. */
  #follow(): void {
    if (this.#isFollowing) return
    this.#isFollowing = true
    const wanted = this.#onScreen()
    for (const { listed, range } of wanted) listed.rows?.look(range.first, range.last)
    this.#isFollowing = false
    const held = this.#boards.filter(({ rows }) => rows !== null)
    const isSame = held.length === wanted.length && wanted.every(({ listed }) => listed.rows !== null)
    if (isSame || this.#isClosed) return
    if (held.length === 0) this.#hold()
    else this.#cancelRest ??= this.#options.schedule(() => this.#hold(), restMs)
  }

  /** Holds the boards on the screen, and lets go of all others. */
  #hold(): void {
    this.#cancelRest = null
    const wanted = this.#onScreen()
    for (const listed of this.#boards) if (!wanted.some((each) => each.listed === listed)) this.#letGo(listed)
    for (const { listed, range } of wanted) {
      if (listed.rows === null) this.#begin(listed)
      listed.rows?.look(range.first, range.last)
    }
    this.#setAnchor()
    this.#publish()
  }

  #begin(listed: Listed): void {
    const { perPage, page, schedule } = this.#options
    const rows = new RowsByIndex<Contact>({
      perPage,
      schedule,
      page: (number) => page(listed.boardId, number),
    })
    listed.rows = rows
    listed.stopRows = rows.subscribe(() => this.#publish())
  }

  #letGo(listed: Listed): void {
    listed.stopRows()
    listed.rows?.close()
    listed.rows = null
  }

  /** The number of a board's contacts. An exact one that a later page told counts for as long as the first page stays the same. */
  #countOf(listed: Listed): { readonly contacts: number; readonly isEstimate: boolean } {
    const { contactsMax } = this.#options
    const page = listed.first.peek().data
    const view = listed.rows?.view()
    const isSeen = view !== undefined && view.total > 0
    const isEstimatedFirst = page?.pagination.total_is_estimate === true
    if (listed.found !== null && listed.found.by !== page) listed.found = null
    if (isEstimatedFirst && isSeen && !view.isEstimate) listed.found = { by: page, contacts: view.total }
    const seen = isSeen ? view.total : (page?.pagination.total ?? 0)
    const contacts = listed.found?.contacts ?? seen
    const isEstimate = listed.found === null && (isSeen ? view.isEstimate : isEstimatedFirst)
    return { contacts: Math.min(contacts, contactsMax), isEstimate }
  }

  #segments(): Segment[] {
    let firstRow = 0
    return this.#boards.map((listed) => {
      const segment = { boardId: listed.boardId, firstRow, ...this.#countOf(listed) }
      firstRow += this.#headRows + segment.contacts
      return segment
    })
  }

  #made(): ListView {
    const segments = this.#segments()
    const contacts = segments.reduce((sum, segment) => sum + segment.contacts, 0)
    const held = this.#boards.flatMap(({ rows }) => (rows === null ? [] : [rows.view()]))
    const errors = [...this.#boards.map(({ first }) => first.peek().error), ...held.map(({ error }) => error)]
    const areFirstThere = this.#boards.every(({ first }) => isKnown(first))
    const versions = new Set(held.map(({ version }) => version))
    const [version = null] = versions
    return {
      state: stateOf(held.map(({ state }) => state)),
      isReady:
        areFirstThere && (contacts === 0 || (held.length > 0 && !held.every(({ total }) => total === 0))),
      segments,
      rows: contacts + segments.length * this.#headRows,
      contacts,
      isEstimate: segments.some(({ isEstimate }) => isEstimate),
      version: versions.size === 1 ? version : null,
      shift: this.#shift,
      error: errors.find((error) => error !== null) ?? null,
      at: atOf(
        segments,
        this.#headRows,
        this.#boards.map(({ rows }) => rows?.view() ?? null),
      ),
    }
  }

  #setAnchor(): void {
    const { first } = this.#range
    const at = this.#view.segments.findLastIndex(({ firstRow }) => firstRow <= first)
    const listed = this.#boards[at]
    const firstRow = this.#view.segments[at]?.firstRow
    this.#anchor =
      listed === undefined || firstRow === undefined || first === 0
        ? null
        : { listed, firstRow, moved: listed.rows?.view().shift ?? 0 }
  }

  #publish(): void {
    if (this.#isClosed) return
    const anchor = this.#anchor
    const next = this.#made()
    if (anchor !== null) {
      const at = this.#boards.indexOf(anchor.listed)
      const begun = (next.segments[at]?.firstRow ?? 0) - anchor.firstRow
      const moved = begun + (anchor.listed.rows?.view().shift ?? anchor.moved) - anchor.moved
      this.#shift += moved
      this.#range = { first: this.#range.first + moved, last: this.#range.last + moved }
    }
    this.#view = { ...next, shift: this.#shift }
    this.#setAnchor()
    for (const listener of [...this.#listeners]) listener()
    // Other boards may be on the screen now, or other contacts of the same boards.
    this.#follow()
  }
}

/** Whether it is known how many contacts a board has, or why it is not. */
function isKnown(first: Query<ContactPage>): boolean {
  const { data, error } = first.peek()
  return data !== undefined || error !== null
}

/** The least certain state counts for the whole list. */
export function stateOf(states: readonly ListView['state'][]): ListView['state'] {
  const order = ['loading', 'mixed', 'behind', 'current'] as const
  return order.find((state) => states.includes(state)) ?? 'current'
}

function atOf(
  segments: readonly Segment[],
  headRows: number,
  views: readonly (RowsView<Contact> | null)[],
): ListView['at'] {
  return (row) => {
    const at = segments.findLastIndex(({ firstRow }) => firstRow <= row)
    const segment = segments[at]
    if (segment === undefined) return null
    const index = row - segment.firstRow - headRows
    if (index < 0) return { kind: 'heading', segment }
    if (index >= segment.contacts) return null
    const headings = headRows * (at + 1)
    return { kind: 'contact', index: row - headings, contact: views[at]?.row(index) }
  }
}
