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
import type { Read } from './read-terms.ts'
import type { Store } from './store.ts'

/** An entry that was loaded from the origin, and what the ledger says of it. */
export interface Loaded {
  readonly entry: Entry
  /** Proved current; loaded while the ledger was out of reach; or overtaken by invalidations each time. */
  readonly certainty: 'current' | 'unproven' | 'overtaken'
}

export type LoadEntry = (read: Read, proof: Proof, isStored: boolean) => Promise<Result<Loaded, WireError>>

interface LoadOptions {
  readonly views: Views
  readonly store: Store
  readonly clock: Clock
  readonly staleIfErrorSeconds: number
  /** A validator for a body: the same bytes, the same text. */
  etagOf(body: Uint8Array): Promise<string>
}

/** The stamp of an entry that is loaded while the ledger is out of reach: it answers once and is not kept. */
const unstamped: Stamp = { ledgerId: '', version: versionZero }

/** By what a reader knows whether a load under way is one to join. */
interface Terms extends Pick<Entry, 'workspaceId' | 'stamp'> {
  readonly startedAtMs: number
  /** The tags of the question; once the load has landed, those of its entry. */
  tags: Entry['tags']
}

/**
 * Loads from the origin. The stamp is the view's version of *before* the origin was asked: whatever is invalidated
 * while the answer is on its way moves past it, so that a slow load can never be taken for current later.
 */
export function createLoadEntry(options: LoadOptions): LoadEntry {
  const { views, store, clock } = options
  const flights = createSingleFlight<Terms, Result<Entry, WireError>>({
    clock,
    patienceMs: limits.originDeadlineMs,
  })
  /** Loads whose result is stored: who comes just too late to join and just too early to find it gets it too. */
  const keptFlights = createSingleFlight<Terms, Result<Entry, WireError>>({
    clock,
    patienceMs: limits.originDeadlineMs,
    lingers: (loaded) => loaded.ok && loaded.value.body.length <= limits.flightLingerBytesMax,
  })

  /** One load a key, shared by all in whose view nothing moved past the load's stamp. */
  async function load(read: Read, view: View | null, isStored: boolean): Promise<Result<Entry, WireError>> {
    const stamp = view === null ? unstamped : { ledgerId: view.ledgerId, version: view.version }
    const isKept = isStored && view !== null
    const terms: Terms = { workspaceId: read.workspaceId, stamp, startedAtMs: clock.now(), tags: read.tags }
    const run = async () => {
      const fetched = await fetchEntry(options, read, stamp)
      if (fetched.ok) terms.tags = fetched.value.tags
      if (fetched.ok && isKept) read.keepAlive(store.fill(read.key, fetched.value, read.isWarmUp === true))
      return fetched
    }
    const oldestMs = clock.now() - (read.wish.maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000
    // The workspace stands in the key, and is checked all the same.
    const isAcceptable = (underWay: Terms) =>
      underWay.workspaceId === read.workspaceId &&
      underWay.startedAtMs > oldestMs &&
      (view === null || !hasMoved(underWay, view))
    const { key, keepAlive } = read
    const shared = isKept
      ? await keptFlights.share(key, terms, isAcceptable, run, keepAlive)
      : await flights.share(
          `${view === null ? 'unproven' : 'passing'} ${key}`,
          terms,
          isAcceptable,
          run,
          keepAlive,
        )
    // A leader refused for its own token says nothing about this caller's.
    const isLeadersRefusal =
      !shared.hasLed && !shared.value.ok && wireErrors[shared.value.error.code].status < 500
    return isLeadersRefusal ? run() : shared.value
  }

  return async function loadCurrent(read, proofAtFirst, isStored) {
    let proof = proofAtFirst
    for (let attempt = 1; ; attempt += 1) {
      const view = proof.ok ? proof.value : null
      const loaded = await load(read, view, isStored)
      if (!loaded.ok) return loaded
      const entry = loaded.value
      proof = await views.renewed(read.workspaceId, proof, read.keepAlive)
      if (view === null || !proof.ok) return ok({ entry, certainty: 'unproven' })
      if (!hasMoved(entry, proof.value)) return ok({ entry, certainty: 'current' })
      if (attempt === limits.loadAttemptsMax) return ok({ entry, certainty: 'overtaken' })
    }
  }
}

/** The origin's answer to a read as an entry under a stamp. A body that could not be presented is no answer. */
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
    deleteAtMs: createdAtMs + (policy.lifetimeSeconds + staleIfErrorSeconds) * 1000,
    etag: await etagOf(body),
    body,
  })
}

function joined(tags: Entry['tags'], embedded: Entry['tags']): Entry['tags'] {
  return embedded.length === 0 ? tags : [...new Set([...tags, ...embedded])]
}
