import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { paginationOf } from '../../../origin/loaders/contacts/contact-list.ts'
import { encodeCursor, parseCursor, sortBySchema, sortOrderSchema } from '../../../shared/contract/cursor.ts'
import { limits } from '../../../shared/limits.ts'
import { contactFilterSchema, contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { ok } from '../../../shared/result.ts'
import { contactNumber } from './contact.ts'
import { createOrigin, listParams, read } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase, emptyPage } from './stub-database.ts'

const anySortBy = fc.constantFrom(...sortBySchema.options)
const anySortOrder = fc.constantFrom(...sortOrderSchema.options)

describe('pagination', () => {
  test('there are as many pages as it takes to show every contact', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50_000_000 }),
        fc.integer({ min: 1, max: limits.perPageMax }),
        fc.integer({ min: 1, max: limits.pageMax }),
        (total, perPage, page) => {
          const params = { perPage, sortBy: 'name', sortOrder: 'asc' } as const
          const { total_pages, ...rest } = paginationOf(params, page, {
            contacts: [],
            total,
            has_more: false,
          })
          expect(total_pages * perPage).toBeGreaterThanOrEqual(total)
          expect((total_pages - 1) * perPage).toBeLessThan(Math.max(total, 1))
          expect(rest).toEqual({ page, per_page: perPage, total, next_cursor: null })
        },
      ),
    )
  })

  test('the next cursor continues after the last contact of the page, in the same order', () => {
    const anyName = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((name) => !name.includes('\0'))
    fc.assert(
      fc.property(
        anySortBy,
        anySortOrder,
        anyName,
        fc.integer({ min: 1, max: limits.pageMax + 1 }),
        (sortBy, sortOrder, name, page) => {
          const last = contactNumber(2, { name })
          const shown = { contacts: [contactNumber(1), last], total: 9, has_more: true }
          const { next_cursor } = paginationOf({ perPage: 2, sortBy, sortOrder }, page, shown)
          expect(parseCursor(next_cursor ?? '')).toEqual(
            ok({
              sortBy,
              sortOrder,
              after: last[sortBy],
              id: last.id,
              page: Math.min(page + 1, limits.pageMax + 1),
            }),
          )
        },
      ),
    )
  })

  test('the last page has no next cursor', async () => {
    const page = { outcome: 'ok', contacts: [contactNumber(1)], total: 1, has_more: false }
    const { body } = await read(await createOrigin({ database: createPromptDatabase(() => page) }).loadList())
    expect(body).toMatchObject({ pagination: { next_cursor: null } })
  })

  test('a page past the end is empty, with the true totals', async () => {
    const page = { ...emptyPage, total: 191_663 }
    const { loadList } = createOrigin({ database: createPromptDatabase(() => page) })
    expect(await read(await loadList({ params: { ...listParams, page: 4_000 } }))).toEqual({
      status: 200,
      body: {
        contacts: [],
        pagination: { page: 4_000, per_page: 50, total: 191_663, total_pages: 3_834, next_cursor: null },
      },
    })
  })

  test('a walk along the cursors sees every contact once and counts its pages', async () => {
    const contacts = Array.from({ length: 23 }, (_, n) => contactNumber(n, { name: `name ${n % 4}` })).sort(
      (one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : one.id < other.id ? -1 : 1),
    )
    const database = createPromptDatabase((_name, { p_after, p_after_id, p_per_page }) => {
      const isAfter = ({ name, id }: { name: string; id: string }) =>
        p_after === null || name > String(p_after) || (name === p_after && id > String(p_after_id))
      const rest = contacts.filter(isAfter)
      const shown = rest.slice(0, Number(p_per_page))
      return { outcome: 'ok', contacts: shown, total: contacts.length, has_more: rest.length > shown.length }
    })
    const { loadList } = createOrigin({ database })
    const seen: string[] = []
    const pages: number[] = []
    let cursor: string | null = null
    do {
      const params = { ...listParams, sortBy: 'name', sortOrder: 'asc', perPage: 5, cursor }
      const page = contactList.data.parse(await (await loadList({ params })).json())
      seen.push(...page.contacts.map(({ id }) => id))
      pages.push(page.pagination.page)
      cursor = page.pagination.next_cursor
    } while (cursor !== null && pages.length < 10)
    expect(seen).toEqual(contacts.map(({ id }) => id))
    expect(pages).toEqual([1, 2, 3, 4, 5])
  })
})

describe('the query for a list', () => {
  test('passes on every parameter unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          columnId: fc.constantFrom(null, 'col_1'),
          filter: fc.constantFrom(...contactFilterSchema.options),
          search: fc.constantFrom(null, '100%_\\ ẞ', "'; drop table contacts; --"),
          sortBy: anySortBy,
          sortOrder: anySortOrder,
          perPage: fc.integer({ min: 1, max: limits.perPageMax }),
          page: fc.integer({ min: 1, max: limits.pageMax }),
        }),
        async (given) => {
          const database = createStubDatabase()
          const load = createOrigin({ database }).loadList({
            userId: 'alice',
            params: { ...listParams, ...given },
          })
          const call = await database.call(0)
          expect(call.functionName).toBe('contacts_page')
          expect(call.args).toEqual({
            p_workspace: '15213',
            p_board: 'board_123',
            p_column: given.columnId,
            p_filter: given.filter,
            p_search: given.search,
            p_sort_by: given.sortBy,
            p_sort_order: given.sortOrder,
            p_per_page: given.perPage,
            p_page: given.page,
            p_after: null,
            p_after_id: null,
          })
          call.answer(ok(emptyPage))
          expect((await load).status).toBe(200)
        },
      ),
      { numRuns: 30 },
    )
  })

  test.each([
    [7, 7],
    [limits.pageMax + 1, limits.pageMax],
  ])('a cursor names its page: for page %i the query is for page %i', async (page, queried) => {
    const cursor = encodeCursor({ sortBy: 'name', sortOrder: 'asc', after: 'Zoë', id: 'contact_1', page })
    const database = createStubDatabase()
    const params = { ...listParams, sortBy: 'name', sortOrder: 'asc', cursor }
    const load = createOrigin({ database }).loadList({ params })
    const call = await database.call(0)
    expect(call.args).toMatchObject({ p_page: queried, p_after: 'Zoë', p_after_id: 'contact_1' })
    call.answer(ok(emptyPage))
    expect((await load).status).toBe(200)
  })

  test('a cursor of another order is refused', async () => {
    const cursor = encodeCursor({ sortBy: 'name', sortOrder: 'asc', after: 'Zoë', id: 'contact_1', page: 2 })
    const { loadList } = createOrigin({ database: createStubDatabase() })
    for (const order of [
      { sortBy: 'name', sortOrder: 'desc' },
      { sortBy: 'created_at', sortOrder: 'asc' },
    ]) {
      const answer = await read(await loadList({ params: { ...listParams, ...order, cursor } }))
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } })
    }
  })

  test('a column that is no field of a contact is not shown', async () => {
    const contact = { ...contactNumber(1), search_text: 'zoë', internal_note: 'x' }
    const page = { outcome: 'ok', contacts: [contact], total: 1, has_more: false }
    const { body } = await read(await createOrigin({ database: createPromptDatabase(() => page) }).loadList())
    expect(body).toMatchObject({ contacts: [contactNumber(1)] })
    expect(JSON.stringify(body)).not.toMatch(/search_text|internal_note|outcome/)
  })
})
