import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { invalidationActionSchema, invalidationEventSchema } from '../../../shared/contract/invalidation.ts'
import { boardIdSchema, columnIdSchema } from '../../../shared/ids.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { patternsOf, tagsOf } from '../../../worker/ledger/tags.ts'
import { workspaceId } from '../../support/entries.ts'

const event = (fields: object) => invalidationEventSchema.parse(fields)
const moved = event({
  action: 'contact_moved',
  boardId: 'board_123',
  contactId: 'contact_456',
  fromColumnId: 'col_old',
  toColumnId: 'col_new',
})

const pageOf = (boardId: string, columnId?: string) => {
  const asked = contactList.ask({ boardId }, columnId === undefined ? {} : { column_id: columnId })
  if (!asked.ok) throw new Error('the question is valid')
  return asked.value.tags
}
const overlaps = (one: readonly string[], other: readonly string[]) => one.some((tag) => other.includes(tag))

describe('what an event moves on', () => {
  it('is, for a move, both columns, the open list and the counts, as SPEC 4 shows it', () => {
    expect(tagsOf(moved)).toHaveLength(4)
    expect(patternsOf(workspaceId, tagsOf(moved))).toEqual(['contacts:15213:board_123:*', 'counts:15213:*'])
  })

  it("leaves a third column's pages and other boards alone", () => {
    expect(overlaps(tagsOf(moved), pageOf('board_123', 'col_old'))).toBe(true)
    expect(overlaps(tagsOf(moved), pageOf('board_123', 'col_new'))).toBe(true)
    expect(overlaps(tagsOf(moved), pageOf('board_123'))).toBe(true)
    expect(overlaps(tagsOf(moved), pageOf('board_123', 'col_third'))).toBe(false)
    expect(overlaps(tagsOf(moved), pageOf('board_1'))).toBe(false)
  })

  it('covers every page the contact can stand on and the counts, whatever the event leaves out', () => {
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
      fc.property(events, (asked) => {
        const tags = tagsOf(event(JSON.parse(JSON.stringify(asked))))
        const boards = asked.boardId === undefined ? ['b1', 'b2'] : [asked.boardId]
        const named = [asked.columnId, asked.fromColumnId, asked.toColumnId].filter((id) => id !== undefined)
        for (const board of boards) {
          expect(overlaps(tags, pageOf(board))).toBe(true)
          for (const id of named) expect(overlaps(tags, pageOf(board, id))).toBe(true)
          if (named.length === 0) expect(overlaps(tags, pageOf(board, 'any'))).toBe(true)
        }
        const counts = contactCounts.ask({ workspaceId }, {})
        expect(counts.ok && overlaps(tags, counts.value.tags)).toBe(true)
      }),
    )
  })
})
