import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'
import type { Entry, Stamp } from '../entry/entry.ts'
import type { Proof, View, Views } from '../ledger/view.ts'
import { hasMoved } from './freshness.ts'
import type { Read } from './request.ts'
import type { Store } from './store.ts'

/** What the origin answered, and how it stands to the ledger. */
export interface Loaded {
  readonly entry: Entry
  /** Proved current; read from the database with no ledger to ask; or overtaken by invalidations each time. */
  readonly standing: 'current' | 'unproven' | 'overtaken'
}

export type Loader = (read: Read, proof: Proof, isStored: boolean) => Promise<Result<Loaded, WireError>>

export interface LoaderOptions {
  readonly views: Views
  readonly store: Store
  readonly clock: Clock
  readonly staleIfErrorSeconds: number
  /** A validator for a body: the same bytes, the same text. */
  etagOf(body: Uint8Array): Promise<string>
}

/** The stamp of what was loaded while the ledger was out of reach: such an entry answers once and is not kept. */
const unstamped: Stamp = { ledgerId: '', version: versionZero }

/** What a load under way is joined by. */
interface Terms extends Pick<Entry, 'workspaceId' | 'stamp'> {
  readonly startedAtMs: number
}

/**
 * Loads from the origin. The stamp is the view's version of *before* the origin was asked: whatever is invalidated
 * while the answer is on its way moves past it, so that a slow load can never be taken for current later.
 */
export function createLoader(options: LoaderOptions): Loader {
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
    const run = async () => {
      const fetched = await fetchEntry(options, read, stamp)
      if (fetched.ok && isKept) read.keepAlive(store.fill(read.key, fetched.value, read.isWarmUp === true))
      return fetched
    }
    const terms = { workspaceId: read.workspaceId, stamp, startedAtMs: clock.now() }
    const oldestMs = clock.now() - (read.wish.maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000
    // The workspace stands in the key, and is checked all the same.
    const isAcceptable = (underWay: Terms) =>
      underWay.workspaceId === read.workspaceId &&
      underWay.startedAtMs > oldestMs &&
      (view === null || !hasMoved({ stamp: underWay.stamp, tags: read.tags }, view))
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
      if (view === null || !proof.ok) return ok({ entry, standing: 'unproven' })
      if (!hasMoved(entry, proof.value)) return ok({ entry, standing: 'current' })
      if (attempt === limits.loadAttemptsMax) return ok({ entry, standing: 'overtaken' })
    }
  }
}

/** What the origin answers to a read, as an entry under a stamp. */
async function fetchEntry(
  { clock, staleIfErrorSeconds, etagOf }: LoaderOptions,
  read: Read,
  stamp: Stamp,
): Promise<Result<Entry, WireError>> {
  const createdAtMs = clock.now()
  const [policy, loaded] = await Promise.all([read.policy, read.load(`${stamp.ledgerId}:${stamp.version}`)])
  if (!loaded.ok) return loaded
  const body = loaded.value ?? new Uint8Array()
  return ok({
    workspaceId: read.workspaceId,
    found: loaded.value !== null,
    stamp,
    tags: read.tags,
    createdAtMs,
    loadMs: clock.now() - createdAtMs,
    deleteAtMs: createdAtMs + (policy.lifetimeSeconds + staleIfErrorSeconds) * 1000,
    etag: await etagOf(body),
    body,
  })
}
