import { describe, expect, it } from 'vitest'
import { userIdSchema } from '../../../shared/ids.ts'
import { contactFilterSchema } from '../../../shared/resources/contacts/contact-list.ts'
import { contactListTags } from '../../../shared/resources/contacts/contact-list-tags.ts'
import { familyAt } from '../../../shared/tags/families.ts'
import type { Move } from '../../../shared/tags/moves.ts'
import { bucketMove, familyMove, placeMove, tagsMovedBy } from '../../../shared/tags/moves.ts'
import { allSlotsMask, placeSlotsMask, type SlotName, slotBit } from '../../../shared/tags/places.ts'
import { bucketTag } from '../../../shared/tags/tags.ts'
import { hasMoved } from '../../../worker/cache/freshness.ts'
import { entryOf, version, viewOf } from '../../support/entries.ts'

const owner = userIdSchema.parse('user-1')
const other = userIdSchema.parse('user-2')
type Filter = (typeof contactFilterSchema.options)[number]
type Facet = Exclude<SlotName, 'all' | 'time' | 'search' | 'board' | 'reported'>
const timeFilters: readonly Filter[] = ['new_customers', 'recent_activity']
const facets = contactFilterSchema.options.filter(
  (filter): filter is Facet => !['all', 'assigned_to_me', ...timeFilters].includes(filter),
)

interface Page {
  filter?: Filter
  columnId?: string | null
  search?: string | null
  boardId?: string
}

/** Whether a cached page is outdated once these moves are in the reader's view. */
function isOutdated(page: Page, moves: readonly Move[]): boolean {
  const whole = { boardId: 'b1', columnId: null, filter: 'all' as const, search: null, ...page }
  const entry = entryOf({
    tags: contactListTags(whole, whole.filter === 'assigned_to_me' ? owner : null),
    stamp: { ledgerId: 'ledger', version: version(5) },
  })
  return hasMoved(entry, viewOf(moves.flatMap(tagsMovedBy).map((tag) => [tag, 6] as const)))
}

/** The moves that the triggers write for a contact in a column, by the facets that it met before or meets now. */
function writeIn(columnId: string, facetsMet: readonly SlotName[], assignee: string | null = null): Move[] {
  const mask = [...facetsMet, 'all' as const, 'time' as const].reduce((sum, slot) => sum | slotBit(slot), 0)
  return [
    bucketMove('contact', 'k1'),
    placeMove('b1', null, mask | slotBit('search')),
    placeMove('b1', columnId, mask),
    ...(assignee === null ? [] : [bucketMove('user', assignee)]),
  ]
}

describe('a change of another facet leaves the pages of a filter cached', () => {
  it.each(facets)('%s', (filter) => {
    const others = facets.filter((facet) => facet !== filter)
    for (const columnId of [null, 'c1']) {
      expect(isOutdated({ filter, columnId }, writeIn('c1', others))).toBe(false)
      expect(isOutdated({ filter, columnId }, writeIn('c1', [filter]))).toBe(true)
    }
    expect(isOutdated({ filter, columnId: 'c2' }, writeIn('c1', facets))).toBe(false)
    expect(isOutdated({ filter, boardId: 'b2' }, writeIn('c1', facets))).toBe(false)
  })
})

describe('a page of a board', () => {
  it('without a filter is outdated by any write in its place', () => {
    expect(isOutdated({}, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ columnId: 'c1' }, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ columnId: 'c2' }, writeIn('c1', []))).toBe(false)
  })

  it.each(timeFilters)('of a filter by time is outdated by any write in its place: %s', (filter) => {
    // An example is the deletion of a contact that has left the window and is still on a cached page.
    expect(isOutdated({ filter }, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ filter, columnId: 'c1' }, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ filter, columnId: 'c2' }, writeIn('c1', facets))).toBe(false)
  })

  it.each(contactFilterSchema.options)('of a search is outdated by any write on the board: %s', (filter) => {
    // The total of a search in a column may be an estimate, for which rows of the whole board are sampled.
    for (const columnId of [null, 'c1', 'c2'])
      expect(isOutdated({ filter, columnId, search: 'x' }, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ filter, boardId: 'b2', search: 'x' }, writeIn('c1', facets))).toBe(false)
  })

  it("of one user's contacts is outdated by a write of a contact that is or was theirs, and by no other", () => {
    const own: Page = { filter: 'assigned_to_me' }
    expect(isOutdated(own, writeIn('c1', facets, owner))).toBe(true)
    expect(bucketTag('user', other)).not.toBe(bucketTag('user', owner))
    expect(isOutdated(own, writeIn('c1', facets, other))).toBe(false)
    expect(isOutdated(own, writeIn('c1', facets))).toBe(false)
    expect(isOutdated(own, [familyMove('user')])).toBe(true)
  })

  it.each(contactFilterSchema.options)(
    'is outdated by what concerns its board or all places: %s',
    (filter) => {
      for (const page of [{ filter }, { filter, columnId: 'c1' }, { filter, search: 'x', columnId: 'c1' }]) {
        expect(isOutdated(page, [placeMove('b1', null, slotBit('board'))])).toBe(true)
        expect(isOutdated(page, [familyMove('place')])).toBe(true)
        expect(isOutdated(page, [familyMove('workspace')])).toBe(true)
        expect(isOutdated(page, [familyMove('counts'), familyMove('settings'), familyMove('contact')])).toBe(
          false,
        )
      }
    },
  )

  it.each(contactFilterSchema.options)(
    'is outdated by an event that names its place and no facets: %s',
    (filter) => {
      const reported = [placeMove('b1', 'c1', placeSlotsMask), placeMove('b1', null, placeSlotsMask)]
      for (const columnId of [null, 'c1']) expect(isOutdated({ filter, columnId }, reported)).toBe(true)
      expect(isOutdated({ filter, columnId: 'c2' }, reported)).toBe(false)
      expect(isOutdated({ filter, columnId: 'c2' }, [placeMove('b1', null, allSlotsMask)])).toBe(true)
    },
  )

  it('depends on places, users and the workspace alone', () => {
    for (const filter of contactFilterSchema.options)
      for (const tag of contactListTags({ boardId: 'b1', columnId: 'c1', filter, search: null }, owner))
        expect(['workspace', 'place', 'user']).toContain(familyAt(tag).name)
  })
})
