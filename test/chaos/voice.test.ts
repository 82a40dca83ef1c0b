import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import { createVoicePlatform, type VoicePlatform, variablesIn } from '../support/voice-calls.ts'
import { makeOutageCallers, outageStack, outagesOf } from '../support/voice-outages.ts'

/** 10,000 calls while pieces of the real stack are frozen or gone (support/voice-outages.ts). */
let stack: TestStack
let platform: VoicePlatform
let callers: Awaited<ReturnType<typeof makeOutageCallers>>

const outages = outagesOf(() => stack)
const callsInAnOutage = Math.ceil(10_000 / outages.length)
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

describe('every call is answered in time, with every variable and what is cached of a lead,', () => {
  it.each(outages)('with $name', async ({ away, back }) => {
    await callers.warmUp()
    await away()
    const answered = await callers.call(callsInAnOutage, atOnce, () => platform.yardstick())
    await back()
    expect(answered.filter(({ status }) => status !== 200)).toEqual([])
    const sources = answered.map((each) => variablesIn(each).context_source)
    const known = sources.filter((_source, index) => answered[index]?.isLead)
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
