import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { RolloutState } from '../../shared/contract/rollout-state.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { createReadPath } from '../../worker/cache/read-path.ts'
import type { Policy, Read } from '../../worker/cache/read-terms.ts'
import type { TierLook } from '../../worker/cache/side-by-side.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import { etagOf } from '../../worker/entry/entry.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { CacheEvent } from '../../worker/events.ts'
import type { LedgerClient } from '../../worker/ledger/ledger-client.ts'
import { withRollout } from '../../worker/ledger/ledger-messages.ts'
import type { TierSlot } from '../../worker/tiers/slots.ts'
import { withDeadline } from '../../worker/tiers/with-deadline.ts'
import { createBook } from './book-storage.ts'
import { workspaceId } from './entries.ts'
import { createFakeClock } from './fake-clock.ts'
import { createFakeTier, type FakeTier } from './fake-tier.ts'
import { pageTags } from './tags.ts'

export const key = 'bc3:15213:contact-list@1::b1' as CacheKey
export const boundMs = 1_000

/** The parts that several isolates share: the ledger, the tiers, the origin and its database. */
export function createDeployment({ hasRedis = true } = {}) {
  const clock = createFakeClock()
  const book = createBook()
  const [kv, redis] = [createFakeTier('kv', clock), createFakeTier('redis', clock)]
  const database = {
    rows: '[]',
    loads: 0,
    failure: null as WireError | null,
    gate: null as Promise<unknown> | null,
  }
  const world = { isLedgerAway: false, chance: 0, provedAtMs: 0, rollout: 'on' as RolloutState }
  const events: CacheEvent[] = []
  const ledger = ledgerOf(book, world)

  /** The database is read when the load begins. The gate holds the answer on its way back. */
  async function load(): Promise<Result<Uint8Array | null, WireError>> {
    database.loads += 1
    const { rows, gate, failure } = database
    await gate
    if (failure !== null) return err(failure)
    return ok(rows === 'none' ? null : new TextEncoder().encode(`{"contacts":${rows}}`))
  }

  /** The production read path of one isolate. */
  function createIsolate() {
    const background: Promise<unknown>[] = []
    const last = { tiers: null as readonly TierLook[] | null }
    const slots = slotsOf(clock, kv, hasRedis ? redis : null)
    const { reader } = createReadPath({
      ...{ clock, ledger, slots, etagOf, stalenessBoundMs: boundMs, staleIfErrorSeconds: 86_400 },
      origin: { load, settings: load },
      random: () => world.chance,
      recorder: { record: (event) => events.push(event) },
      sharedViews: null,
      consistencySampleRate: 0,
      ...{ report: () => undefined, instant: async () => null, heal: async () => false },
      noteViolation: async () => undefined,
    })

    async function read(changes: Partial<Read> & { settings?: Policy } = {}) {
      const { settings = { isEnabled: true, lifetimeSeconds: 180 }, ...rest } = changes
      const answered = await reader({
        workspaceId,
        key,
        tags: pageTags,
        ...{ isBypass: false, reach: 'shared', changes: 'writes' },
        policy: Promise.resolve(settings),
        wish: plainWish,
        ...{ isReadable: () => true, namedPart: (body: Uint8Array) => body },
        embeddedTags: () => [],
        fetchBody: load,
        keepAlive: (work) => background.push(work),
        ...rest,
      })
      if (!answered.ok) return { error: answered.error.code }
      const { status, source, doubt, entry } = answered.value
      last.tiers = answered.value.tiers ?? null
      return { status, source, doubt, found: entry.found, body: new TextDecoder().decode(entry.body) }
    }

    /** Waits until everything that continues after answers has finished. */
    async function rest(): Promise<void> {
      for (const work of background) await work
    }
    return { read, rest, tiers: () => last.tiers }
  }

  return { clock, book, kv, redis, database, world, events, createIsolate }
}

/** Arranges the tiers as worker/services.ts does, with a short deadline. */
function slotsOf(clock: Clock, kv: FakeTier, redis: FakeTier | null): TierSlot[] {
  const bounded = (tier: FakeTier) => withDeadline(tier, clock, 100)
  if (redis === null)
    return [{ tier: bounded(kv), source: 'cloudflare_kv', isNear: false, admits: 'every-fill' }]
  return [
    { tier: bounded(kv), source: 'cloudflare_kv', isNear: false, admits: 'settled' },
    { tier: bounded(redis), source: 'redis_cache', isNear: false, admits: 'every-fill' },
  ]
}

function ledgerOf(
  book: ReturnType<typeof createBook>,
  world: { readonly isLedgerAway: boolean; readonly provedAtMs: number; readonly rollout: RolloutState },
): LedgerClient {
  return {
    advance: async (_workspace, events) =>
      world.isLedgerAway ? err({ kind: 'unavailable' }) : ok(book.advance(events)),
    since: async (_workspace, ledgerId, after) =>
      world.isLedgerAway
        ? err({ kind: 'unavailable' })
        : ok(withRollout({ ...book.since(ledgerId, after), provedAtMs: world.provedAtMs }, world.rollout)),
  }
}
