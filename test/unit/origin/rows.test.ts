import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readContactRow } from '../../../origin/contacts/contact-rows.ts'
import { createRowReader } from '../../../origin/database/rows.ts'
import { limits } from '../../../shared/limits.ts'
import type { Contact } from '../../../shared/resources/contacts/contact-list.ts'
import { contactList, contactSchema } from '../../../shared/resources/contacts/contact-list.ts'
import { contactNumber } from './contact.ts'
import { createOrigin, listParams, read } from './origin-under-test.ts'
import { createPromptDatabase, emptyPage } from './stub-database.ts'

const fields = contactSchema.keyof().options
const rowBytesMax = limits.contactContentBytesMax + limits.contactFrameBytesMax

/** Values that a broken column could hold: other types, and near misses of the right one. */
const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', 'infinity', '10000-01-01T00:00:00+00:00', '0044-03-15T12:00:00+00:00 BC', 'urgent', -1),
  fc.constant('x'.repeat(5_000)),
  fc.constant('😀'.repeat(2_100)),
  fc.constant(Array(51).fill('x')),
  fc.constant(['x'.repeat(101)]),
  fc.constant(undefined),
)
const brokenFields = fc.dictionary(fc.constantFrom(...fields), junk, { minKeys: 1, maxKeys: 5 })

function fits(field: keyof Contact, value: unknown): boolean {
  return z.safeParse(contactSchema.shape[field], value).success
}

describe('a row with any of its fields replaced by anything', () => {
  test('fits its schema, differs only in the fields that did not fit, and each of these is noted once', () => {
    fc.assert(
      fc.property(brokenFields, (broken) => {
        const row = { ...contactNumber(1), ...broken }
        const noted: string[] = []
        const shown = readContactRow(row, (field) => noted.push(field))
        expect(contactSchema.parse(shown)).toEqual(shown)
        const unfit = fields.filter((field) => !fits(field, row[field]))
        expect(noted).toEqual(unfit)
        for (const field of fields) {
          if (!unfit.includes(field)) expect(shown[field]).toEqual(row[field])
        }
      }),
      { numRuns: 500 },
    )
  })

  test('always looks the same', () => {
    fc.assert(
      fc.property(brokenFields, (broken) => {
        const show = () => readContactRow({ ...contactNumber(1), ...broken }, () => undefined)
        expect(show()).toEqual(show())
      }),
    )
  })

  test('never fails its page at the Worker, and never blocks the next page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(brokenFields, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('created_at', 'updated_at', 'name', 'last_activity_at'),
        async (rows, sortBy) => {
          const contacts = [
            contactNumber(0),
            ...rows.map((broken, index) => ({ ...contactNumber(index + 1), ...broken })),
          ]
          const page = { ...emptyPage, contacts, total: 99, has_more: true }
          const { loadList, logged } = createOrigin({ database: createPromptDatabase(() => page) })
          const { status, body } = await read(await loadList({ params: { ...listParams, sortBy } }))
          expect(status).toBe(200)
          const parsed = contactList.data.parse(body)
          expect(parsed.contacts).toHaveLength(contacts.length)
          expect(parsed.contacts[0]).toEqual(contactNumber(0))
          expect(parsed.pagination.next_cursor).not.toBeNull()
          expect(logged.join('')).not.toContain('Zoë')
        },
      ),
      { numRuns: 100 },
    )
  })
})

test('a value that is no row at all is shown as an unknown contact', () => {
  for (const row of [null, undefined, 7, 'x', [], {}]) {
    const shown = readContactRow(row, () => undefined)
    expect(contactSchema.parse(shown)).toMatchObject({ id: 'unknown', email: null, status: 'open' })
  }
})

test('a row that is too large as a whole loses its largest values, and no others', () => {
  const control = '\u0001'
  const tags = Array(50).fill(control.repeat(100))
  const large = contactNumber(1, { tags, last_message: control.repeat(4_000), email: 'kept@example.com' })
  const noted: string[] = []
  const shown = readContactRow(large, (field) => noted.push(field))
  expect(noted).toEqual(['tags'])
  expect(shown).toEqual({ ...large, tags: [] })
  expect(Buffer.byteLength(JSON.stringify(shown))).toBeLessThanOrEqual(rowBytesMax)
})

test('the largest contact that the database accepts is within the bytes of a row', () => {
  const id = '"'.repeat(128)
  const frame = contactNumber(1, { id, workspace_id: id, board_id: id, board_column_id: id, phone: 'p' })
  const bytes = Buffer.byteLength(JSON.stringify({ ...frame, tags: Array(50).fill('') }))
  expect(bytes).toBeLessThan(limits.contactFrameBytesMax)
})

test('a full page of the largest contacts is an answer; a larger answer is refused by name', async () => {
  const full = contactNumber(1, { tags: Array(50).fill('t'.repeat(100)) })
  const control = Math.floor((limits.contactContentBytesMax - 5_400) / 6)
  const largest = { ...full, last_message: '\u0001'.repeat(Math.min(control, 4_000)) }
  const load = async (contacts: number) => {
    const page = { ...emptyPage, contacts: Array(contacts).fill(largest), total: contacts }
    return createOrigin({ database: createPromptDatabase(() => page) }).loadList()
  }
  expect((await load(limits.perPageMax)).status).toBe(200)

  const names = { outcome: 'ok', boards: Array(3_000).fill({ id: 'b', name: '\u0001'.repeat(250) }) }
  const { request } = createOrigin({ database: createPromptDatabase(() => names) })
  expect(await read(await request('/workspaces/15213/boards'))).toMatchObject({
    status: 502,
    body: { code: 'answer_too_large', error: 'The answer is larger than this service returns.' },
  })
})

test('substitutes that do not fit their own schema throw at once', () => {
  const schema = z.object({ name: z.string().min(1) })
  expect(() => createRowReader({ schema, substitutes: { name: '' }, bytesMax: 100 })).toThrow()
  expect(() => createRowReader({ schema, substitutes: { name: 'x'.repeat(90) }, bytesMax: 10 })).toThrow()
})
