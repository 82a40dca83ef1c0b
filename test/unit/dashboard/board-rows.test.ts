import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../worker/client/answer.ts'
import type { ContactPage } from '../../../worker/client/api.ts'
import type { Query } from '../../../worker/client/types.ts'
import { BoardRows } from '../../../worker/dashboard/src/board/board-rows.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { contactRow } from './contact-row.ts'

const perPage = 10
type PageAnswer = Answer<ContactPage>

const loading: PageAnswer = {
  ...{ data: undefined, status: 'loading', asOfMs: null, version: null, isPending: false, error: null },
}

/** Boards with their contacts, whose pages answer when the test says so. */
class FakeBoards {
  readonly boards = new Map<string, string[]>()
  /** Totals that pages before the last one give instead. */
  readonly estimates = new Map<string, number>()
  /** Paths that were shown, each as often as it was. */
  readonly asked: string[] = []
  readonly shown = new Set<string>()
  version = 1
  readonly #answers = new Map<string, PageAnswer>()
  readonly #listeners = new Map<string, Set<(answer: PageAnswer) => void>>()

  fill(boardId: string, contacts: number): void {
    this.boards.set(
      boardId,
      Array.from({ length: contacts }, (_, at) => `${boardId}-${at}`),
    )
  }

  /** Answers everything that is shown as it is now, at the present version. */
  answer(paths: Iterable<string> = [...this.shown]): void {
    for (const path of paths) {
      this.#answers.set(path, this.#made(path))
      for (const tell of this.#listeners.get(path) ?? []) tell(this.#made(path))
    }
  }

  page(boardId: string, number: number): Query<ContactPage> {
    const path = `${boardId} ${number}`
    return {
      ...{ key: ['boardcache', '15213', path], path, prove: () => {} },
      read: async () => this.#answers.get(path) ?? loading,
      peek: () => this.#answers.get(path) ?? loading,
      options: () => {
        throw new Error('not asked for')
      },
      subscribe: (listener) => {
        const listeners = this.#listeners.get(path) ?? new Set()
        this.#listeners.set(path, listeners.add(listener))
        this.asked.push(path)
        this.shown.add(path)
        return () => {
          listeners.delete(listener)
          if (listeners.size === 0) this.shown.delete(path)
        }
      },
    }
  }

  #made(path: string): PageAnswer {
    const [boardId = '', number = ''] = path.split(' ')
    const page = Number(number)
    const all = this.boards.get(boardId) ?? []
    const rows = all.slice((page - 1) * perPage, page * perPage)
    const hasMore = page * perPage < all.length
    const estimate = hasMore ? this.estimates.get(boardId) : undefined
    const total = estimate ?? all.length
    const before = this.#answers.get(path)?.data
    const data: ContactPage = {
      contacts: rows.map((id) => contactRow(id)),
      pagination: {
        ...{ page, per_page: perPage, total, total_pages: Math.ceil(total / perPage) },
        ...(estimate === undefined ? {} : { total_is_estimate: true as const }),
        next_cursor: hasMore ? 'next' : null,
      },
    }
    const isSame = JSON.stringify(before) === JSON.stringify(data)
    return {
      ...{ status: 'current', asOfMs: 1, version: this.version, isPending: false, error: null },
      data: isSame ? before : data,
    }
  }
}

function listOf(boards: FakeBoards, clock: FakeClock = createFakeClock()) {
  const rows = new BoardRows({
    ...{ boardIds: [...boards.boards.keys()], perPage, contactsMax: 1_000_000 },
    page: (boardId, number) => boards.page(boardId, number),
    schedule: (act, delayMs) => clock.schedule(act, delayMs),
  })
  rows.look(0, 7)
  return { rows, clock }
}

const idAt = (rows: BoardRows, row: number) => {
  const listed = rows.view().at(row)
  return listed?.kind === 'heading' ? `# ${listed.segment.boardId}` : listed?.contact?.id
}

describe('the list of one board', () => {
  it('has its contacts by their rows, without a heading, and is ready with its first page', () => {
    const boards = new FakeBoards()
    boards.fill('a', 25)
    const { rows } = listOf(boards)
    expect(rows.view().isReady).toBe(false)
    boards.answer()
    expect(rows.view()).toMatchObject({ isReady: true, rows: 25, contacts: 25, version: 1 })
    expect([0, 7].map((row) => idAt(rows, row))).toEqual(['a-0', 'a-7'])
    expect(rows.view().at(25)).toBeNull()
  })

  it('keeps the exact number of contacts that its end told, until its first page changes', async () => {
    const boards = new FakeBoards()
    boards.fill('a', 45)
    boards.estimates.set('a', 60)
    const { rows, clock } = listOf(boards)
    boards.answer()
    expect(rows.view()).toMatchObject({ contacts: 60, isEstimate: true })
    rows.look(40, 47)
    await clock.advance(100)
    boards.answer()
    expect(rows.view()).toMatchObject({ contacts: 45, isEstimate: false })
    rows.look(0, 7)
    await clock.advance(100)
    boards.answer()
    expect(rows.view()).toMatchObject({ contacts: 45, isEstimate: false })
    boards.boards.get('a')?.unshift('a-new')
    boards.version += 1
    boards.answer()
    expect(rows.view()).toMatchObject({ contacts: 60, isEstimate: true })
  })
})

describe('the list of several boards', () => {
  it('has each board below its heading, in the order of the boards', async () => {
    const boards = new FakeBoards()
    for (const [id, contacts] of [
      ['a', 2],
      ['b', 0],
      ['c', 3],
    ] as const)
      boards.fill(id, contacts)
    const { rows, clock } = listOf(boards)
    boards.answer()
    await clock.advance(100)
    boards.answer()
    expect(rows.view()).toMatchObject({ rows: 8, contacts: 5 })
    const all = Array.from({ length: 8 }, (_, row) => idAt(rows, row))
    expect(all).toEqual(['# a', 'a-0', 'a-1', '# b', '# c', 'c-0', 'c-1', 'c-2'])
  })

  it('asks for the first pages of a few boards at a time, and for none after it was closed', () => {
    const boards = new FakeBoards()
    for (let board = 0; board < 12; board += 1) boards.fill(`b${board}`, 5)
    const { rows } = listOf(boards)
    expect(boards.asked).toHaveLength(4)
    boards.answer(['b0 1'])
    expect(new Set(boards.asked).size).toBe(5)
    rows.close()
    expect(boards.shown.size).toBe(0)
    boards.answer(['b1 1'])
    expect(new Set(boards.asked).size).toBe(5)
  })

  it('loads the board where a drag across the list ends, and not those on the way', async () => {
    const boards = new FakeBoards()
    for (const id of ['a', 'b', 'c', 'd']) boards.fill(id, 100)
    const { rows, clock } = listOf(boards)
    boards.answer()
    boards.answer()
    for (let first = 10; first < 390; first += 40) {
      rows.look(first, first + 7)
      await clock.advance(10)
    }
    await clock.advance(500)
    boards.answer()
    const later = boards.asked.filter((path) => !path.endsWith(' 1') && !path.startsWith('a'))
    expect(later.filter((path) => !path.startsWith('d'))).toEqual([])
    expect(idAt(rows, 371)).toBe('d-67')
  })

  it('stays where it is when contacts come in on a board above the screen', async () => {
    const boards = new FakeBoards()
    boards.fill('a', 8)
    boards.fill('b', 30)
    const { rows, clock } = listOf(boards)
    boards.answer()
    boards.answer()
    rows.look(12, 18)
    await clock.advance(100)
    boards.answer()
    const [before, { shift }] = [idAt(rows, 12), rows.view()]
    boards.boards.get('a')?.unshift('a-new', 'a-newer')
    boards.version += 1
    boards.answer()
    expect(rows.view().shift - shift).toBe(2)
    expect(idAt(rows, 14)).toBe(before)
  })
})
