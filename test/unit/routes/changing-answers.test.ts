import { expect, it } from 'vitest'
import { z } from 'zod'
import { defineResource } from '../../../shared/resources/resource.ts'
import { ok } from '../../../shared/result.ts'
import { workspaceTag } from '../../../shared/tags/tags.ts'
import { createEntrance } from '../../../worker/http/entrance.ts'
import { createInside } from '../../../worker/http/mount.ts'
import { createPublicAnswers } from '../../../worker/http/public-answers.ts'
import { resourceRoute } from '../../../worker/routes/resources.ts'
import type { Services } from '../../../worker/services.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { answerOf } from '../../support/inquiries.ts'

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
  const services = {
    clock,
    config: { allowedOrigins: [], requestLog: { level: 'silent', sampleRate: 0 } },
    metrics: {
      recorder: { record: () => undefined },
      causes: { count: () => undefined },
      flushSoon: () => null,
    },
    bearer: { authenticate: () => ok({ userId: 'user-1', token: 't', workspaces: null, expiresAtMs: 0 }) },
    memberships: { roleOf: () => ok('member') },
    rateLimits: { user: null, workspace: null },
    answer: () => ok(answerOf({ entry: entryOf({ body: new TextEncoder().encode('{"name":"Ann"}') }) })),
  } as unknown as Services
  const enter = createEntrance(createInside([resourceRoute(salute)], [], createPublicAnswers(clock)))
  const send = async (etag?: string) => {
    const headers = { 'X-Workspace-ID': '15213', ...(etag === undefined ? {} : { 'If-None-Match': etag }) }
    const request = new Request('https://boardcache.test/api/salute', { headers })
    const response = await enter(request, () => services, null, { waitUntil: () => undefined })
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
