import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import { createVoicePlatform, type VoicePlatform, variablesIn } from '../support/voice-calls.ts'
import { makeOutageCallers, outageStack, outagesOf } from '../support/voice-outages.ts'

/**
 * Calls while pieces of the real stack are frozen or gone (support/voice-outages.ts). How long an answer takes is measured by
 * `npm run bench:voice`, with 10,000 calls.
 */
let stack: TestStack
let platform: VoicePlatform
let callers: Awaited<ReturnType<typeof makeOutageCallers>>

const outages = outagesOf(() => stack)
const callsInAnOutage = 300
/** So that the machine of a test is not itself what is slow. */
const atOnce = 4

beforeAll(async () => {
  stack = await startTestStack(outageStack)
  platform = createVoicePlatform(stack.worker, stack.voiceWebhookSecret)
  callers = await makeOutageCallers(stack, platform)
})
afterAll(async () => {
  platform?.stop()
  await stack?.stop()
})

describe('every call is answered without waiting, with every variable and what is cached of a lead,', () => {
  it.each(outages)('with $name', async ({ away, back }) => {
    await callers.warmUp()
    await away()
    const answered = await callers.call(callsInAnOutage, atOnce, () => platform.yardstick())
    await back()
    expect(answered.filter(({ status }) => status !== 200)).toEqual([])
    const sources = answered.map((each) => variablesIn(each).context_source)
    const known = sources.filter((_source, index) => answered[index]?.isLead)
    expect(known.filter((source) => source === 'defaults').length).toBeLessThanOrEqual(known.length / 100)
    const p99Ms = percentile(
      answered.map(({ durationMs }) => durationMs),
      0.99,
    )
    // A call that waited for what is away would take at least the shortest deadline of a tier.
    expect(p99Ms).toBeLessThan(limits.redisDeadlineMs)
  })
})
