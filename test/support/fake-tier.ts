import type { Clock } from '../../shared/clock.ts'
import type { TierName } from '../../shared/contract/tier-names.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../../worker/entry/entry.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { PutOutcome, Tier, TierFailure } from '../../worker/tiers/tier.ts'

/** A tier in a Map, which a test can make fail, delay and inspect. It passes the contract suite of the real tiers. */
export interface FakeTier extends Tier {
  readonly stored: Map<string, Uint8Array>
  /** While this is set, every call answers it. */
  failure: TierFailure | null
  /** While this is set, every call waits for it. */
  gate: Promise<unknown> | null
}

export function createFakeTier(
  name: TierName,
  clock: Clock,
  stored = new Map<string, Uint8Array>(),
): FakeTier {
  const tier: FakeTier = {
    stored,
    failure: null,
    gate: null,
    ...createBytesTier(
      name,
      clock,
      {
        read: (key) => stored.get(key) ?? null,
        write: (key, bytes) => {
          stored.set(key, bytes)
          return ok('stored')
        },
        drop(key) {
          stored.delete(key)
          return ok(undefined)
        },
      },
      async (signal, act) => {
        if (tier.gate !== null) await untilAborted(signal, tier.gate, null)
        if (signal?.aborted) return err({ kind: 'timeout' })
        return tier.failure === null ? act() : err(tier.failure)
      },
    ),
  }
  return tier
}

/** Where a tier under test stores its bytes, synchronously. */
export interface BytesStore {
  read(key: CacheKey): Uint8Array | null
  write(key: CacheKey, bytes: Uint8Array): Result<PutOutcome, TierFailure>
  drop(key: CacheKey): Result<void, TierFailure>
}

/** The way to the store and back: when `act` runs, and which result the caller gets. */
export type Passage = <Value>(
  signal: AbortSignal | undefined,
  act: () => Result<Value, TierFailure>,
) => Promise<Result<Value, TierFailure>>

/** A tier that stores the same bytes as the real ones, in a store and with a passage that the test provides. */
export function createBytesTier(name: TierName, clock: Clock, store: BytesStore, pass: Passage): Tier {
  return {
    name,
    heedsSignals: true,
    get: (key, signal) =>
      pass(signal, () => {
        const bytes = store.read(key)
        if (bytes === null) return ok(null)
        const entry = decodeEntry(bytes)
        if (!entry.ok) return err({ kind: 'corrupt' })
        return ok(clock.now() < entry.value.deleteAtMs ? entry.value : null)
      }),
    async put(key, entry, signal) {
      const bytes = encodeEntry(entry)
      if (bytes.length > limits.entryBytesMax) return err({ kind: 'too-large' })
      if (clock.now() >= entry.deleteAtMs) return ok('skipped')
      return pass(signal, () => store.write(key, bytes))
    },
    remove: (keys, signal) =>
      pass(signal, () => {
        const refused = keys.map((key) => store.drop(key)).find((dropped) => !dropped.ok)
        return refused ?? ok(undefined)
      }),
    probe: (signal) => pass(signal, () => ok(undefined)),
  }
}

/**
 * Settles as `work` does, or with `late` once the signal is aborted. Leaves no listener on a signal that was not
 * aborted.
 */
export function untilAborted<Value>(
  signal: AbortSignal | undefined,
  work: Promise<Value>,
  late: Value,
): Promise<Value> {
  if (signal === undefined) return work
  if (signal.aborted) return Promise.resolve(late)
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(late)
    signal.addEventListener('abort', giveUp)
    work.finally(() => signal.removeEventListener('abort', giveUp)).then(resolve, reject)
  })
}
