import {
  oneListOf,
  type Pages,
  type Range,
  rowIn,
  shiftBetween,
  totalOf,
  withoutDoubles,
} from './one-list.ts'
import { PageHistory } from './page-history.ts'
import type { Identified, PageAnswer, PageQuery, RowPage } from './row-page.ts'

/**
 * The rows of a long list by their index, from numbered pages of which a few are held at a time: those on the screen and their neighbours.
 * The pages arrive one by one while others write, so each is of another moment. **The rule that holds them together:**
 *
 * 1. Pages are shown together only if the server has named one version at which it had each of them. What is shown is then the list of
 *    that version: no row is on it twice, and none is missing. It stays as it is (`behind`) until all pages on the screen have a newer
 *    version in common.
 * 2. Pages of one version also have no row in common, and equal totals. An answer may already contain a write whose version the server has
 *    not yet heard of. Pages of which one has such a write and another one has not contradict each other in this, and wait.
 * 3. If no common version is known for a while (`rowsLimits`), as without a socket, the newest pages are shown as they are (`mixed`), and
 *    a row that two of them have is shown once. A write of this client that is not confirmed yet is shown in this way at once.
 * 4. When the list changes, the first row on the screen stays where it is, and `shift` says by how many rows its index moved. At the very
 *    top of the list new rows come into view instead.
 * 5. If the screen is within one page, that page is one list by itself.
 */
export interface RowsView<Row> {
  readonly state: 'loading' | 'current' | 'behind' | 'mixed'
  /** The version whose list this is; null in a mixed view, and for one page without a version. */
  readonly version: number | null
  readonly total: number
  readonly isEstimate: boolean
  /** The sum of all moves of the screen. A scrolled element follows by what was added to it. */
  readonly shift: number
  readonly error: Error | null
  /** Undefined while the row is not known. */
  row(index: number): Row | undefined
}

export interface RowsOptions<Row> {
  readonly perPage: number
  page(number: number): PageQuery<Row>
  /** Calls later, unless the function that it answers is called before. */
  schedule(act: () => void, delayMs: number): () => void
}

export const rowsLimits = {
  /** The pages that are held at a time. Each is a question of the socket, which may have 32. */
  pagesMax: 8,
  /** How long a list that has changed waits for a common version, and how long a screen with missing rows does. */
  patienceMs: 2_000,
  firstPatienceMs: 300,
  /** How soon, and how often, the server is asked for a common version. */
  proveAfterMs: 50,
  proveEveryMs: 1_000,
  /** Pages are loaded once scrolling rests, so that a drag across a long list does not load what it passes. */
  restMs: 70,
} as const

interface Held<Row> {
  readonly query: PageQuery<Row>
  readonly history: PageHistory<Row>
  release(): void
}

interface Shown<Row> {
  /** The pages as they arrived. */
  readonly from: Pages<Row>
  readonly pages: Pages<Row>
  readonly version: number | null
  readonly isMixed: boolean
}

interface Settled<Row> {
  readonly list: Pages<Row>
  readonly version: number | null
  readonly shift: number
}

const nothing: Pages<never> = new Map()

export class RowsByIndex<Row extends Identified> {
  readonly #options: RowsOptions<Row>
  readonly #listeners = new Set<() => void>()
  readonly #held = new Map<number, Held<Row>>()
  readonly #waits = new Map<string, () => void>()
  #range: Range = { first: 0, last: 0 }
  #wanted = ''
  #shown: Shown<Row> = { from: nothing, pages: nothing, version: null, isMixed: false }
  /** Nothing of an earlier version is shown after what was shown. */
  #floor = 0
  #isImpatient = false
  #shift = 0
  #published: Pages<Row> = nothing
  #view: RowsView<Row> = {
    ...{ state: 'loading', version: null, total: 0, isEstimate: true, shift: 0, error: null },
    row: () => undefined,
  }

  constructor(options: RowsOptions<Row>) {
    this.#options = options
  }

  /** Says which rows are on the screen, by their indexes in the present view. */
  look(first: number, last: number): void {
    const top = Math.max(0, first)
    const rowsMax = (rowsLimits.pagesMax - 3) * this.#options.perPage
    this.#range = { first: top, last: Math.min(Math.max(top, last), top + rowsMax) }
    const wanted = this.#around(this.#range).join()
    if (this.#held.size === 0) this.#hold()
    else if (wanted !== this.#wanted) this.#wait('rest', rowsLimits.restMs, () => this.#hold())
    this.#wanted = wanted
    this.#settle()
  }

  /** The present view, which is another object after each change. */
  readonly view = (): RowsView<Row> => this.#view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    for (const stop of this.#waits.values()) stop()
    for (const { release } of this.#held.values()) release()
    this.#waits.clear()
    this.#held.clear()
    this.#wanted = ''
  }

  /** The pages around the screen. Its own ones are the first. */
  #wantedPages(): number[] {
    const around = this.#around(this.#range)
    const [low = 1] = around
    const exists = (number: number) => number > 0 && (number - 1) * this.#options.perPage < this.#view.total
    return [...around, low + around.length, low - 1].filter((number) => number === low || exists(number))
  }

  /** Holds the pages around the screen, and lets go of all others. */
  #hold(): void {
    const wanted = this.#wantedPages()
    for (const [number, { release }] of this.#held)
      if (!wanted.includes(number)) {
        release()
        this.#held.delete(number)
      }
    for (const number of wanted) if (!this.#held.has(number)) this.#holdPage(number)
    this.#settle()
  }

  #holdPage(number: number): void {
    const query = this.#options.page(number)
    const history = new PageHistory<Row>()
    history.take(query.peek())
    const held = { query, history, release: () => {} }
    this.#held.set(number, held)
    held.release = query.subscribe((answer) => {
      if (!history.take(answer)) this.#beginAgain(history)
      this.#settle()
    })
  }

  /** Versions began again, so those of other pages mean nothing until they are named again. */
  #beginAgain(from: PageHistory<Row>): void {
    for (const { history } of this.#held.values()) if (history !== from) history.forget()
    this.#floor = 0
    this.#shown = { ...this.#shown, version: null }
  }

  /** The numbers of the pages that a screen needs. */
  #around({ first, last }: Range): number[] {
    const low = Math.floor(first / this.#options.perPage) + 1
    const high = Math.floor(last / this.#options.perPage) + 1
    return Array.from({ length: high - low + 1 }, (_, at) => low + at)
  }

  #newest(number: number): PageAnswer<Row> | null {
    return this.#held.get(number)?.history.newest ?? null
  }

  /** Shows what may be shown now. */
  #settle(): void {
    const around = this.#around(this.#range)
    const { version, isMixed } = this.#shown
    const isPending = around.some((number) => this.#newest(number)?.isPending)
    const settled = isPending ? null : this.#settledList()
    const isNews =
      settled !== null && (isMixed || settled.version !== version || !this.#isWaiting(around, settled.list))
    if (isNews) this.#beCalm()
    if (!isNews && (isPending || isMixed || this.#isImpatient)) this.#mix(around)
    else if (settled !== null) this.#show(settled)
    const waits = this.#isWaiting(around, this.#shown.from)
    if (waits) this.#beImpatientLater(around)
    else this.#beCalm()
    if (waits || this.#shown.isMixed) this.#proveSoon()
    this.#publish(around, waits)
  }

  /** Whether some page on the screen has a newer answer than these pages. */
  #isWaiting(around: readonly number[], pages: Pages<Row>): boolean {
    return around.some((number) => {
      const data = this.#newest(number)?.data
      return data !== undefined && data !== pages.get(number)
    })
  }

  /** The newest list that the rule allows. */
  #settledList(): Settled<Row> | null {
    const known = this.#around(this.#range).filter((number) => this.#newest(number)?.data)
    const [only = 0] = known
    const single = known.length === 1 ? this.#newest(only) : null
    if (single?.version === null)
      return this.#listOf(null, (number) => (number === only ? single.data : undefined))
    for (const version of this.#versions()) {
      if (version < this.#floor) break
      const shown = version === this.#shown.version ? this.#shown.from : nothing
      const found = this.#listOf(version, (number, history) => history.at(version) ?? shown.get(number))
      if (found !== null) return found
    }
    return null
  }

  /** The list of the pages that `pageOf` finds, if everything known that the screen then needs is among them and of one list. */
  #listOf(
    version: number | null,
    pageOf: (number: number, history: PageHistory<Row>) => RowPage<Row> | undefined,
  ): Settled<Row> | null {
    const pages = new Map<number, RowPage<Row>>()
    for (const [number, { history }] of this.#held) {
      const page = pageOf(number, history)
      if (page !== undefined) pages.set(number, page)
    }
    const isWhole = this.#wantedPages().every((number) => pages.has(number))
    const shift = this.#shiftTo(pages, isWhole)
    if (shift === null || pages.size === 0) return null
    const needed = this.#around(moved(this.#range, shift))
    if (needed.some((number) => !pages.has(number) && this.#newest(number)?.data)) return null
    const list = oneListOf(pages, needed)
    return list === null ? null : { list, version, shift }
  }

  #shiftTo(pages: Pages<Row>, isWhole: boolean): number | null {
    if (this.#range.first === 0) return 0
    return shiftBetween(this.#shown.pages, pages, this.#options.perPage, this.#range, isWhole)
  }

  /** All versions that are known of some page, newest first. */
  #versions(): number[] {
    const all = [...this.#held.values()].flatMap(({ history }) => history.versions)
    return [...new Set([...all, this.#shown.version ?? 0])].sort((one, other) => other - one)
  }

  #show({ list, version, shift }: Settled<Row>): void {
    this.#shown = { from: list, pages: list, version, isMixed: false }
    this.#floor = version ?? this.#floor
    this.#move(shift)
  }

  /** Shows the newest pages as they are. Of two that have a row in common, one with a write of this client keeps it. */
  #mix(around: readonly number[]): void {
    const from = new Map<number, RowPage<Row>>()
    const order = [...around, ...this.#held.keys()].sort((one, other) => this.#rank(one) - this.#rank(other))
    for (const number of order) {
      const data = this.#newest(number)?.data
      if (data !== undefined) from.set(number, data)
    }
    const pages = withoutDoubles(from)
    const shift = this.#shiftTo(pages, true) ?? 0
    this.#floor = Math.max(this.#floor, ...this.#versions())
    this.#shown = { from, pages, version: null, isMixed: true }
    this.#move(shift)
  }

  #rank(number: number): number {
    return this.#newest(number)?.isPending ? 0 : 1
  }

  #move(shift: number): void {
    this.#range = moved(this.#range, shift)
    this.#shift += shift
  }

  #beImpatientLater(around: readonly number[]): void {
    const hasHoles = around.some((number) => !this.#shown.pages.has(number))
    const ms = hasHoles ? rowsLimits.firstPatienceMs : rowsLimits.patienceMs
    if (this.#isImpatient || this.#waits.has(`${ms}`)) return
    this.#wait(`${ms}`, ms, () => {
      this.#isImpatient = true
      this.#settle()
    })
  }

  #beCalm(): void {
    this.#isImpatient = false
    for (const ms of [rowsLimits.firstPatienceMs, rowsLimits.patienceMs]) {
      this.#waits.get(`${ms}`)?.()
      this.#waits.delete(`${ms}`)
    }
  }

  /** Asks for a common version, and not again for a while. */
  #proveSoon(): void {
    if (this.#waits.has('prove')) return
    this.#wait('prove', rowsLimits.proveAfterMs, () => {
      this.#wait('prove', rowsLimits.proveEveryMs, () => this.#settle())
      const [newest = 0] = this.#versions()
      for (const { query } of this.#held.values()) query.prove(newest)
    })
  }

  #wait(name: string, ms: number, act: () => void): void {
    this.#waits.get(name)?.()
    const stop = this.#options.schedule(() => {
      this.#waits.delete(name)
      act()
    }, ms)
    this.#waits.set(name, stop)
  }

  #publish(around: readonly number[], waits: boolean): void {
    const { perPage } = this.#options
    const { pages, from, version, isMixed } = this.#shown
    const before = this.#view
    const { total, isEstimate } = pages.size === 0 ? before : totalOf(from, perPage)
    const needed = around.filter((number) => number === 1 || (number - 1) * perPage < total)
    const isLoading = needed.some((number) => !pages.has(number))
    const isCurrent = !waits && needed.every((number) => this.#newest(number)?.status === 'current')
    const state = isLoading ? 'loading' : isMixed ? 'mixed' : isCurrent ? 'current' : 'behind'
    const error = around.map((number) => this.#newest(number)?.error).find((each) => each) ?? null
    const shift = this.#shift
    const isSame =
      before.state === state &&
      before.version === version &&
      before.total === total &&
      before.isEstimate === isEstimate &&
      before.shift === shift &&
      before.error === error &&
      areSame(from, this.#published)
    if (isSame) return
    this.#published = from
    const row = (index: number) => rowIn(pages, perPage, index)
    this.#view = { state, version, total, isEstimate, shift, error, row }
    for (const listener of this.#listeners) listener()
    if (total !== before.total) this.#hold()
  }
}

function areSame<Row>(one: Pages<Row>, other: Pages<Row>): boolean {
  return one.size === other.size && [...one].every(([number, page]) => other.get(number) === page)
}

function moved({ first, last }: Range, shift: number): Range {
  const to = Math.max(0, first + shift)
  return { first: to, last: to + last - first }
}
