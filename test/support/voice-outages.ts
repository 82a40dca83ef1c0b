import { setTimeout } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import type { TestStack } from './local-stack.ts'
import {
  type AnsweredCall,
  callerNumber,
  inParallel,
  makeLeads,
  type VoicePlatform,
  variablesIn,
} from './voice-calls.ts'

/** A piece of the stack that is taken away during calls, and brought back. */
export interface Outage {
  readonly name: string
  away(): unknown
  back(): unknown
}

/**
 * Each piece frozen, and each gone. The database is taken away with Supabase's interface in front of it, because Supabase Lite does
 * not survive the loss of Postgres during a query, and the relay makes queries all the time.
 */
export function outagesOf(stack: () => TestStack): readonly Outage[] {
  const pieces = () => stack().pieces
  return [
    { name: 'everything at hand', away: () => undefined, back: () => undefined },
    { name: 'Redis frozen', away: () => pieces().redis?.pause(), back: () => pieces().redis?.resume() },
    { name: 'Redis gone', away: () => pieces().redis?.kill(), back: () => pieces().redis?.start() },
    {
      name: 'the origin frozen',
      away: () => pieces().origin.pause(),
      back: () => pieces().origin.resume(),
    },
    { name: 'the origin gone', away: () => pieces().origin.kill(), back: () => pieces().origin.start() },
    {
      name: 'the database frozen',
      away: () => pieces().supabase.pause(),
      back: () => pieces().supabase.resume(),
    },
    {
      name: 'the database gone',
      away: () => pieces().supabase.kill(),
      back: () => pieces().supabase.start(),
    },
  ]
}

/** Memory and the edge cache are switched off, because they would answer before anything behind them. */
export const outageStack = {
  contacts: 500,
  hasNearTiers: false,
  workerVariables: {
    VOICE_RATE_LIMIT_NUMBER_MAX: '0',
    VOICE_RATE_LIMIT_ORGANIZATION_MAX: '0',
    LOG_LEVEL: 'silent',
  },
} as const

const leads = 20

/** The callers of an outage: cached leads, and as many numbers that nothing knows yet, so that they need what is away. */
export async function makeOutageCallers(stack: TestStack, platform: VoicePlatform) {
  await makeLeads(stack.sql, leads)
  let newcomer = leads
  return {
    /** Calls until every lead is answered from the cache. */
    async warmUp(): Promise<void> {
      await eventually(
        async () => {
          const answered = await inParallel(leads, 4, (index) => platform.call(callerNumber(index)))
          return answered.every((each) => variablesIn(each).context_source === 'cache')
        },
        { deadlineMs: 60_000 },
      )
    },
    /**
     * This many calls, with the least that a Worker can answer (`yardstick`) after each. Each of the callers at once waits until
     * `everyMs` have passed since its last call.
     */
    async call(count: number, atOnce: number, yardstick: () => Promise<AnsweredCall>, everyMs = 0) {
      return inParallel(count, atOnce, async (index) => {
        const pause = setTimeout(everyMs)
        newcomer += 1
        const isLead = index % 2 === 0
        const answered = await platform.call(callerNumber(isLead ? index % leads : newcomer))
        const { durationMs: yardstickMs } = await yardstick()
        await pause
        return { ...answered, isLead, yardstickMs }
      })
    },
  }
}
