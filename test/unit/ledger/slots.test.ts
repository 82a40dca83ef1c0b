import { describe, expect, it } from 'vitest'
import { userIdSchema } from '../../../shared/ids.ts'
import { contactFilterSchema } from '../../../shared/resources/contacts/contact-list.ts'
import { contactListTags, shownContactsTags } from '../../../shared/resources/contacts/contact-list-tags.ts'
import { familyAt } from '../../../shared/tags/families.ts'
import type { Move } from '../../../shared/tags/moves.ts'
import {
  bucketMove,
  familyMove,
  orderMove,
  placeMove,
  shownMoves,
  tagsMovedBy,
} from '../../../shared/tags/moves.ts'
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
  sortBy?: 'created_at' | 'updated_at' | 'name' | 'last_activity_at'
  /** The contacts that the page shows. */
  shows?: readonly string[]
}

const everything = {
  boardId: 'b1',
  columnId: null,
  filter: 'all',
  search: null,
  sortBy: 'created_at',
} as const

/** Whether a cached page is outdated once these moves are in the reader's view. */
function isOutdated(page: Page, moves: readonly Move[]): boolean {
  const { shows = ['k1'], ...asked } = page
  const whole = { ...everything, ...asked }
  const body = new TextEncoder().encode(JSON.stringify({ contacts: shows.map((id) => ({ id })) }))
  const ofQuestion = contactListTags(whole, whole.filter === 'assigned_to_me' ? owner : null)
  const entry = entryOf({
    tags: [...ofQuestion, ...shownContactsTags(whole, body)],
    stamp: { ledgerId: 'ledger', version: version(5) },
  })
  return hasMoved(entry, viewOf(moves.flatMap(tagsMovedBy).map((tag) => [tag, 6] as const)))
}

/** The moves that the triggers write for the contact `k1`, which comes into a column or leaves it, by the facets that it meets. */
function writeIn(columnId: string, facetsMet: readonly SlotName[], assignee: string | null = null): Move[] {
  const mask = maskOf([...facetsMet, 'all'])
  return [
    ...changeIn(columnId, facetsMet, assignee),
    orderMove('b1', null, mask),
    orderMove('b1', columnId, mask),
  ]
}

const maskOf = (names: readonly SlotName[]) => names.reduce((sum, slot) => sum | slotBit(slot), 0)

/** The same if the contact only changes, and stays in every list that it is in. */
function changeIn(columnId: string, facetsMet: readonly SlotName[], assignee: string | null = null): Move[] {
  const mask = maskOf([...facetsMet, 'all', 'time'])
  return [
    ...shownMoves('k1'),
    placeMove('b1', null, mask | slotBit('search')),
    placeMove('b1', columnId, mask),
    ...(assignee === null ? [] : [bucketMove('user', assignee)]),
  ]
}

describe('a contact that changes and stays in its lists', () => {
  it.each(['all', ...facets] as const)('outdates the page that shows it and no other page: %s', (filter) => {
    for (const columnId of [null, 'c1']) {
      const page = { filter, columnId }
      expect(isOutdated({ ...page, shows: ['k0', 'k1'] }, changeIn('c1', facets))).toBe(true)
      expect(isOutdated({ ...page, shows: ['k0', 'k2'] }, changeIn('c1', facets))).toBe(false)
      expect(isOutdated({ ...page, shows: [] }, changeIn('c1', facets))).toBe(false)
    }
  })

  it('outdates every page of its filter in another order, in which its position may change', () => {
    for (const sortBy of ['updated_at', 'name', 'last_activity_at'] as const)
      for (const filter of ['all', 'open'] as const)
        expect(isOutdated({ sortBy, filter, shows: ['k2'] }, changeIn('c1', ['open']))).toBe(true)
  })

  it('outdates no page by one of the two tags of a contact that it shows', () => {
    for (const move of shownMoves('k1')) expect(isOutdated({ shows: ['k1'] }, [move])).toBe(false)
  })

  it('outdates every page of its filter whose contacts cannot be read', () => {
    const tags = shownContactsTags(everything, new TextEncoder().encode('{"contacts":[{}]}'))
    const entry = entryOf({ tags, stamp: { ledgerId: 'ledger', version: version(5) } })
    const moved = changeIn('c1', []).flatMap(tagsMovedBy)
    expect(hasMoved(entry, viewOf(moved.map((tag) => [tag, 6] as const)))).toBe(true)
  })
})

describe('a change of another facet leaves the pages of a filter cached', () => {
  it.each(facets)('%s', (filter) => {
    const others = facets.filter((facet) => facet !== filter)
    for (const columnId of [null, 'c1']) {
      expect(isOutdated({ filter, columnId, shows: [] }, writeIn('c1', others))).toBe(false)
      expect(isOutdated({ filter, columnId }, writeIn('c1', [filter]))).toBe(true)
    }
    expect(isOutdated({ filter, columnId: 'c2', shows: [] }, writeIn('c1', facets))).toBe(false)
    expect(isOutdated({ filter, boardId: 'b2', shows: [] }, writeIn('c1', facets))).toBe(false)
  })
})

describe('a page of a board', () => {
  it('without a filter is outdated by any write in its place', () => {
    expect(isOutdated({}, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ columnId: 'c1' }, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ columnId: 'c2', shows: [] }, writeIn('c1', []))).toBe(false)
  })

  it.each(timeFilters)('of a filter by time is outdated by any write in its place: %s', (filter) => {
    // An example is the deletion of a contact that has left the window and is still on a cached page.
    expect(isOutdated({ filter }, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ filter, columnId: 'c1' }, writeIn('c1', []))).toBe(true)
    expect(isOutdated({ filter, columnId: 'c2', shows: [] }, writeIn('c1', facets))).toBe(false)
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
      const reported = [placeMove, orderMove].flatMap((move) => [
        move('b1', 'c1', placeSlotsMask),
        move('b1', null, placeSlotsMask),
      ])
      for (const columnId of [null, 'c1']) expect(isOutdated({ filter, columnId }, reported)).toBe(true)
      expect(isOutdated({ filter, columnId: 'c2' }, reported)).toBe(false)
      expect(isOutdated({ filter, columnId: 'c2' }, [placeMove('b1', null, allSlotsMask)])).toBe(true)
    },
  )

  it('depends on places, users and the workspace alone', () => {
    for (const filter of contactFilterSchema.options)
      for (const tag of contactListTags({ ...everything, columnId: 'c1', filter }, owner))
        expect(['workspace', 'place', 'user']).toContain(familyAt(tag).name)
  })
})
