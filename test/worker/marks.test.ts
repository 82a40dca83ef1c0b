import { env, exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { type Mark, markAnswerSchema } from '../../shared/contract/marks.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

async function post(mark: unknown, key: string = workerTestBindings.INTERNAL_AUTH_KEY) {
  const response = await exports.default.fetch('https://boardcache.test/api/cache/marks', {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ mark }),
  })
  return { status: response.status, json: await response.json() }
}

const answerOf = (json: unknown) =>
  z.object({ success: z.literal(true), data: markAnswerSchema }).parse(json).data

const markAt = (at: number, changes: Partial<Mark> = {}) => ({
  ...{ at, database: '7:00000001', position: '0/1A2B', except: [] },
  ...changes,
})

it('a mark reaches the answers of a ledger, and not those of a workspace that it excepts', async () => {
  const { now } = answerOf((await post(null)).json)
  const taken = answerOf((await post(markAt(now, { except: [] }))).json)
  expect(taken.outcome).toBe('taken')
  const since = (workspace: string) => env.LEDGER.get(env.LEDGER.idFromName(workspace)).since(null, 0)
  expect((await since('15213')).provedAtMs).toBe(now)
  const later = answerOf(
    (await post(markAt(taken.now, { except: ['15214' as never], position: '0/1A2C' }))).json,
  )
  expect(later.outcome).toBe('taken')
  expect((await since('15215')).provedAtMs).toBe(taken.now)
  expect((await since('15214')).provedAtMs).toBe(now)
})

it('marks are accepted with the internal key alone, and only in their form', async () => {
  expect((await post(null, 'another key of some length')).status).toBe(401)
  for (const wrong of [
    markAt(-1),
    markAt(1, { database: '7' }),
    markAt(1, { position: '0/1a2b' }),
    { ...markAt(1), more: 1 },
  ]) {
    expect((await post(wrong)).status).toBe(400)
  }
})
