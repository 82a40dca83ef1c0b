import { expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { createQuestionParser } from '../../../worker/routes/resources.ts'

const listAt = (search: string) => ({
  url: `https://cache.test/api/boards/b1/contacts?search=${search}`,
  path: { boardId: 'b1' },
})
const countsAt = {
  url: 'https://cache.test/api/cache-settings/workspace/15213/counts',
  path: { workspaceId: '15213' },
}

it('a URL is parsed once, whatever the resource', () => {
  const questionIn = createQuestionParser()
  const first = questionIn(contactList, listAt('a'))
  expect(first.ok && questionIn(contactList, listAt('a'))).toEqual(first)
  const counts = questionIn(contactCounts, countsAt)
  const again = questionIn(contactCounts, countsAt)
  expect(counts.ok && again.ok && counts.value === again.value).toBe(true)
  expect(first.ok && first.value.resource).toBe(contactList)
})

it('one memory serves all resources, bounded by the number of URLs and by their characters', () => {
  const questionIn = createQuestionParser()
  const counts = questionIn(contactCounts, countsAt)
  const isRemembered = () => {
    const again = questionIn(contactCounts, countsAt)
    return counts.ok && again.ok && counts.value === again.value
  }
  expect(isRemembered()).toBe(true)
  for (let each = 0; each < limits.isolateQuestionsMax; each += 1) questionIn(contactList, listAt(`s${each}`))
  expect(isRemembered()).toBe(false)

  const long = createQuestionParser()
  const first = long(contactCounts, countsAt)
  const urls = Math.ceil(limits.isolateQuestionUrlCharactersMax / limits.urlBytesMax) + 20
  for (let each = 0; each < urls; each += 1) {
    const { path } = listAt('s')
    long(contactList, {
      url: `https://cache.test/${'x'.repeat(limits.urlBytesMax - 100)}?search=${each}`,
      path,
    })
  }
  const later = long(contactCounts, countsAt)
  expect(first.ok && later.ok && first.value === later.value).toBe(false)
})
