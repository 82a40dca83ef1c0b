import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { CallStart, ConversationInitiation } from '../../shared/contract/voice.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import type { Lookups } from './gathering.ts'
import { defaultsBecause, gather, nothingYet } from './gathering.ts'
import { initiationOf } from './variables.ts'

/** A call that a verified platform is about to pick up. */
interface ComingCall {
  readonly startedAtMs: number
  /** The platform's request; an error if it has another form. */
  readonly body: Promise<Result<CallStart, WireError>>
  readonly lookups: Lookups
  keepAlive(work: Promise<unknown>): void
}

interface InitiationOptions {
  readonly clock: Clock
  readonly rateLimits: Pick<RateLimits, 'callNumber' | 'callOrganization'>
}

/**
 * Answers a call from what is known in time. The instant at which lookups end is counted from the arrival of the request and is
 * one for all of them, so that each has what those before it left. Lookups that come too late go on behind the answer and fill the
 * cache for the next call.
 */
export async function initiate(
  { clock, rateLimits }: InitiationOptions,
  { startedAtMs, body, lookups, keepAlive }: ComingCall,
): Promise<ConversationInitiation> {
  const gathered = nothingYet()
  let call: CallStart | null = null
  const gathering = async () => {
    const read = await body
    if (!read.ok) return void Object.assign(gathered, defaultsBecause('not_given'))
    call = read.value
    await gather(read.value, gathered, { lookups, rateLimits, keepAlive })
  }
  const leftMs = Math.max(0, startedAtMs + limits.voiceGatherMs - clock.now())
  const ended = gathering()
  keepAlive(ended)
  await withinDeadline(clock, leftMs, () => ended, undefined)
  return initiationOf(gathered, call, clock.now())
}
