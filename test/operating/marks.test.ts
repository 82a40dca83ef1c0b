import { execFile } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
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
  await eventually(isMarking, { deadlineMs: 30_000 })
})

it('after a restore from a backup readers get what the database has, although nobody wrote it, and marks are taken again', async () => {
  const { postgres } = stack.pieces
  const folder = join(stack.logs, '..', 'postgres')
  const backup = `${folder}-backup`
  const renameTo = (name: string) => stack.sql`
    update contacts set name = ${name} where workspace_id = '15213' and id = ${contactId}`
  const isRead = (name: string, status?: string) =>
    eventually(
      async () => {
        const { contacts, _cache } = await stack.api().page('board_123', 'per_page=1')
        return contacts[0]?.name === name && (status === undefined || _cache.status === status)
      },
      { deadlineMs: 30_000 },
    )
  const contactId = (await stack.api().page('board_123', 'per_page=1')).contacts[0]?.id ?? ''

  await renameTo('In the backup')
  await isRead('In the backup')
  await postgres.stop()
  // The copy has to belong to the user of the server.
  await promisify(execFile)('cp', ['-a', folder, backup])
  await postgres.start()
  await renameTo('Lost')
  await isRead('Lost', 'HIT')
  await eventually(isMarking, { deadlineMs: 30_000 })

  await postgres.stop()
  await rename(folder, `${folder}-lost`)
  await rename(backup, folder)
  await writeFile(join(folder, 'standby.signal'), '')
  await postgres.start()
  await stack.sql`select pg_promote()`
  // Without marks the entry would have stayed for its lifetime of three minutes.
  await isRead('In the backup')
  await eventually(isMarking, { deadlineMs: 30_000 })
}, 120_000)

async function isMarking(): Promise<boolean> {
  const { text } = await ask(`${stack.origin}/health`)
  return originHealthSchema.parse(JSON.parse(text)).marks.status === 'running'
}
