import { expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { createUrlMemory } from '../../../worker/http/mount.ts'
import { resourceRoutes } from '../../../worker/routes/resources.ts'

const route = resourceRoutes.find(({ path }) => path === contactCounts.route)
if (route === undefined) throw new Error('the counts have a route')
const meaning = { route, param: () => ({}), question: contactCounts.questionOf({}) }

it('parsed URLs are remembered up to their number, whatever their routes', () => {
  const known = createUrlMemory()
  known.set('first', meaning)
  for (let each = 1; each < limits.isolateQuestionsMax; each += 1) known.set(`url-${each}`, meaning)
  expect(known.get('first')).toBe(meaning)
  known.set('one more', meaning)
  known.set('and another', meaning)
  expect(known.size).toBe(limits.isolateQuestionsMax)
})

it('fewer long URLs are remembered, by the sum of their characters', () => {
  const known = createUrlMemory()
  const long = 'x'.repeat(limits.urlBytesMax - 10)
  for (let each = 0; each < limits.isolateQuestionsMax; each += 1) known.set(`${long}${each}`, meaning)
  expect(known.calculatedSize).toBeLessThanOrEqual(limits.isolateQuestionUrlCharactersMax)
  expect(known.size).toBeLessThan(limits.isolateQuestionsMax)
})
