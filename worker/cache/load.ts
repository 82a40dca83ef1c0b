import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'
import type { Entry, Stamp } from '../entry/entry.ts'
import type { Proof, View, Views } from '../ledger/view.ts'
import { hasMoved } from './freshness.ts'
import type { Policy, Read } from './read-terms.ts'
import type { Store } from './store.ts'

/** An entry that was loaded from the origin. */
export interface Loaded {
  readonly entry: Entry
  /**
   * `current`: proved current. `unproven`: the ledger could not be reached. `overtaken`: one of its tags moved during each of
   * the attempts.
   */
  readonly certainty: 'current' | 'unproven' | 'overtaken'
}

/**
 * The use of a loaded entry. `stored`: the tiers store it. `passing`: it answers the readers that wait for it. `lingering`: it also
 * answers those who come shortly after, if nothing moved.
 */
export type Keeping = 'stored' | 'passing' | 'lingering'

export type LoadEntry = (read: Read, proof: Proof, keeping: Keeping) => Promise<Result<Loaded, WireError>>

interface LoadOptions {
  readonly views: Views
  readonly store: Store
  readonly clock: Clock
  readonly staleIfErrorSeconds: number
  /** The ETag of a body: equal bytes give equal ETags. */
  etagOf(body: Uint8Array): Promise<string>
}

/** The stamp of an entry that is loaded while the ledger cannot be reached. The entry answers once and is not stored. */
const unstamped: Stamp = { ledgerId: '', version: versionZero }

/** The properties of a load in flight, by which another reader decides whether to join it. */
interface Terms extends Pick<Entry, 'workspaceId' | 'stamp'> {
  readonly startedAtMs: number
  /** The tags of the question; once the load has ended, the tags of its entry. */
  tags: Entry['tags']
}

/**
 * Creates the function that loads entries from the origin. The stamp is the view's version from *before* the call. A tag that is
 * invalidated while the origin answers moves past that stamp, so a slow load can never count as current later.
 */
export function createLoadEntry(options: LoadOptions): LoadEntry {
  const { views, store, clock } = options
  const flights = createFlights(clock)

  /** Loads an entry, or joins the load of the same key in flight if none of its tags moved past its stamp in the reader's view. */
  async function load(read: Read, view: View | null, keeping: Keeping): Promise<Result<Entry, WireError>> {
    const stamp = view === null ? unstamped : { ledgerId: view.ledgerId, version: view.version }
    const isKept = keeping === 'stored' && view !== null
    const terms: Terms = { workspaceId: read.workspaceId, stamp, startedAtMs: clock.now(), tags: read.tags }
    const run = async () => {
      const fetched = await fetchEntry(options, read, stamp)
      if (fetched.ok) terms.tags = fetched.value.tags
      if (fetched.ok && isKept) read.keepAlive(store.fill(read.key, fetched.value, read.reach))
      return fetched
    }
    const oldestMs = clock.now() - (read.wish.maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000
    // The key names the workspace already. The check guards tenants against an error in the key.
    const isAcceptable = (underWay: Terms) =>
      underWay.workspaceId === read.workspaceId &&
      underWay.startedAtMs > oldestMs &&
      (view === null || !hasMoved(underWay, view))
    const { key, keepAlive } = read
    const kind = view === null ? 'unproven' : keeping
    const shared = await flights[kind].share(key, terms, isAcceptable, run, keepAlive)
    // The origin may have refused the leader because of its own token, so this caller tries with its own.
    const isLeadersRefusal =
      !shared.hasLed && !shared.value.ok && wireErrors[shared.value.error.code].status < 500
    return isLeadersRefusal ? run() : shared.value
  }

  return async function loadCurrent(read, proofAtFirst, keeping) {
    let proof = proofAtFirst
    for (let attempt = 1; ; attempt += 1) {
      const view = proof.ok ? proof.value : null
      const loaded = await load(read, view, keeping)
      if (!loaded.ok) return loaded
      const entry = loaded.value
      proof = await views.renewed(read.workspaceId, proof, read.keepAlive)
      if (view === null || !proof.ok) return ok({ entry, certainty: 'unproven' })
      if (!hasMoved(entry, proof.value)) return ok({ entry, certainty: 'current' })
      if (attempt === limits.loadAttemptsMax) return ok({ entry, certainty: 'overtaken' })
    }
  }
}

/** The loads in flight, by what becomes possible with their entry. A load without a proof is shared with no other. */
function createFlights(clock: Clock) {
  const patienceMs = limits.originDeadlineMs
  const create = (more: { lingers?: typeof isSmall; lingerMs?: number }) =>
    createSingleFlight<Terms, Result<Entry, WireError>>({ clock, patienceMs, ...more })
  return {
    unproven: create({}),
    passing: create({}),
    // The result lingers for a while after its end, for readers that come too late to join it and too early to find the entry in a tier.
    stored: create({ lingers: isSmall }),
    // However many readers the rollout leads past the tiers, a key has one query at a time, and then a pause.
    lingering: create({ lingers: isSmall, lingerMs: limits.rolloutLingerMs }),
  } satisfies Record<Keeping | 'unproven', unknown>
}

/** Whether a result is small enough to be held for a moment. */
function isSmall(loaded: Result<Entry, WireError>): boolean {
  return loaded.ok && loaded.value.body.length <= limits.flightLingerBytesMax
}

/** Turns the origin's answer into an entry with a stamp. A body that cannot be presented is a failure of the origin. */
async function fetchEntry(
  { clock, staleIfErrorSeconds, etagOf }: LoadOptions,
  read: Read,
  stamp: Stamp,
): Promise<Result<Entry, WireError>> {
  const createdAtMs = clock.now()
  const [policy, loaded] = await Promise.all([
    read.policy,
    read.fetchBody(`${stamp.ledgerId}:${stamp.version}`),
  ])
  if (!loaded.ok) return loaded
  const found = loaded.value !== null
  const body = loaded.value ?? new Uint8Array()
  if (found && !read.isReadable(body)) return err({ code: 'origin_unavailable' })
  return ok({
    workspaceId: read.workspaceId,
    found,
    stamp,
    tags: found ? joined(read.tags, read.embeddedTags(body)) : read.tags,
    createdAtMs,
    loadMs: clock.now() - createdAtMs,
    deleteAtMs: createdAtMs + (keptSeconds(read, policy) + staleIfErrorSeconds) * 1000,
    etag: await etagOf(found ? read.namedPart(body) : body),
    ...(loaded.isOfOtherVersion === true ? { isPassing: true } : {}),
    body,
  })
}

/** How long an entry may be fresh, in seconds: proofs can keep it longer than the lifetime that begins with its load. */
function keptSeconds({ changes }: Read, { lifetimeSeconds }: Policy): number {
  return changes === 'time' ? lifetimeSeconds : Math.max(lifetimeSeconds, limits.provedSecondsMax)
}

function joined(tags: Entry['tags'], embedded: Entry['tags']): Entry['tags'] {
  return embedded.length === 0 ? tags : [...new Set([...tags, ...embedded])]
}
