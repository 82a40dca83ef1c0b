import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import type { ShadowOutcome } from '../../shared/contract/rollout.ts'
import { limits } from '../../shared/limits.ts'
import type { ResourceName } from '../../shared/resources/index.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Result } from '../../shared/result.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Recorder } from '../events.ts'
import type { Views } from '../ledger/view.ts'
import type { Inquiry } from './answer.ts'
import { type Compared, type CreateSuspicion, differenceBetween } from './comparison.ts'
import { hasMoved } from './freshness.ts'
import type { ReadAnswer } from './read.ts'
import type { ShadowRead } from './shadow-read.ts'
import { createSuspicions } from './suspicions.ts'
import type { SettleViolation } from './violations.ts'

interface ShadowOptions {
  readonly views: Views
  readonly recorder: Recorder
  readonly clock: Clock
  /** Makes a suspicion of a difference; null if there is no instant to judge it by. */
  readonly suspect: CreateSuspicion
  readonly violated: SettleViolation
}

/** Sees an answer of a workspace in shadow, or the failure to get an answer. */
export type SeeAnswer = (inquiry: Inquiry, answered: Result<ReadAnswer, WireError>) => void

/**
 * Creates the comparisons of shadow. Behind answers that the database gave to a workspace in shadow, the tiers are read and compared with them. A comparison
 * loads nothing: the database's answer is there already, and what the tiers lack they are given. There are few at once, one of a key, and none
 * for a while after the origin has failed.
 *
 * As with every comparison, a difference alone says nothing, since the relay may be late. It counts as a mismatch once a view proves an
 * instant after it in which nothing had moved.
 */
export function createShadow(options: ShadowOptions): SeeAnswer {
  const { recorder, clock, violated } = options
  const suspicions = createSuspicions(clock)
  /** The comparisons under way, and when each began. */
  const running = new Map<CacheKey, number>()
  let quietUntilMs = 0

  const count = (resource: string, outcome: ShadowOutcome, savedMs?: number) => {
    const saved = savedMs === undefined ? {} : { savedMs }
    const name = resourceNames.get(resource)
    if (name !== undefined) recorder.record({ kind: 'shadow', resource: name, outcome, ...saved })
  }

  function settle({ workspaceId, caller }: Inquiry, { view }: ReadAnswer): void {
    for (const { suspicion, outcome } of suspicions.settled(workspaceId, view)) {
      count(suspicion.resource, settledOutcomes[outcome])
      if (outcome === 'violated') caller.keepAlive(violated(suspicion))
    }
  }

  async function compare(inquiry: Inquiry, answered: ReadAnswer, shadow: ShadowRead): Promise<void> {
    const { resource } = inquiry.question
    const found = await shadow.search()
    if (found.entry === null) {
      count(resource.name, 'miss')
      await shadow.fill()
      return
    }
    if (suspicions.includes(found.entry)) return
    const compared = await judged(options, inquiry, answered.entry, found.entry)
    const savedMs = Math.max(0, shadow.loadMs - found.durationMs)
    if (compared.outcome !== 'differs') {
      count(resource.name, compared.outcome, compared.outcome === 'match' ? savedMs : undefined)
      return
    }
    const ages = { ageMs: Math.max(0, clock.now() - found.entry.createdAtMs), viewAgeMs: null }
    const suspicion = await options.suspect(inquiry, found.entry, { ...ages, places: compared.places })
    const dropped = suspicion === null ? 1 : suspicions.add(suspicion)
    for (let times = 0; times < dropped; times += 1) count(resource.name, 'unknown')
  }

  function begin(inquiry: Inquiry, answered: ReadAnswer, shadow: ShadowRead): void {
    const { key } = answered
    const nowMs = clock.now()
    // The platform may end a request with the comparison behind it, which then never ends by itself.
    for (const [each, atMs] of running) if (nowMs - atMs >= limits.shadowLostMs) running.delete(each)
    if (nowMs < quietUntilMs || running.has(key) || running.size >= limits.shadowAtOnceMax) {
      count(inquiry.question.resource.name, 'skipped')
      return
    }
    running.set(key, nowMs)
    inquiry.caller.keepAlive(compare(inquiry, answered, shadow).finally(() => running.delete(key)))
  }

  return (inquiry, answered) => {
    if (!answered.ok) {
      const isOutage = wireErrors[answered.error.code].status >= 500 && answered.error.code !== 'not_cached'
      if (isOutage) quietUntilMs = clock.now() + limits.shadowPauseMs
      return
    }
    settle(inquiry, answered.value)
    const { shadow } = answered.value
    if (shadow !== undefined) begin(inquiry, answered.value, shadow)
  }
}

/** The labels of the metrics are the names of declared resources, and nothing else. */
const resourceNames: ReadonlyMap<string, ResourceName> = new Map(resources.map(({ name }) => [name, name]))

const settledOutcomes = { excused: 'late', violated: 'mismatch', unknown: 'unknown' } as const

type Judged =
  | { readonly outcome: 'match' | 'late' | 'unknown' }
  | Extract<Compared, { readonly outcome: 'differs' }>

/**
 * Compares two entries of a key. If they differ, one of them may be the older one: the database's answer may have been overtaken
 * by a write that the tiers know already.
 */
async function judged(
  { views }: ShadowOptions,
  { workspaceId, question, caller }: Inquiry,
  loaded: Entry,
  held: Entry,
): Promise<Judged> {
  if (loaded.isPassing === true) return { outcome: 'unknown' }
  const compared = differenceBetween(question, held, loaded)
  if (compared.outcome !== 'differs')
    return { outcome: compared.outcome === 'consistent' ? 'match' : 'unknown' }
  const proof = await views.current(workspaceId, { kind: 'bounded' }, caller.keepAlive)
  if (!proof.ok) return { outcome: 'unknown' }
  const view = proof.value
  if (hasMoved(held, view) || hasMoved(loaded, view)) return { outcome: 'late' }
  const isKnown = held.stamp.version <= view.version && loaded.stamp.version <= view.version
  return isKnown ? compared : { outcome: 'unknown' }
}
