import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type InvalidationEvent,
  invalidationActionSchema,
  invalidationEventSchema,
} from '../../../shared/contract/invalidation.ts'
import { boardIdSchema, columnIdSchema, userIdSchema } from '../../../shared/ids.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactFilterSchema, contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { tagsMovedBy } from '../../../shared/tags/moves.ts'
import { bucketTag, familyTag, type Tag } from '../../../shared/tags/tags.ts'
import {
  concernOf,
  everythingConcern,
  patternsOf,
  workspaceConcern,
} from '../../../worker/ledger/concerns.ts'
import { workspaceId } from '../../support/entries.ts'

const event = (fields: object) => invalidationEventSchema.parse(fields)
const moved = event({
  action: 'contact_moved',
  boardId: 'board_123',
  contactId: 'contact_456',
  fromColumnId: 'col_old',
  toColumnId: 'col_new',
})

const owner = userIdSchema.parse('user-1')
const tagsOf = (reported: InvalidationEvent) => concernOf(reported).moves.flatMap(tagsMovedBy)
const pageOf = (boardId: string, columnId?: string, more: object = {}) => {
  const column = columnId === undefined ? {} : { column_id: columnId }
  const parsed = contactList.parse({ boardId }, { ...column, ...more })
  if (!parsed.ok) throw new Error('the question is valid')
  return parsed.value.tagsFor(owner)
}
const overlaps = (one: readonly Tag[], other: readonly Tag[]) => one.some((tag) => other.includes(tag))
/** Every kind of page: all filters, with and without a search. */
const kindsOfPage = contactFilterSchema.options.flatMap((filter) => [{ filter }, { filter, search: 'x' }])

describe('the concern of an event', () => {
  it('is, for a move, both columns, the open list and the counts, as SPEC 4 shows it', () => {
    const { scopes } = concernOf(moved)
    expect(scopes).toHaveLength(4)
    expect(patternsOf(workspaceId, scopes)).toEqual(['contacts:15213:board_123:*', 'counts:15213:*'])
  })

  it('names, of a whole workspace, its counts, its contacts and its searches', () => {
    const patterns = ['counts:15213:*', 'contacts:15213:*', 'search:15213:*']
    expect(patternsOf(workspaceId, workspaceConcern.scopes)).toEqual(patterns)
    expect(patternsOf(workspaceId, concernOf(event({ action: 'workspace_updated' })).scopes)).toEqual(
      patterns,
    )
    expect(patternsOf(workspaceId, everythingConcern.scopes)).toEqual([...patterns, 'settings:15213:*'])
  })

  it("covers the contact's bucket too, or all contacts if an event about contacts names none", () => {
    const { contactId: _, ...unnamed } = moved
    expect(tagsOf(moved)).toContain(bucketTag('contact', 'contact_456'))
    expect(tagsOf(moved)).not.toContain(familyTag('contact'))
    expect(tagsOf(unnamed)).toContain(familyTag('contact'))
    expect(tagsOf(event({ action: 'board_updated', boardId: 'board_123' }))).not.toContain(
      familyTag('contact'),
    )
    expect(concernOf(unnamed).scopes).toEqual(concernOf(moved).scopes)
  })

  it("covers every answer that can name the contact by its address, its number, its assignee, its lead's conversations or a segment", () => {
    const { contactId: _, ...unnamed } = moved
    const families = ['email', 'phone', 'user', 'segment'] as const
    for (const reported of [moved, unnamed])
      expect(tagsOf(reported)).toEqual(expect.arrayContaining(families.map(familyTag)))
    expect(tagsOf(moved)).toContain(bucketTag('conversation', 'contact_456'))
    expect(tagsOf(unnamed)).toContain(familyTag('conversation'))
  })

  it('does not cover the pages of a third column or of other boards', () => {
    expect(overlaps(tagsOf(moved), pageOf('board_123', 'col_old'))).toBe(true)
    expect(overlaps(tagsOf(moved), pageOf('board_123', 'col_new'))).toBe(true)
    expect(overlaps(tagsOf(moved), pageOf('board_123'))).toBe(true)
    expect(overlaps(tagsOf(moved), pageOf('board_123', 'col_third'))).toBe(false)
    expect(overlaps(tagsOf(moved), pageOf('board_1'))).toBe(false)
    // A search of a column may show an estimated total, for which the whole board is sampled.
    expect(overlaps(tagsOf(moved), pageOf('board_123', 'col_third', { search: 'x' }))).toBe(true)
  })

  it('covers the counts and every page that may show the contact, whatever the event leaves out', () => {
    const column = fc.option(
      fc.constantFrom('c1', 'c2', 'c3').map((id) => columnIdSchema.parse(id)),
      { nil: undefined },
    )
    const events = fc.record({
      action: fc.constantFrom(...invalidationActionSchema.options),
      boardId: fc.option(
        fc.constantFrom('b1', 'b2').map((id) => boardIdSchema.parse(id)),
        { nil: undefined },
      ),
      columnId: column,
      fromColumnId: column,
      toColumnId: column,
    })
    fc.assert(
      fc.property(events, (reported) => {
        const tags = tagsOf(event(JSON.parse(JSON.stringify(reported))))
        const boards = reported.boardId === undefined ? ['b1', 'b2'] : [reported.boardId]
        const named = [reported.columnId, reported.fromColumnId, reported.toColumnId].filter(
          (id) => id !== undefined,
        )
        for (const board of boards) {
          const columns = named.length === 0 ? [undefined, 'any'] : [undefined, ...named]
          const pages = columns.flatMap((column) => kindsOfPage.map((kind) => pageOf(board, column, kind)))
          expect(pages.filter((page) => !overlaps(tags, page))).toEqual([])
        }
        const counts = contactCounts.parse({ workspaceId }, {})
        expect(counts.ok && overlaps(tags, counts.value.tagsFor(null))).toBe(true)
      }),
    )
  })
})
