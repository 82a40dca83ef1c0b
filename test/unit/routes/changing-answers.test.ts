import { expect, it } from 'vitest'
import { z } from 'zod'
import { defineResource } from '../../../shared/resources/resource.ts'
import { workspaceTag } from '../../../shared/tags/tags.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { answerOf } from '../../support/inquiries.ts'
import { createResourceDoor } from '../../support/resource-door.ts'

const hourMs = 3_600_000

/** An answer that is made from the same entry all day long and says whether it is morning or evening. */
const salute = defineResource({
  name: 'contact-list',
  summary: 'A salute',
  description: 'Depends on the time of day, which no entry holds.',
  route: '/api/salute',
  path: z.strictObject({}),
  query: z.strictObject({}),
  params: z.strictObject({}),
  data: z.object({ name: z.string() }),
  version: 1,
  callers: ['member'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 600,
  paramsOf: () => ({}),
  tags: () => [workspaceTag],
  presentation: {
    answer: z.object({ text: z.string() }),
    of: ({ name }, { retrievedAtMs }) => ({ text: `${partAt(retrievedAtMs)}, ${name}` }),
    changing: (_data, { retrievedAtMs }) => partAt(retrievedAtMs),
  },
  example: { path: {}, query: {}, data: { name: 'Ann' } },
})

const partAt = (atMs: number) => (new Date(atMs).getUTCHours() < 12 ? 'good "morning"' : 'good evening')

function createSend() {
  const clock = createFakeClock()
  const entry = entryOf({ body: new TextEncoder().encode('{"name":"Ann"}') })
  const ask = createResourceDoor(salute, clock, answerOf({ entry }))
  const send = async (etag?: string) => {
    const response = await ask('/api/salute', etag === undefined ? {} : { 'If-None-Match': etag })
    return { status: response.status, etag: response.headers.get('ETag') ?? '', text: await response.text() }
  }
  return { clock, send }
}

it('an answer that the time of day changes gets another ETag from the same entry, and a 304 only while it is the same', async () => {
  const { clock, send } = createSend()
  const untilMorning = (48 - new Date(clock.now()).getUTCHours()) % 24
  await clock.advance(untilMorning * hourMs)
  const morning = await send()
  expect(morning).toMatchObject({ status: 200, text: expect.stringContaining('morning') })
  await clock.advance(hourMs)
  expect(await send(morning.etag)).toMatchObject({ status: 304, etag: morning.etag, text: '' })

  await clock.advance(14 * hourMs)
  const evening = await send(morning.etag)
  expect(evening).toMatchObject({ status: 200, text: expect.stringContaining('good evening, Ann') })
  expect(evening.etag).not.toBe(morning.etag)
  expect((await send(evening.etag)).status).toBe(304)
})

it('an ETag has the form of RFC 9110 whatever text an answer changes with', async () => {
  const { clock, send } = createSend()
  for (const _ of [1, 2]) {
    const { etag } = await send()
    expect(etag).toMatch(/^W\/"[\x21\x23-\x7e]+"$/)
    await clock.advance(12 * hourMs)
  }
})
