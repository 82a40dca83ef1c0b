import { LRUCache } from 'lru-cache'
import type { Awaitable } from '../../shared/awaitable.ts'
import { whenReady } from '../../shared/awaitable.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import type { RolloutState } from '../../shared/contract/rollout-state.ts'
import type { SourceName } from '../../shared/contract/tier-names.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Served } from '../../shared/resources/served.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Proof, View } from '../ledger/view.ts'
import { currentAtMs, expiredForSeconds, isDueEarly, isOver } from './freshness.ts'
import type { Keeping, LoadEntry, Loaded } from './load.ts'
import type { Policy, Read } from './read-terms.ts'
import type { Candidate, Found, Look, SearchOptions, Step } from './search.ts'
import { judgementOf, lookNear, searchTiers } from './search.ts'
import { rolloutBy, type ShadowRead, shadowReadOf } from './shadow-read.ts'
import { lookIntoAll, type TierLook } from './side-by-side.ts'
import type { Store } from './store.ts'
import type { Wish } from './wish.ts'

/** Why an answer could not be proved current. */
type Doubt = 'ledger-unreachable' | 'origin-failed' | 'overtaken'

/** The entry that answers a read, and how it was found. */
export interface ReadAnswer {
  readonly entry: Entry
  /** The key of the entry. */
  readonly key: CacheKey
  readonly status: Served['status']
  readonly source: SourceName
  readonly lifetimeSeconds: number
  /**
   * Why the entry could not be proved current; the answer tells the caller. Null if it was proved current within the staleness
   * bound, also if it is past its lifetime.
   */
  readonly doubt: Doubt | null
  /** Whether the tiers may answer, by the workspace's settings and by the rollout. */
  readonly isCacheEnabled: boolean
  /** How the rollout has the workspace answered. If not `on`, the database answered. */
  readonly rollout: RolloutState
  /** With `shadow`: what the tiers would have said, for a comparison behind the answer. */
  readonly shadow?: ShadowRead
  /** The tiers and the origin that were tried on the way, in order. */
  readonly steps: readonly Step[]
  /** The view that the entry was judged by; null if the ledger never answered. */
  readonly view: View | null
  /** The last instant at which the entry is known to have equalled the database. */
  readonly currentAtMs: number
  /** Every tier with its entry of the key, from near to far, if the read is to be explained. */
  readonly tiers?: readonly TierLook[]
}

export type Reader = (read: Read) => Awaitable<Result<ReadAnswer, WireError>>

interface ReaderOptions extends SearchOptions {
  readonly load: LoadEntry
  readonly store: Store
  /** Uniform in [0, 1). */
  random(): number
}

/** The state of one read. */
interface Passage {
  readonly options: ReaderOptions
  /** While an instant is in the future, readers that hold an older entry of its key do not wait for the origin. */
  readonly overdue: LRUCache<CacheKey, number>
  /** The workspaces that the database answered last, because of the rollout. Near tiers are not read for them ahead of the view. */
  readonly pastTiers: Set<WorkspaceId>
  readonly read: Read
  readonly policy: Policy
  readonly steps: Step[]
}

/**
 * Creates the reader, which has the whole control flow of a read. The near tiers are read while the view of the ledger is being
 * fetched. The first fresh entry answers. If there is none, the origin loads one. If that fails, the best older entry answers,
 * and the answer says so.
 */
export function createReader(options: ReaderOptions): Reader {
  const overdue = new LRUCache<CacheKey, number>({ max: limits.isolateOverdueMax })
  const pastTiers = new Set<WorkspaceId>()
  return function answer(read) {
    // All of these begin before any of them is waited for. On a hit in memory all of them are at hand.
    const looking = read.isBypass || isPastTiers(pastTiers, read) ? [] : lookNear(options, read)
    const proving = options.views.current(read.workspaceId, read.wish.proof, read.keepAlive)
    return whenReady(looking, (near) =>
      whenReady(read.policy, (policy) =>
        whenReady(proving, (proof) => {
          const passage = { options, overdue, pastTiers, read, policy, steps: [] }
          const answered = answerUnder(passage, near, proof)
          return read.wish.isExplained === true ? withTiers(passage, answered, proof) : answered
        }),
      ),
    )
  }
}

/** There is hardly ever such a workspace, and this runs on every read. */
function isPastTiers(pastTiers: Passage['pastTiers'], { workspaceId }: Read): boolean {
  return pastTiers.size > 0 && pastTiers.has(workspaceId)
}

/** If there are too many, all are forgotten: their next reads look into the near tiers once more, and drop what they find. */
function notePastTiers({ pastTiers, read }: Passage): void {
  if (pastTiers.size >= limits.isolateViewsMax) pastTiers.clear()
  pastTiers.add(read.workspaceId)
}

/** Adds the entries of all tiers to an answer. Tiers that it did not need are read now, behind everything that it waited for. */
async function withTiers(
  passage: Passage,
  answering: ReturnType<Reader>,
  proof: Proof,
): Promise<Awaited<ReturnType<Reader>>> {
  const answered = await answering
  if (!answered.ok) return answered
  const { read, policy, options, steps } = passage
  const judgement = judgementOf(passage, proof, policy.lifetimeSeconds)
  return ok({ ...answered.value, tiers: await lookIntoAll({ options, read, steps, judgement }) })
}

function answerUnder(passage: Passage, near: readonly Look[], proof: Proof): ReturnType<Reader> {
  const { options, read, policy, steps } = passage
  const refusal = refuse(read.wish, proof)
  if (refusal !== null) return err(refusal)
  const isOn = rolloutBy(proof) === 'on'
  if (isOn && isPastTiers(passage.pastTiers, read)) passage.pastTiers.delete(read.workspaceId)
  if (read.isBypass || !policy.isEnabled || !isOn) return answerPastTiers(passage, proof)
  const search = { options, read, policy, near, steps, lifetimeOf: () => wishedLifetime(passage) }
  return whenReady(searchTiers(search, proof), (found) => {
    // A slow tier may have taken so long that the view was renewed, and the rollout changed.
    if (found.proof !== proof && rolloutBy(found.proof) !== 'on') return answerPastTiers(passage, found.proof)
    const answered = answerFromTiers(passage, found)
    if (answered !== null) return ok(answered)
    return read.wish.isOnlyIfCached ? err({ code: 'not_cached' }) : answerFromOrigin(passage, found)
  })
}

/** A fresh entry answers. An expired one answers too and is refreshed in the background, unless the caller's wish forbids it. */
function answerFromTiers(passage: Passage, { best, depth, proof }: Found): ReadAnswer | null {
  if (best === null) return null
  const { options, read } = passage
  const judgement = judgementOf(passage, proof, passage.policy.lifetimeSeconds)
  // The entry was usable when it was found, but the read may have waited for other tiers since then.
  if (isOver(best.entry, judgement)) return null
  if (best.verdict === 'fresh') {
    if (depth > 0) read.keepAlive(options.store.promote(read.key, best.entry, depth))
    if (proof.ok && isDueEarly(best.entry, judgement, options.random()))
      read.keepAlive(refreshEarly(passage, best.entry, depth, proof))
    return say(passage, best, proof, proof.ok ? 'HIT' : 'STALE', doubtOf(proof))
  }
  const mayAnswer = best.verdict === 'expired' && read.wish.proof.kind === 'bounded'
  const staleSeconds = expiredForSeconds(best.entry, {
    ...judgement,
    lifetimeSeconds: wishedLifetime(passage),
  })
  if (!mayAnswer || staleSeconds > acceptedStaleSeconds(read.wish)) return null
  // Without the ledger the refreshed entry would have no stamp, and the next reader could not use it.
  if (proof.ok) refresh(passage, proof)
  return say(passage, best, proof, 'STALE', doubtOf(proof))
}

/** Loads the entry behind the answer. Readers that need the same entry meanwhile join this load. */
function refresh({ options, read }: Passage, proof: Proof): void {
  read.keepAlive(options.load(read, proof, 'stored'))
}

/**
 * Replaces an entry before its lifetime ends. Every isolate that uses the entry may get here, so it first looks for a newer
 * entry in the farther tiers, which other isolates share. So one isolate loads it from the origin and the others find it there.
 */
async function refreshEarly(passage: Passage, held: Entry, depth: number, proof: Proof): Promise<void> {
  const { options, read, policy } = passage
  const shared = options.slots.slice(depth + 1)
  const lifetimeOfNewer = (entry: Entry) =>
    entry.createdAtMs > held.createdAtMs ? policy.lifetimeSeconds : 0
  const search = { options: { ...options, slots: shared }, read, policy, near: [], steps: [] }
  const found = await searchTiers({ ...search, lifetimeOf: lifetimeOfNewer }, proof)
  if (found.best?.verdict !== 'fresh') return refresh(passage, found.proof)
  await options.store.promote(read.key, found.best.entry, depth + 1 + found.depth)
}

async function answerFromOrigin(passage: Passage, found: Found): Promise<Awaited<ReturnType<Reader>>> {
  const { read } = passage
  const { proof } = found
  // The ledger may have become unreachable while the tiers were read. A load without a stamp proves nothing.
  const refusal = refuse(read.wish, proof)
  if (refusal !== null) return err(refusal)
  const patienceMs = fallbackOf(passage, found) === null ? null : fallbackPatienceMs(passage)
  const loaded = await loadTimed(passage, proof, read.wish.isNoStore ? 'passing' : 'stored', patienceMs)
  if (loaded.ok) {
    const { entry, certainty } = loaded.value
    const status = certainty === 'overtaken' ? 'STALE' : 'MISS'
    return ok(say(passage, fromDatabase(entry), proof, status, doubts[certainty]))
  }
  if (wireErrors[loaded.error.code].status < 500) return loaded
  const fallback = fallbackOf(passage, found)
  if (fallback === null) return loaded
  // The wait may have outlasted the bound, within which a change of the rollout is in force.
  const renewed = await passage.options.views.renewed(read.workspaceId, proof, read.keepAlive)
  return rolloutBy(renewed) !== 'on'
    ? loaded
    : ok(say(passage, fallback, proof, 'STALE', doubtOf(proof) ?? 'origin-failed'))
}

/**
 * The older entry that answers if the origin fails (RFC 5861 section 4), or null. There is none if the caller demands proof, if
 * the entry is past its last usable instant, or if it is staler than the caller accepts. It is judged again after the wait for
 * the origin, because it may have ended meanwhile.
 */
function fallbackOf(passage: Passage, { best, proof }: Found): Candidate | null {
  const { read, policy } = passage
  if (best === null || read.wish.proof.kind !== 'bounded') return null
  const judgement = judgementOf(passage, proof, policy.lifetimeSeconds)
  if (isOver(best.entry, judgement)) return null
  const staleMaxSeconds = read.wish.staleIfErrorSeconds ?? Number.POSITIVE_INFINITY
  return expiredForSeconds(best.entry, judgement) > staleMaxSeconds ? null : best
}

/**
 * The database answers. If it does so because of the rollout, everybody reads past the tiers, so readers of a key share queries for a
 * moment longer than those who asked for the database.
 */
async function answerPastTiers(passage: Passage, proof: Proof): Promise<Awaited<ReturnType<Reader>>> {
  const { read, policy, options } = passage
  if (read.wish.isOnlyIfCached) return err({ code: 'not_cached' })
  const isWanted = read.isBypass || !policy.isEnabled
  const rollout = rolloutBy(proof)
  if (rollout !== 'on') notePastTiers(passage)
  const startedAtMs = options.clock.now()
  const loaded = await loadTimed(passage, proof, isWanted ? 'passing' : 'lingering', null)
  if (!loaded.ok) return isWanted ? loaded : err(spread(loaded.error, options.random()))
  const { entry, certainty } = loaded.value
  const answered = say(passage, fromDatabase(entry), proof, 'BYPASS', doubts[certainty])
  const isCompared = rollout === 'shadow' && !isWanted && !read.wish.isNoStore
  if (!isCompared || certainty !== 'current') return ok(answered)
  const terms = { options, read, policy, lifetimeSeconds: wishedLifetime(passage) }
  const loadMs = options.clock.now() - startedAtMs
  return ok({ ...answered, shadow: shadowReadOf(terms, entry, proof, loadMs) })
}

/** The 503 of a crowd that the tiers do not answer: its readers come back at different times. `chance` is uniform in [0, 1). */
function spread(error: WireError, chance: number): WireError {
  if (wireErrors[error.code].status !== 503) return error
  const leastSeconds = error.retryAfterSeconds ?? limits.retryAfterSeconds
  return { ...error, retryAfterSeconds: leastSeconds + Math.floor(chance * limits.rolloutRetrySpreadSeconds) }
}

const doubts: Readonly<Record<Loaded['certainty'], Doubt | null>> = {
  current: null,
  unproven: 'ledger-unreachable',
  overtaken: 'overtaken',
}

function doubtOf(proof: Proof): Doubt | null {
  return proof.ok ? null : 'ledger-unreachable'
}

function say(
  { options, read, policy, steps }: Passage,
  { entry, source }: Candidate,
  proof: Proof,
  status: Served['status'],
  doubt: Doubt | null,
): ReadAnswer {
  const view = proof.ok ? proof.value : proof.error.last
  const rollout = rolloutBy(proof)
  return {
    entry,
    key: read.key,
    status,
    source,
    lifetimeSeconds: policy.lifetimeSeconds,
    doubt,
    isCacheEnabled: policy.isEnabled && rollout === 'on',
    rollout,
    steps,
    view,
    currentAtMs: currentAtMs(entry, { view, nowMs: options.clock.now(), changes: read.changes }),
  }
}

/** How long a reader with an older entry waits for the origin, in milliseconds: 0 while the origin is late with the same key. */
function fallbackPatienceMs({ options, overdue, read }: Passage): number {
  const untilMs = overdue.get(read.key) ?? 0
  return options.clock.now() < untilMs ? 0 : (read.wish.patienceMs ?? limits.fallbackPatienceMs)
}

/** Loads the entry. If `patienceMs` is given, the reader waits no longer than that, and the load goes on behind the answer. */
async function loadTimed(
  { options, overdue, read, steps }: Passage,
  proof: Proof,
  keeping: Keeping,
  patienceMs: number | null,
): ReturnType<LoadEntry> {
  const { clock, load } = options
  const startedAtMs = clock.now()
  const loading = load(read, proof, keeping)
  if (patienceMs !== null) read.keepAlive(loading)
  const loaded = await (patienceMs === null
    ? loading
    : withinDeadline(clock, patienceMs, () => loading, late))
  if (loaded !== late) overdue.delete(read.key)
  // That a caller cannot wait says nothing about the origin, so it shortens nobody else's wait.
  else if (read.wish.patienceMs === undefined) overdue.set(read.key, clock.now() + limits.overduePauseMs)
  steps.push({ name: 'origin', said: loaded.ok ? 'loaded' : 'failed', durationMs: clock.now() - startedAtMs })
  return loaded
}

const late: Awaited<ReturnType<LoadEntry>> = err({ code: 'origin_timeout' })

function fromDatabase(entry: Entry): Candidate {
  return { entry, verdict: 'fresh', source: 'database' }
}

/** The error of a demand that cannot be met: proof without the ledger, or a version that the ledger never handed out. */
function refuse({ proof: demand }: Wish, proof: Proof): WireError | null {
  if (demand.kind === 'bounded') return null
  if (!proof.ok) return { code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds }
  const { version = versionZero } = demand
  return proof.value.version < version ? { code: 'version_unknown' } : null
}

/** The part of an entry's lifetime in which it is fresh enough for this caller, in seconds. */
function wishedLifetime({ policy, read: { wish } }: Passage): number {
  const { maxAgeSeconds, minFreshSeconds } = wish
  const ofItsOwn = policy.lifetimeSeconds - (minFreshSeconds ?? 0)
  return Math.min(ofItsOwn, maxAgeSeconds ?? Number.POSITIVE_INFINITY)
}

/** How long past that an entry may answer while it is refreshed, in seconds. There is no limit unless the caller set one. */
function acceptedStaleSeconds({ maxStaleSeconds, maxAgeSeconds, minFreshSeconds }: Wish): number {
  if (maxStaleSeconds !== null) return maxStaleSeconds
  return maxAgeSeconds === null && minFreshSeconds === null ? Number.POSITIVE_INFINITY : 0
}
