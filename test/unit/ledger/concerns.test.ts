import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type InvalidationEvent,
  invalidationActionSchema,
  invalidationEventSchema,
} from '../../../shared/contract/invalidation.ts'
import {
  boardIdSchema,
  columnIdSchema,
  contactIdSchema,
  segmentIdSchema,
  userIdSchema,
} from '../../../shared/ids.ts'
import { contact } from '../../../shared/resources/contacts/contact.ts'
import { contactByEmail } from '../../../shared/resources/contacts/contact-by-email.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactFilterSchema, contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { lead } from '../../../shared/resources/contacts/lead.ts'
import { leadByPhone } from '../../../shared/resources/contacts/lead-by-phone.ts'
import { leadContext } from '../../../shared/resources/conversations/lead-context.ts'
import { leadHistory } from '../../../shared/resources/conversations/lead-history.ts'
import { dashboard } from '../../../shared/resources/figures/dashboard.ts'
import { segmentCount } from '../../../shared/resources/figures/segment-count.ts'
import type { Question } from '../../../shared/resources/question.ts'
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
const { email } = contactByEmail.params.parse({ email: 'ann@example.com' })
/** The tags of an answer once it is loaded, with those of what it shows. */
const tagsOfLoaded = ({ resource, tagsFor }: Question, data: unknown) => [
  ...tagsFor(null),
  ...resource.embeddedTags(new TextEncoder().encode(JSON.stringify(data))),
]
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

  it('covers every answer that shows the contact, whatever is done to it, and conversations if it comes or goes', () => {
    const contactId = contactIdSchema.parse('contact_456')
    const shown = { ...lead.example.data.lead, id: contactId }
    const showing = [
      contact.questionOf({ id: contactId }).tagsFor(null),
      lead.questionOf({ id: contactId }).tagsFor(null),
      leadContext.questionOf({ id: contactId }).tagsFor(null),
      dashboard.questionOf({}).tagsFor(owner),
      segmentCount.questionOf({ id: segmentIdSchema.parse('segment_1') }).tagsFor(null),
      tagsOfLoaded(leadByPhone.questionOf({ phone: '+15550100123' }), { lead: shown, matches: 1 }),
      tagsOfLoaded(contactByEmail.questionOf({ email }), { contact: shown, matches: 1 }),
    ]
    const history = leadHistory
      .questionOf({ id: contactId, limit: 50, offset: 0, cursor: null })
      .tagsFor(null)
    for (const action of invalidationActionSchema.options.filter((each) => each.startsWith('contact'))) {
      const tags = tagsOf(event({ action, boardId: 'board_123', contactId, columnId: 'col_1' }))
      expect(showing.filter((each) => !overlaps(tags, each))).toEqual([])
      const comesOrGoes = ['contact_created', 'contact_deleted', 'contacts_imported'].includes(action)
      expect(overlaps(tags, history)).toBe(comesOrGoes)
    }
  })

  it('covers the lookups that find nothing yet when contacts come, and leaves them alone when one is moved', () => {
    const byPhone = leadByPhone.questionOf({ phone: '+15550100123' }).tagsFor(null)
    const byEmail = contactByEmail.questionOf({ email }).tagsFor(null)
    for (const lookup of [byPhone, byEmail]) {
      expect(overlaps(tagsOf(event({ action: 'contact_created', boardId: 'board_123' })), lookup)).toBe(true)
      expect(overlaps(tagsOf(moved), lookup)).toBe(false)
    }
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
