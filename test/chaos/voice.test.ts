import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import {
  type AnsweredCall,
  callerNumber,
  createVoicePlatform,
  inParallel,
  makeLeads,
  type VoicePlatform,
  variablesIn,
} from '../support/voice-calls.ts'

/**
 * 10,000 calls while pieces of the real stack are frozen or gone. Half of the calls are from leads that are cached, the others from
 * numbers that nothing knows yet, so that they need what is away. Memory and the edge cache are switched off, because they would
 * answer before anything behind them. The database is taken away with Supabase's interface in front of it, because Supabase Lite
 * does not survive the loss of Postgres during a query, and the relay makes queries all the time.
 */
let stack: TestStack
let platform: VoicePlatform

const leads = 20
const callsInAState = 1_666
/** So that the machine of a test is not itself what is slow. */
const atOnce = 4
let newcomer = leads

beforeAll(async () => {
  stack = await startTestStack({
    contacts: 500,
    hasNearTiers: false,
    workerVariables: {
      VOICE_RATE_LIMIT_NUMBER_MAX: '0',
      VOICE_RATE_LIMIT_ORGANIZATION_MAX: '0',
      LOG_LEVEL: 'silent',
    },
  })
  await makeLeads(stack.sql, leads)
  platform = createVoicePlatform(stack.worker, stack.voiceWebhookSecret)
})
afterAll(async () => {
  platform?.stop()
  await stack?.stop()
})

const sourceOf = (answered: AnsweredCall) => variablesIn(answered).context_source

/** Every lead is in the cache. */
async function warmedUp(): Promise<void> {
  await eventually(
    async () => {
      const answered = await inParallel(leads, 4, (index) => platform.call(callerNumber(index)))
      return answered.every((each) => sourceOf(each) === 'cache')
    },
    { deadlineMs: 60_000 },
  )
}

async function callsOf(count: number) {
  return inParallel(count, atOnce, async (index) => {
    newcomer += 1
    const isLead = index % 2 === 0
    const answered = await platform.call(callerNumber(isLead ? index % leads : newcomer))
    const { durationMs: yardstickMs } = await platform.yardstick()
    return { ...answered, isLead, yardstickMs }
  })
}

const states: readonly [string, away: () => unknown, back: () => unknown][] = [
  ['with everything at hand', () => undefined, () => undefined],
  ['with Redis frozen', () => stack.pieces.redis?.pause(), () => stack.pieces.redis?.resume()],
  ['with the origin frozen', () => stack.pieces.origin.pause(), () => stack.pieces.origin.resume()],
  ['with the database frozen', () => stack.pieces.supabase.pause(), () => stack.pieces.supabase.resume()],
  ['with the origin killed', () => stack.pieces.origin.kill(), () => stack.pieces.origin.start()],
  ['with the database gone', () => stack.pieces.supabase.kill(), () => stack.pieces.supabase.start()],
]

describe('every call is answered in time, with every variable and what is cached of a lead,', () => {
  it.each(states)('%s', async (_state, away, back) => {
    await warmedUp()
    await away()
    const answered = await callsOf(callsInAState)
    await back()
    expect(answered.filter(({ status }) => status !== 200)).toEqual([])
    for (const each of answered) variablesIn(each)
    const known = answered.filter(({ isLead }) => isLead).map(sourceOf)
    expect(known.filter((source) => source === 'defaults').length).toBeLessThanOrEqual(known.length / 100)
    // How late the machine itself is with the least that the Worker can answer does not count.
    const ownMs = percentile(
      answered.map(({ yardstickMs }) => yardstickMs),
      0.99,
    )
    const p99Ms = percentile(
      answered.map(({ durationMs }) => durationMs),
      0.99,
    )
    expect(p99Ms - ownMs).toBeLessThanOrEqual(limits.voiceAnswerMs)
  })
})
