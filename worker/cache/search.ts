import type { Awaitable } from '../../shared/awaitable.ts'
import { whenReady } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import type { SourceName } from '../../shared/contract/tier-names.ts'
import type { Entry } from '../entry/entry.ts'
import type { Recorder } from '../events.ts'
import type { Proof, Views } from '../ledger/view.ts'
import type { TierSlot } from '../tiers/slots.ts'
import type { TierFailure } from '../tiers/tier.ts'
import type { Judgement, Verdict } from './freshness.ts'
import { isBetter, judge } from './freshness.ts'
import type { Policy, Read } from './read-terms.ts'

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
  /** The entry that was judged, for an explanation. */
  readonly entry?: Entry
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
  /** How long past its lifetime an entry may answer if the origin fails, in seconds. */
  readonly staleIfErrorSeconds: number
}

/** A tier's answer, not yet judged. */
export interface Look {
  readonly slot: TierSlot
  readonly entry: Entry | null
  /** Why there is no entry; null for a plain miss. */
  readonly failure: TierFailure['kind'] | 'unreadable' | null
  readonly durationMs: number
}

/** Reads the near tiers one after the other, while the view of the ledger may still be on its way. */
export function lookNear(options: SearchOptions, read: Read, looks: Look[] = []): Awaitable<Look[]> {
  const slot = options.slots[looks.length]
  if (slot === undefined || (looks.length > 0 && !slot.isNear)) return looks
  return whenReady(lookInto(slot, read, options), (look) => {
    looks.push(look)
    return look.entry === null ? lookNear(options, read, looks) : looks
  })
}

/** The terms of one search through the tiers. */
interface Search {
  readonly options: SearchOptions
  readonly read: Read
  readonly policy: Policy
  /** The tiers that were read already, from the first on. */
  readonly near: readonly Look[]
  lifetimeOf(entry: Entry): number
  readonly steps: Step[]
}

/** Reads tier after tier until one has a fresh entry, and keeps the best of the others as a fallback. */
export function searchTiers(search: Search, proof: Proof): Awaitable<Found> {
  return searchFrom(search, 0, { best: null, depth: 0, proof })
}

function searchFrom(search: Search, depth: number, found: Found): Awaitable<Found> {
  const { options, read, near, steps } = search
  const slot = options.slots[depth]
  if (slot === undefined) return found
  return whenReady(near[depth] ?? lookInto(slot, read, options), ({ entry, failure, durationMs }) => {
    if (entry === null) {
      steps.push({ name: slot.tier.name, said: failure ?? 'miss', durationMs })
      return searchFrom(search, depth + 1, found)
    }
    return whenReady(options.views.renewed(read.workspaceId, found.proof, read.keepAlive), (proof) => {
      const verdict = judge(entry, judgementOf(search, proof, search.lifetimeOf(entry)))
      steps.push({ name: slot.tier.name, said: verdict, durationMs, entry })
      const isBest = isBetter(entry, verdict, found.best)
      const best = isBest ? { entry, verdict, source: slot.source } : found.best
      const next = { best, depth: isBest ? depth : found.depth, proof }
      return verdict === 'fresh' ? next : searchFrom(search, depth + 1, next)
    })
  })
}

/**
 * The terms on which an entry is judged. If the ledger cannot be reached, its last known view is used. `lifetimeSeconds` is the part of
 * the lifetime that this reader accepts.
 */
export function judgementOf(
  { options, read, policy }: Pick<Search, 'options' | 'read' | 'policy'>,
  proof: Proof,
  lifetimeSeconds: number,
): Judgement {
  return {
    workspaceId: read.workspaceId,
    key: read.key,
    view: proof.ok ? proof.value : proof.error.last,
    nowMs: options.clock.now(),
    changes: read.changes,
    lifetimeSeconds,
    usableSeconds: policy.lifetimeSeconds + options.staleIfErrorSeconds,
  }
}

/** Reads one tier. An entry of another shape is a miss. */
export function lookInto(
  slot: TierSlot,
  { key, isReadable }: Read,
  { clock, recorder }: SearchOptions,
): Awaitable<Look> {
  const startedAtMs = clock.now()
  return whenReady(slot.tier.get(key), (got) => {
    const durationMs = clock.now() - startedAtMs
    if (!got.ok) return { slot, entry: null, failure: got.error.kind, durationMs }
    const entry = got.value
    if (entry?.found !== true || isReadable(entry.body)) return { slot, entry, failure: null, durationMs }
    // Another release of the Worker left an entry of another shape. It is a miss in this tier; other tiers may have a readable one.
    recorder.record({ kind: 'unreadable-entry', tier: slot.tier.name })
    return { slot, entry: null, failure: 'unreadable', durationMs }
  })
}
