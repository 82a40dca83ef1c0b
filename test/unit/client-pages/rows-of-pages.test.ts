import { describe, expect, it } from 'vitest'
import type { PageAnswer } from '../../../worker/client/pages/row-page.ts'
import { RowsByIndex, rowsLimits } from '../../../worker/client/pages/rows-by-index.ts'

const perPage = 50
const total = 10_000_000

interface Row {
  readonly id: string
  readonly isEdited?: boolean
}

interface Held {
  say(answer: Partial<PageAnswer<Row>>): void
  readonly proofs: number[]
}

/** Rows of ten million, whose pages the test answers itself. Time stands still until a wait is called. */
function given() {
  const held = new Map<number, Held>()
  const waits = new Map<number, Set<() => void>>()
  const rows = new RowsByIndex<Row>({
    perPage,
    page: (number) => ({
      peek: () => ({ ...plain, status: 'loading' }),
      subscribe(listener) {
        held.set(number, {
          proofs: [],
          say: (answer) => listener({ ...plain, ...answer }),
        })
        return () => void held.delete(number)
      },
      prove(version) {
        held.get(number)?.proofs.push(version)
      },
    }),
    schedule(act, delayMs) {
      const due = waits.get(delayMs) ?? new Set()
      waits.set(delayMs, due.add(act))
      return () => due.delete(act)
    },
  })
  const page = (number: number) => {
    const found = held.get(number)
    if (found === undefined) throw new Error(`page ${number} is not held`)
    return found
  }
  const pass = (delayMs: number) => {
    const due = [...(waits.get(delayMs) ?? [])]
    waits.delete(delayMs)
    for (const act of due) act()
  }
  return { rows, held, page, pass }
}

const plain: PageAnswer<Row> = {
  ...{ data: undefined, status: 'current', version: null, isPending: false, error: null },
}

/** A page of the list in which row n has the id n, with other rows put in at the top. */
function pageOf(number: number, before: readonly string[] = []) {
  const ids = Array.from({ length: perPage }, (_, at): string => {
    const index = (number - 1) * perPage + at
    return before[index] ?? String(index - before.length)
  })
  const size = total + before.length
  const next_cursor = number * perPage < size ? 'next' : null
  return { contacts: ids.map((id): Row => ({ id })), pagination: { total: size, next_cursor } }
}

/** The same page with its first row changed. */
function edited(page: ReturnType<typeof pageOf>): ReturnType<typeof pageOf> {
  const [first = { id: '' }, ...rest] = page.contacts
  return { ...page, contacts: [{ ...first, isEdited: true }, ...rest] }
}

describe('rows of ten million', () => {
  it('reach the last one by its index, with some pages held', () => {
    const { rows, held, page, pass } = given()
    rows.look(0, 30)
    page(1).say({ data: pageOf(1) })
    expect(rows.view()).toMatchObject({ state: 'current', total })
    rows.look(total - 30, total - 1)
    expect(rows.view().row(total - 1)).toBeUndefined()
    pass(rowsLimits.restMs)
    page(200_000).say({ data: pageOf(200_000) })
    expect(rows.view().row(total - 1)).toEqual({ id: String(total - 1) })
    expect([...held.keys()].sort()).toEqual([199_999, 200_000])
  })

  it('of two pages are shown together once the server names one version of both', () => {
    const { rows, page, pass } = given()
    rows.look(30, 70)
    page(1).say({ data: pageOf(1) })
    page(2).say({ data: pageOf(2) })
    expect(rows.view()).toMatchObject({ state: 'loading' })
    expect(rows.view().row(60)).toBeUndefined()
    page(1).say({ data: pageOf(1), version: 7 })
    page(2).say({ data: pageOf(2), version: 8 })
    expect(rows.view().row(60)).toBeUndefined()
    pass(rowsLimits.proveAfterMs)
    expect([page(1).proofs, page(2).proofs]).toEqual([[8], [8]])
    page(1).say({ data: pageOf(1), version: 8 })
    expect(rows.view()).toMatchObject({ state: 'current', version: 8 })
    expect(rows.view().row(60)).toEqual({ id: '60' })
  })

  it('keep what was shown until all pages on the screen have arrived at a newer version, and then move by the same rows', () => {
    const { rows, page } = given()
    rows.look(30, 70)
    for (const number of [1, 2]) page(number).say({ data: pageOf(number), version: 7 })
    page(1).say({ data: pageOf(1, ['a', 'b']), version: 9 })
    expect(rows.view()).toMatchObject({ state: 'behind', version: 7, shift: 0 })
    expect(rows.view().row(30)).toEqual({ id: '30' })
    page(2).say({ data: pageOf(2, ['a', 'b']), version: 9 })
    expect(rows.view()).toMatchObject({ state: 'current', version: 9, shift: 2, total: total + 2 })
    expect(rows.view().row(32)).toEqual({ id: '30' })
  })

  it('show new rows at once to a reader at the very top', () => {
    const { rows, page } = given()
    rows.look(0, 20)
    page(1).say({ data: pageOf(1), version: 7 })
    page(1).say({ data: pageOf(1, ['a']), version: 8 })
    expect(rows.view()).toMatchObject({ state: 'current', shift: 0 })
    expect(rows.view().row(0)).toEqual({ id: 'a' })
  })

  it('do not follow a row that was itself moved to the top', () => {
    const { rows, page } = given()
    rows.look(35, 45)
    page(1).say({ data: pageOf(1), version: 7 })
    const ids = ['35', ...Array.from({ length: perPage }, (_, at) => String(at))].filter(
      (id, at) => at === 0 || id !== '35',
    )
    const { pagination } = pageOf(1)
    page(1).say({ data: { contacts: ids.map((id) => ({ id })), pagination }, version: 8 })
    expect(rows.view().shift).toBe(0)
    expect(rows.view().row(36)).toEqual({ id: '36' })
  })

  it('contain a write of this client at once, and no row twice meanwhile', () => {
    const { rows, page } = given()
    rows.look(30, 70)
    for (const number of [1, 2]) page(number).say({ data: pageOf(number), version: 7 })
    const { contacts, pagination } = pageOf(1)
    const moved = { contacts: [{ id: '60' }, ...contacts], pagination }
    page(1).say({ data: moved, version: 7, isPending: true })
    expect(rows.view()).toMatchObject({ state: 'mixed' })
    const ids = Array.from({ length: 100 }, (_, index) => rows.view().row(index)?.id)
    expect(ids[0]).toBe('60')
    expect(ids.filter((id) => id === '60')).toHaveLength(1)
    for (const number of [1, 2]) page(number).say({ data: pageOf(number), version: 8 })
    expect(rows.view()).toMatchObject({ state: 'current', version: 8 })
  })

  it('are shown from different moments if no version is ever named, which they say', () => {
    const { rows, page, pass } = given()
    rows.look(30, 70)
    page(1).say({ data: pageOf(1, ['a']) })
    page(2).say({ data: pageOf(2) })
    pass(rowsLimits.firstPatienceMs)
    expect(rows.view()).toMatchObject({ state: 'mixed', version: null })
    expect(rows.view().row(60)).toEqual({ id: '60' })
  })

  it('wait although they have a version in common, if their totals or their rows contradict each other', () => {
    const { rows, page } = given()
    rows.look(30, 70)
    page(1).say({ data: pageOf(1, ['a']), version: 7 })
    page(2).say({ data: pageOf(2), version: 7 })
    expect(rows.view().row(60)).toBeUndefined()
    page(2).say({ data: pageOf(2, ['a']), version: 8 })
    page(1).say({ data: pageOf(1, ['a']), version: 8 })
    expect(rows.view().row(60)).toEqual({ id: '59' })
  })

  it('go on when versions begin again, and mix none of before with those after', () => {
    const { rows, page } = given()
    rows.look(30, 70)
    for (const number of [1, 2]) page(number).say({ data: pageOf(number), version: 700 })
    page(1).say({ data: pageOf(1, ['a']), version: 3 })
    expect(rows.view()).toMatchObject({ state: 'behind', total })
    page(2).say({ data: pageOf(2, ['a']), version: 3 })
    expect(rows.view()).toMatchObject({ state: 'current', version: 3, total: total + 1 })
  })

  it('mix no page of a former ledger with one of its successor, although both had this version once', () => {
    const { rows, page } = given()
    rows.look(30, 70)
    for (const version of [3, 700])
      for (const number of [1, 2]) page(number).say({ data: pageOf(number), version })
    page(1).say({ data: edited(pageOf(1)), version: 3 })
    expect(rows.view()).toMatchObject({ state: 'behind' })
    expect(rows.view().row(0)).toEqual({ id: '0' })
    page(2).say({ data: pageOf(2), version: 3 })
    expect(rows.view()).toMatchObject({ state: 'current', version: 3 })
  })

  it('do not go back to a version that is older than what one page has shown', () => {
    const { rows, page } = given()
    rows.look(30, 70)
    for (const number of [1, 2]) page(number).say({ data: pageOf(number), version: 7 })
    rows.look(0, 30)
    page(1).say({ data: edited(pageOf(1)) })
    expect(rows.view().row(0)).toEqual({ id: '0', isEdited: true })
    rows.look(10, 60)
    expect(rows.view().row(0)).toEqual({ id: '0', isEdited: true })
    expect(rows.view()).toMatchObject({ state: 'loading' })
  })

  it('load where a drag across the list ends, and not on the way', () => {
    const { rows, held, page, pass } = given()
    rows.look(0, 30)
    page(1).say({ data: pageOf(1) })
    for (let first = 0; first < total; first += 100_000) rows.look(first, first + 30)
    expect([...held.keys()]).toEqual([1, 2])
    pass(rowsLimits.restMs)
    expect([...held.keys()].sort()).toEqual([198_000, 198_001, 198_002])
  })
})
