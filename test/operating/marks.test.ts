import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { originHealthSchema } from '../../shared/contract/origin.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 500 })
}, 120_000)

afterAll(async () => {
  await stack?.stop()
})

const pageSchema = z.object({
  data: z.object({ _cache: z.object({ status: z.string(), age: z.number(), proved_age: z.number() }) }),
})

/** A page that nobody writes, as a reader gets it, with its header. */
async function page() {
  const { status, headers, text } = await stack.api().get('/api/boards/board_123/contacts')
  if (status !== 200) throw new Error(text)
  return { ...pageSchema.parse(JSON.parse(text)).data._cache, header: Number(headers.get('Age')) }
}

it('an entry that nobody writes is proved current again and again, without a query', async () => {
  await page()
  const loads = await stack.queriesOf('contact-list')
  const proved = await eventually(
    async () => {
      const seen = await page()
      return seen.age >= 8 && seen.proved_age <= seen.age - 4 ? seen : false
    },
    { deadlineMs: 60_000, everyMs: 250 },
  )
  expect(proved).toMatchObject({ status: 'HIT', header: proved.proved_age })
  expect(await stack.queriesOf('contact-list')).toBe(loads)
})

it('the health of the origin says that marks are taken', async () => {
  await eventually(
    async () => {
      const { text } = await ask(`${stack.origin}/health`)
      return originHealthSchema.parse(JSON.parse(text)).marks.status === 'running'
    },
    { deadlineMs: 30_000 },
  )
})
