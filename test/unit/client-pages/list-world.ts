import type { PageAnswer, PageQuery, RowPage } from '../../../worker/client/pages/row-page.ts'
import type { Dice } from '../../support/dice.ts'

export interface TestRow {
  readonly id: string
  readonly edits: number
}

export interface WorldOptions {
  readonly dice: Dice
  readonly rows: number
  readonly perPage: number
  /** How long after a write its version is known. Until then answers contain the write and have the version before it. */
  readonly tellingMs?: number
  /** Whether the server names no versions, as without a socket. */
  readonly isPolling?: boolean
}

/**
 * A list that changes, with everything that it ever was, and a server that answers for its pages: late, in any order, and for some versions
 * only. Time is virtual. One seed makes one run.
 */
export class ListWorld {
  readonly lists: (readonly TestRow[])[]
  /** The version in which a row was last moved by a write of its own, by id. */
  readonly movedAt = new Map<string, number>()
  readonly #options: WorldOptions
  readonly #pages = new Set<ServedPage>()
  #events: { atMs: number; order: number; act: () => void }[] = []
  #order = 0
  nowMs = 0
  /** The version that the server knows, which follows the writes. */
  toldVersion = 1
  mostPages = 0

  constructor(options: WorldOptions) {
    this.#options = options
    const rows = Array.from({ length: options.rows }, (_, index) => ({ id: `row-${index}`, edits: 0 }))
    this.lists = [[], rows]
  }

  get version(): number {
    return this.lists.length - 1
  }

  listAt(version: number): readonly TestRow[] {
    return this.lists[version] ?? []
  }

  readonly schedule = (act: () => void, delayMs: number): (() => void) => {
    this.#order += 1
    const event = { atMs: this.nowMs + delayMs, order: this.#order, act }
    this.#events.push(event)
    return () => {
      this.#events = this.#events.filter((each) => each !== event)
    }
  }

  /** Lets everything happen that is due within this time, one event after the other. */
  pass(ms: number, afterEach: () => void): void {
    const endMs = this.nowMs + ms
    for (;;) {
      const [next] = this.#events
        .filter(({ atMs }) => atMs <= endMs)
        .sort((one, other) => one.atMs - other.atMs || one.order - other.order)
      if (next === undefined) break
      this.#events = this.#events.filter((each) => each !== next)
      this.nowMs = next.atMs
      next.act()
      afterEach()
    }
    this.nowMs = endMs
  }

  /** One to three changes as one version. */
  write(): void {
    const { dice, tellingMs = 0 } = this.#options
    const list = [...this.listAt(this.version)]
    const version = this.version + 1
    for (let change = dice.between(1, 3); change > 0; change -= 1) {
      const kind = dice.between(1, 4)
      const from = dice.between(0, list.length - 1)
      const [row] = kind === 1 || list.length < 20 ? [] : list.splice(from, 1)
      if (row === undefined) list.splice(from, 0, { id: `new-${version}-${change}`, edits: 0 })
      else if (kind === 2) list.splice(from, 0, { ...row, edits: row.edits + 1 })
      else {
        this.movedAt.set(row.id, version)
        if (kind === 3) list.splice(dice.between(0, list.length), 0, row)
      }
    }
    this.lists.push(list)
    const tell = () => {
      this.toldVersion = version
      for (const page of this.#pages) page.stir()
    }
    if (tellingMs === 0) tell()
    else this.schedule(tell, tellingMs)
  }

  page(number: number): PageQuery<TestRow> {
    return new ServedPage(this, number, this.#options, this.#pages)
  }

  /** Whether a page has these rows in some version, at this place. */
  wasPage(number: number, rows: readonly (TestRow | undefined)[]): boolean {
    return this.lists.some((list) => {
      const before = (number - 1) * this.#options.perPage
      return rows.every((row, at) => same(list[before + at], row))
    })
  }

  noteHeld(): void {
    this.mostPages = Math.max(this.mostPages, this.#pages.size)
  }
}

export function same(one: TestRow | undefined, other: TestRow | undefined): boolean {
  return one?.id === other?.id && one?.edits === other?.edits
}

class ServedPage implements PageQuery<TestRow> {
  readonly #world: ListWorld
  readonly #number: number
  readonly #options: WorldOptions
  readonly #subscribed: Set<ServedPage>
  #listener: ((answer: PageAnswer<TestRow>) => void) | null = null
  #answer: PageAnswer<TestRow> = {
    data: undefined,
    status: 'loading',
    version: null,
    isPending: false,
    error: null,
  }
  #isStirred = false

  constructor(world: ListWorld, number: number, options: WorldOptions, subscribed: Set<ServedPage>) {
    this.#world = world
    this.#number = number
    this.#options = options
    this.#subscribed = subscribed
  }

  peek() {
    return this.#answer
  }

  subscribe(listener: (answer: PageAnswer<TestRow>) => void) {
    this.#listener = listener
    this.#subscribed.add(this)
    this.#world.noteHeld()
    this.#askOverHttp()
    return () => {
      this.#listener = null
      this.#subscribed.delete(this)
    }
  }

  prove() {
    this.#soon(40, () => this.#hear(true))
  }

  /** The page may have changed: the server sends it, or says that the client shall ask. */
  stir() {
    if (this.#isStirred) return
    this.#isStirred = true
    const { dice } = this.#options
    this.#soon(120, () => {
      this.#isStirred = false
      if (dice.happens(0.3)) {
        this.#say({ ...this.#answer, status: 'unproved' })
        this.#askOverHttp()
      } else this.#hear(true)
    })
  }

  #askOverHttp() {
    this.#soon(80, () => {
      this.#hear(false)
      this.#soon(60, () => this.#hear(true))
    })
  }

  #hear(hasVersion: boolean) {
    const isNamed = hasVersion && this.#options.isPolling !== true
    if (hasVersion && !isNamed) return
    const list = this.#world.listAt(this.#world.version)
    const { perPage } = this.#options
    const contacts = list.slice((this.#number - 1) * perPage, this.#number * perPage)
    const next_cursor = this.#number * perPage < list.length ? 'next' : null
    const data: RowPage<TestRow> = { contacts, pagination: { total: list.length, next_cursor } }
    const known = this.#answer.data
    const isSame = known !== undefined && JSON.stringify(known) === JSON.stringify(data)
    const version = isNamed ? this.#world.toldVersion : null
    this.#say({ data: isSame ? known : data, status: 'current', version, isPending: false, error: null })
  }

  #say(answer: PageAnswer<TestRow>) {
    this.#answer = answer
    this.#listener?.(answer)
  }

  #soon(withinMs: number, act: () => void) {
    this.#world.schedule(() => this.#listener !== null && act(), this.#options.dice.between(1, withinMs))
  }
}
