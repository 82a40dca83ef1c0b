import { expect, it } from 'vitest'
import { families } from '../../../shared/tags/families.ts'
import { slots } from '../../../shared/tags/places.ts'
import { nameOf, slotTag, tagAt } from '../../../shared/tags/tags.ts'
import { meaningOf } from '../../../worker/dashboard/src/inspector/tag-words.ts'

it('says what each family and each of its buckets stands for', () => {
  expect(meaningOf('workspace')).toBe('the whole workspace')
  expect(meaningOf('counts')).toBe('the contact counts')
  expect(meaningOf('contact')).toBe('all contacts')
  expect(meaningOf('contact#517')).toBe('a contact (bucket 517 of 1024)')
  expect(meaningOf('place#13.2')).toBe('a board or column: unassigned contacts (bucket 13 of 512)')
})

it('has words of its own for every family and for every slot of a board', () => {
  const meanings = families.map(({ name }) => meaningOf(name))
  expect(new Set(meanings).size).toBe(families.length)
  const ofSlots = slots.map((slot) => meaningOf(nameOf(slotTag('board_1', null, slot))))
  expect(new Set(ofSlots).size).toBe(slots.length)
})

it('knows every name that a tag has', () => {
  let offset = 0
  for (const { buckets, slots: slotsEach } of families) {
    for (const tag of [offset, offset + buckets * slotsEach])
      expect(meaningOf(nameOf(tagAt(tag)))).not.toContain('does not know')
    offset += 1 + buckets * slotsEach
  }
  expect(meaningOf('elsewhere#1')).toBe('a tag that this page does not know')
})
