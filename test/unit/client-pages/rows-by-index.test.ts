import { describe, expect, it } from 'vitest'
import { RowsByIndex, type RowsView, rowsLimits } from '../../../worker/client/pages/rows-by-index.ts'
import { createDice, type Dice } from '../../support/dice.ts'
import { createRandom } from '../../support/random.ts'
import { ListWorld, same, type TestRow, type WorldOptions } from './list-world.ts'

const perPage = 20
const screenRows = 15
const seeds = Array.from({ length: 25 }, (_, index) => index + 1)

type View = RowsView<TestRow>

/** A reader who scrolls, and the checks of everything that is shown. */
class Reader {
  readonly rows: RowsByIndex<TestRow>
  readonly world: ListWorld
  readonly dice: Dice
  first = 0
  seen: View
  readonly states = new Map<string, number>()
  checkedAnchors = 0
  isExact: boolean

  constructor(seed: number, options: Partial<WorldOptions> = {}) {
    this.dice = createDice(createRandom(seed))
    this.world = new ListWorld({ dice: this.dice, rows: 300, perPage, ...options })
    const { world } = this
    this.rows = new RowsByIndex({ perPage, page: (n) => world.page(n), schedule: world.schedule })
    this.isExact = options.tellingMs === undefined
    this.seen = this.rows.view()
    this.rows.subscribe(() => this.check())
    this.look()
  }

  look() {
    this.rows.look(this.first, this.first + screenRows - 1)
  }

  /** The rows that a view has around the screen, by index. */
  around(view: View): (readonly [number, TestRow])[] {
    const low = Math.max(0, this.first - 2 * perPage)
    return Array.from({ length: screenRows + 4 * perPage }, (_, at) => low + at).flatMap((index) => {
      const row = view.row(index)
      return row === undefined ? [] : [[index, row] as const]
    })
  }

  check() {
    const view = this.rows.view()
    const before = this.seen
    const shown = this.around(view)
    this.states.set(view.state, (this.states.get(view.state) ?? 0) + 1)
    expect(new Set(shown.map(([, { id }]) => id)).size).toBe(shown.length)
    if (view.version !== null && this.isExact) {
      const list = this.world.listAt(view.version)
      expect(view.total).toBe(list.length)
      expect(shown.filter(([index, row]) => !same(list[index], row))).toEqual([])
      expect(view.version).toBeGreaterThanOrEqual(before.version ?? 0)
    }
    if (view.state === 'current' && view.version === null) {
      const screen = shown.filter(([index]) => index >= this.first && index < this.first + screenRows)
      expect(new Set(screen.map(([index]) => Math.floor(index / perPage))).size).toBeLessThanOrEqual(1)
    }
    const shift = view.shift - before.shift
    if (this.isExact && view.version !== null && before.version !== null && this.first > 0)
      this.checkAnchor(view, shift)
    this.seen = view
    this.first = Math.max(0, this.first + shift)
  }

  /** The first row of the screen that no write moved stays where it is. */
  checkAnchor(view: View, shift: number) {
    const since = this.seen.version ?? 0
    const top = this.seen.row(this.first)
    if (top === undefined || (this.world.movedAt.get(top.id) ?? 0) > since) return
    const place = this.world.listAt(view.version ?? 0).findIndex(({ id }) => id === top.id)
    if (this.first + shift < 0 || place === 0) return
    expect(place - this.first).toBe(shift)
    this.checkedAnchors += 1
  }

  scroll() {
    const far = this.dice.happens(0.1)
    const to = far ? this.dice.between(0, this.seen.total) : this.first + this.dice.between(-8, 8)
    this.first = Math.max(0, Math.min(to, this.seen.total - screenRows))
    this.look()
  }

  /** Virtual time in which others write and the reader scrolls. */
  live(ms: number, { writesEveryMs, scrolls = true }: { writesEveryMs: number; scrolls?: boolean }) {
    const endMs = this.world.nowMs + ms
    while (this.world.nowMs < endMs) {
      this.world.pass(this.dice.between(1, 2 * writesEveryMs), () => {})
      this.world.write()
      if (scrolls && this.dice.happens(0.4)) this.scroll()
    }
  }

  pause(ms: number) {
    this.world.pass(ms, () => {})
  }
}

describe('rows by index, while others insert, delete, move and edit rows', () => {
  it('shows the list of one version, row by row, no row twice, unless it says that it does not', () => {
    const states = new Map<string, number>()
    for (const seed of seeds) {
      const reader = new Reader(seed)
      reader.live(20_000, { writesEveryMs: 150 })
      for (const [state, count] of reader.states) states.set(state, (states.get(state) ?? 0) + count)
    }
    expect(states.get('current')).toBeGreaterThan(400)
    expect(states.get('behind')).toBeGreaterThan(400)
  })

  it('shows no row twice if answers contain writes whose version is not known yet, nor without any versions', () => {
    for (const seed of seeds) {
      new Reader(seed, { tellingMs: 60 }).live(10_000, { writesEveryMs: 100 })
      new Reader(seed, { isPolling: true }).live(10_000, { writesEveryMs: 100 })
    }
  })

  it('is the current list, whole, soon after writes pause', () => {
    for (const seed of seeds) {
      const reader = new Reader(seed, seed % 2 === 0 ? { tellingMs: 60 } : {})
      reader.live(3_000, { writesEveryMs: 100 })
      reader.pause(1_500)
      reader.isExact = true
      reader.check()
      expect(reader.seen).toMatchObject({
        state: 'current',
        total: reader.world.listAt(reader.world.version).length,
      })
      const list = reader.world.listAt(reader.world.version)
      for (let index = reader.first; index < reader.first + screenRows; index += 1)
        expect(same(reader.seen.row(index), list[index])).toBe(true)
    }
  })

  it('keeps the first row of the screen where it is', () => {
    let checked = 0
    for (const seed of seeds) {
      const reader = new Reader(seed)
      reader.pause(1_000)
      reader.first = 100
      reader.look()
      reader.pause(1_000)
      reader.live(5_000, { writesEveryMs: 300, scrolls: false })
      checked += reader.checkedAnchors
    }
    expect(checked).toBeGreaterThan(200)
  })

  it('stays in motion under writes that never pause: what is shown is at most some seconds old', () => {
    for (const seed of seeds) {
      const reader = new Reader(seed)
      reader.live(2_000, { writesEveryMs: 30, scrolls: false })
      let shown = reader.seen
      let sinceMs = reader.world.nowMs
      reader.rows.subscribe(() => {
        if (reader.rows.view() === shown) return
        shown = reader.rows.view()
        sinceMs = reader.world.nowMs
      })
      for (let round = 0; round < 100; round += 1) {
        reader.live(100, { writesEveryMs: 30, scrolls: false })
        expect(reader.world.nowMs - sinceMs).toBeLessThan(2 * rowsLimits.patienceMs)
      }
    }
  })

  it('holds a bounded number of pages, wherever it was', () => {
    for (const seed of seeds.slice(0, 8)) {
      const reader = new Reader(seed, { rows: 1_500 })
      reader.live(20_000, { writesEveryMs: 50 })
      expect(reader.world.mostPages).toBeLessThanOrEqual(rowsLimits.pagesMax)
    }
  })
})
