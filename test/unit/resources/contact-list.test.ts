import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cursor, encodeCursor, parseCursor } from '../../../shared/contract/cursor.ts'
import { userIdSchema } from '../../../shared/ids.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { spliceMember } from '../../../shared/resources/served.ts'

const board = { boardId: 'board_123' }
const faultsOf = (query: Record<string, unknown>, path: object = board) => {
  const parsed = contactList.parse(path, query)
  return parsed.ok ? [] : parsed.error.map((fault) => fault.parameter)
}
const cursor: Cursor = {
  sortBy: 'created_at',
  sortOrder: 'desc',
  after: '2025-01-02T03:04:05.123456+00:00',
  id: 'contact_1',
  page: 2,
}

describe('the query of a contact list', () => {
  it.each([
    ['page', { page: '0' }],
    ['page', { page: '-1' }],
    ['page', { page: '1.5' }],
    ['page', { page: 'one' }],
    ['page', { page: '' }],
    ['page', { page: '1000001' }],
    ['page', { page: ['1', '2'] }],
    ['per_page', { per_page: '101' }],
    ['per_page', { per_page: '0' }],
    ['per_page', { per_page: '1e2' }],
    ['filter', { filter: 'everything' }],
    ['filter', { filter: '' }],
    ['filter', { filter: ['open', 'closed'] }],
    ['search', { search: 'x'.repeat(201) }],
    ['search', { search: 'a\u0000b' }],
    ['search', { search: 'a\nb' }],
    ['column_id', { column_id: 'a b' }],
    ['column_id', { column_id: '' }],
    ['sort_by', { sort_by: 'phone' }],
    ['sort_order', { sort_order: 'DESC' }],
    ['cursor', { cursor: 'garbage' }],
    ['cursor', { cursor: encodeCursor(cursor), page: '2' }],
    ['cursor', { cursor: encodeCursor(cursor), sort_by: 'name' }],
    ['cursor', { cursor: encodeCursor({ ...cursor, after: '2025-02-31T00:00:00Z' }) }],
    ['cursor', { cursor: encodeCursor({ ...cursor, after: "'; drop table contacts" }) }],
  ])('names %s when it is not what the parameter takes: %j', (parameter, query) => {
    expect(faultsOf(query)).toContain(parameter)
  })

  it('refuses unknown parameters, so that a typing error does not widen the answer', () => {
    expect(faultsOf({ colum_id: 'col_1' })).not.toEqual([])
  })

  it('refuses a board id with a separator of keys in it', () => {
    expect(faultsOf({}, { boardId: 'a:b' })).toEqual(['boardId'])
  })

  it('gives the same question with defaults written out or not', () => {
    const plain = contactList.parse(board, {})
    const written = contactList.parse(board, {
      page: '1',
      per_page: '50',
      filter: 'all',
      search: ' ',
      sort_by: 'created_at',
      sort_order: 'desc',
    })
    expect(written.ok && plain.ok && written.value.params).toEqual(plain.ok && plain.value.params)
  })

  it('gives each user their own entry of their contacts, and shares the rest', () => {
    const sharing = (filter: string) => {
      const parsed = contactList.parse(board, { filter })
      return parsed.ok && parsed.value.sharing
    }
    expect(sharing('assigned_to_me')).toBe('user')
    expect(sharing('unassigned')).toBe('workspace')
  })
})

describe('the page after a page', () => {
  const page = (next_cursor: string | null) =>
    new TextEncoder().encode(
      JSON.stringify({
        contacts: [{ name: '"next_cursor":"nonsense"}}' }],
        pagination: { page: 1, next_cursor },
      }),
    )
  const following = (query: Record<string, string>, cursor: string | null) => {
    const parsed = contactList.parse(board, query)
    const next = parsed.ok ? parsed.value.next?.(page(cursor)) : null
    return next?.params ?? null
  }

  it("is the next by number, or by the page's cursor if the reader uses cursors", () => {
    const first = contactList.parse(board, {})
    const params = first.ok ? first.value.params : null
    expect(following({ page: '3' }, 'abc')).toEqual({ ...params, page: 4 })
    const given = encodeCursor({
      sortBy: 'created_at',
      sortOrder: 'desc',
      after: '2025-01-01T00:00:00Z',
      id: 'b',
      page: 2,
    })
    expect(following({ cursor: given }, 'abc')).toEqual({ ...params, cursor: 'abc' })
  })

  it('does not exist after the last', () => {
    expect(following({}, null)).toBeNull()
  })
})

describe('a cursor', () => {
  const cursors: fc.Arbitrary<Cursor> = fc.record({
    sortBy: fc.constant('name' as const),
    sortOrder: fc.constantFrom('asc' as const, 'desc' as const),
    after: fc
      .string({ unit: 'grapheme', maxLength: 100 })
      .filter((text) => !text.includes('\0') && text.length <= 512),
    id: fc.string({ minLength: 1, maxLength: 100 }),
    page: fc.integer({ min: 2, max: 1_000_001 }),
  })

  it('comes back as it was written, in every script', () => {
    fc.assert(
      fc.property(cursors, (written) => {
        expect(parseCursor(encodeCursor(written))).toEqual({ ok: true, value: written })
      }),
    )
  })

  it('is a fault and never a crash when it is anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseCursor(text)
      }),
    )
    expect(parseCursor(btoa('{}'))).toEqual({ ok: false, error: 'malformed' })
  })
})

describe('presenting a stored list', () => {
  const served = {
    status: 'HIT',
    source: 'cloudflare_kv',
    ttlSeconds: 180,
    ageSeconds: 12,
    provedAgeSeconds: 0,
    edgeLocation: 'LAX',
    responseTimeMs: 12,
    retrievedAtMs: 0,
    isCacheEnabled: true,
    userId: userIdSchema.parse('user'),
  } as const

  it('adds _cache to the stored bytes and changes none of them', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 }), (object) => {
        fc.pre(!Object.hasOwn(object, '_cache') && !Object.hasOwn(object, '__proto__'))
        const bytes = new TextEncoder().encode(JSON.stringify(object))
        const presented = Buffer.concat(contactList.present(bytes, served))
        const { _cache, ...rest } = JSON.parse(presented.toString('utf8'))
        expect(rest).toEqual(JSON.parse(JSON.stringify(object)))
        expect(_cache).toEqual({
          status: 'HIT',
          source: 'cloudflare_kv',
          ttl: 180,
          age: 12,
          proved_age: 0,
          edge_location: 'LAX',
          response_time_ms: 12,
        })
      }),
    )
  })

  it('refuses bytes that are no JSON object', () => {
    expect(() => spliceMember(new Uint8Array(), 'a', 1)).toThrow()
  })
})
