import type { Clock } from '../../shared/clock.ts'
import type { SourceName } from '../../shared/contract/tier-names.ts'
import type { Entry } from '../entry/entry.ts'
import type { Recorder } from '../events.ts'
import type { Proof, Views } from '../ledger/view.ts'
import type { TierSlot } from '../tiers/slots.ts'
import { type TierFailure, unaborted } from '../tiers/tier.ts'
import type { Judgement, Verdict } from './freshness.ts'
import { isBetter, judge } from './freshness.ts'
import type { Read } from './read-terms.ts'

/** An entry that may answer, with its verdict. */
export interface Candidate {
  readonly entry: Entry
  readonly verdict: Verdict
  readonly source: SourceName
}

/** One tier that a read tried, or the origin, with its result and duration. */
export interface Step {
  readonly name: string
  readonly said: Verdict | 'miss' | 'unreadable' | TierFailure['kind'] | 'loaded' | 'failed'
  readonly durationMs: number
}

export interface Found {
  readonly best: Candidate | null
  /** The position of the tier that had the best candidate; 0 is the nearest tier. */
  readonly depth: number
  readonly proof: Proof
}

export interface SearchOptions {
  readonly slots: readonly TierSlot[]
  readonly views: Views
  readonly clock: Clock
  readonly recorder: Recorder
}

/** A tier's answer, not yet judged. */
interface Look {
  readonly slot: TierSlot
  readonly entry: Entry | null
  /** Why there is no entry; null for a plain miss. */
  readonly failure: TierFailure['kind'] | 'unreadable' | null
  readonly durationMs: number
}

/** Reads the near tiers one after the other, while the view of the ledger may still be on its way. */
export async function lookNear(options: SearchOptions, read: Read): Promise<Look[]> {
  const looks: Look[] = []
  for (const [depth, slot] of options.slots.entries()) {
    if (depth > 0 && !slot.isNear) break
    const look = await lookInto(slot, read, options)
    looks.push(look)
    if (look.entry !== null) break
  }
  return looks
}

/** Reads tier after tier until one has a fresh entry, and keeps the best of the others as a fallback. */
export async function searchTiers(
  options: SearchOptions,
  read: Read,
  near: readonly Look[],
  proofAtFirst: Proof,
  lifetimeOf: (entry: Entry) => number,
  steps: Step[],
): Promise<Found> {
  const { slots, views, clock } = options
  let found: Found = { best: null, depth: 0, proof: proofAtFirst }
  for (const [depth, slot] of slots.entries()) {
    const { entry, failure, durationMs } = near[depth] ?? (await lookInto(slot, read, options))
    const step = (said: Step['said']) => steps.push({ name: slot.tier.name, said, durationMs })
    if (entry === null) {
      step(failure ?? 'miss')
      continue
    }
    const proof = await views.renewed(read.workspaceId, found.proof, read.keepAlive)
    const verdict = judge(entry, judgementOf(read, proof, clock, lifetimeOf(entry)))
    step(verdict)
    const isBest = isBetter(entry, verdict, found.best)
    found = isBest ? { best: { entry, verdict, source: slot.source }, depth, proof } : { ...found, proof }
    if (verdict === 'fresh') break
  }
  return found
}

/** The terms on which an entry is judged. If the ledger cannot be reached, its last known view is used. */
export function judgementOf(read: Read, proof: Proof, clock: Clock, lifetimeSeconds: number): Judgement {
  return {
    workspaceId: read.workspaceId,
    view: proof.ok ? proof.value : proof.error.last,
    nowMs: clock.now(),
    lifetimeSeconds,
  }
}

async function lookInto(
  slot: TierSlot,
  { key, isReadable }: Read,
  { clock, recorder }: SearchOptions,
): Promise<Look> {
  const startedAtMs = clock.now()
  const got = await slot.tier.get(key, unaborted())
  const durationMs = clock.now() - startedAtMs
  if (!got.ok) return { slot, entry: null, failure: got.error.kind, durationMs }
  const entry = got.value
  if (entry?.found !== true || isReadable(entry.body)) return { slot, entry, failure: null, durationMs }
  // Another release of the Worker left an entry of another shape. It is a miss in this tier; other tiers may have a readable one.
  recorder.record({ kind: 'unreadable-entry', tier: slot.tier.name })
  return { slot, entry: null, failure: 'unreadable', durationMs }
}
