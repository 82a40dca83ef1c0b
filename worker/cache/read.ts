import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Served, Source } from '../../shared/resources/resource.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Proof, Views } from '../ledger/view.ts'
import type { TierSlot } from '../tiers/slots.ts'
import type { Entry } from './entry.ts'
import { isBetter, judge, type Verdict } from './freshness.ts'
import type { CacheKey } from './key.ts'
import type { Loader } from './load.ts'
import type { Policy, Read, Wish } from './request.ts'
import type { Store } from './store.ts'

/** An entry that answers, and how that came about. */
export interface ReadAnswer {
  readonly entry: Entry
  readonly status: Served['status']
  readonly source: Source
  readonly lifetimeSeconds: number
  /** Whether the answer is proved current within the bound; if not, the caller is told. */
  readonly isProven: boolean
  readonly isCacheEnabled: boolean
  /** Milliseconds each tier took, in the order asked. */
  readonly timings: readonly (readonly [name: string, durationMs: number])[]
}

export type Reader = (read: Read) => Promise<Result<ReadAnswer, WireError>>

export interface ReaderOptions {
  readonly slots: readonly TierSlot[]
  readonly views: Views
  readonly load: Loader
  readonly store: Store
  readonly clock: Clock
}

interface Candidate {
  readonly entry: Entry
  readonly verdict: Verdict
  readonly source: Source
}

type Timings = [name: string, durationMs: number][]

const never = new AbortController().signal

/** One read on its way, and what is known of it so far. */
interface Passage {
  readonly options: ReaderOptions
  readonly read: Read
  readonly policy: Policy
  readonly timings: Timings
}

/**
 * All control flow of a read, in one direction: the view of the ledger and the first tier in parallel; the first
 * fresh entry answers; else the origin is asked; else the best entry that was kept aside answers and says so.
 */
export function createReader(options: ReaderOptions): Reader {
  return async function answer(read) {
    const timings: Timings = []
    const firstGet = read.isBypass ? null : getTimed(options, 0, read.key, timings)
    const [policy, proof] = await Promise.all([
      read.policy,
      options.views.current(read.workspaceId, read.wish.proof, read.keepAlive),
    ])
    const refusal = refuse(read.wish, proof)
    if (refusal !== null) return err(refusal)

    const passage = { options, read, policy, timings }
    if (read.isBypass || !policy.isEnabled) return answerPastTiers(passage, proof)
    const found = await searchTiers(passage, proof, firstGet)
    const answered = answerFromTiers(passage, found)
    if (answered !== null) return ok(answered)
    return read.wish.isOnlyIfCached ? err({ code: 'not_cached' }) : answerFromOrigin(passage, found)
  }
}

interface Found {
  readonly best: Candidate | null
  readonly proof: Proof
}

/** A fresh entry answers; an expired one too, refreshed in the background, unless the caller asked for more. */
function answerFromTiers({ options, read, ...passage }: Passage, { best, proof }: Found): ReadAnswer | null {
  if (best === null) return null
  if (best.verdict === 'fresh') return say(passage, best, proof.ok ? 'HIT' : 'STALE', proof.ok)
  const mayAnswer = read.wish.proof.kind === 'bounded' && read.wish.maxAgeSeconds === null
  if (best.verdict !== 'expired' || !mayAnswer) return null
  // Without the ledger a refresh could not be stamped, so it would be of no use to the next reader.
  if (proof.ok) read.keepAlive(options.load(read, proof, true))
  return say(passage, best, 'STALE', proof.ok)
}

async function answerFromOrigin(passage: Passage, { best, proof }: Found): ReturnType<Reader> {
  const { read } = passage
  const loaded = await loadTimed(passage, proof, !read.wish.isNoStore)
  if (loaded.ok) {
    const { entry, standing } = loaded.value
    return ok(
      say(passage, fromDatabase(entry), standing === 'overtaken' ? 'STALE' : 'MISS', standing === 'current'),
    )
  }
  // RFC 5861 section 4: what is stale answers when the origin fails; never where proof was asked for.
  const mayFallBack = read.wish.proof.kind === 'bounded' && wireErrors[loaded.error.code].status >= 500
  return best !== null && mayFallBack ? ok(say(passage, best, 'STALE', false)) : loaded
}

async function answerPastTiers(passage: Passage, proof: Proof): ReturnType<Reader> {
  const loaded = await loadTimed(passage, proof, false)
  if (!loaded.ok) return loaded
  return ok(say(passage, fromDatabase(loaded.value.entry), 'BYPASS', loaded.value.standing === 'current'))
}

function say(
  { policy, timings }: Pick<Passage, 'policy' | 'timings'>,
  { entry, source }: Candidate,
  status: Served['status'],
  isProven: boolean,
): ReadAnswer {
  const lifetimeSeconds = lifetimeOf(entry, policy)
  return { entry, status, source, lifetimeSeconds, isProven, isCacheEnabled: policy.isEnabled, timings }
}

/** Asks tier after tier until one has a fresh entry; the best of the others is kept aside. */
async function searchTiers(
  { options, read, policy, timings }: Passage,
  proofAtFirst: Proof,
  firstGet: ReturnType<TierSlot['tier']['get']> | null,
): Promise<Found> {
  const { slots, views, store, clock } = options
  let best: Candidate | null = null
  let proof = proofAtFirst
  for (const [depth, { source }] of slots.entries()) {
    const got = await (depth === 0 && firstGet !== null
      ? firstGet
      : getTimed(options, depth, read.key, timings))
    if (!got.ok || got.value === null) continue
    const entry = got.value
    proof = await views.renewed(read.workspaceId, proof, read.keepAlive)
    const verdict = judge(entry, {
      workspaceId: read.workspaceId,
      view: proof.ok ? proof.value : proof.error.last,
      nowMs: clock.now(),
      lifetimeSeconds: Math.min(
        lifetimeOf(entry, policy),
        read.wish.maxAgeSeconds ?? Number.POSITIVE_INFINITY,
      ),
    })
    if (isBetter(entry, verdict, best)) best = { entry, verdict, source }
    if (verdict === 'fresh') {
      if (depth > 0) read.keepAlive(store.promote(read.key, entry, depth))
      break
    }
  }
  return { best, proof }
}

async function getTimed({ slots, clock }: ReaderOptions, depth: number, key: CacheKey, timings: Timings) {
  const slot = slots[depth]
  if (slot === undefined) return ok(null)
  const askedAtMs = clock.now()
  const got = await slot.tier.get(key, never)
  timings.push([slot.tier.name, clock.now() - askedAtMs])
  return got
}

async function loadTimed(
  { options, read, timings }: Passage,
  proof: Proof,
  isStored: boolean,
): ReturnType<Loader> {
  const { clock } = options
  const askedAtMs = clock.now()
  const loaded = await options.load(read, proof, isStored)
  timings.push(['origin', clock.now() - askedAtMs])
  return loaded
}

function fromDatabase(entry: Entry): Candidate {
  return { entry, verdict: 'fresh', source: 'database' }
}

/** What asked for proof gets none without the ledger; and no proof exists of a version never handed out. */
function refuse({ proof: demand }: Wish, proof: Proof): WireError | null {
  if (demand.kind === 'bounded') return null
  if (!proof.ok) return { code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds }
  const { version = versionZero } = demand
  return proof.value.version < version ? { code: 'version_unknown' } : null
}

/** That something does not exist is believed for a shorter time than that it does. */
function lifetimeOf(entry: Entry, { lifetimeSeconds }: Policy): number {
  return entry.found ? lifetimeSeconds : Math.min(lifetimeSeconds, limits.notFoundLifetimeSeconds)
}
