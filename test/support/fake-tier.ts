import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../../worker/cache/entry.ts'
import type { TierName } from '../../worker/metrics/events.ts'
import type { Tier, TierFailure } from '../../worker/tiers/tier.ts'

/** A tier in a Map, which a test can take away, hold up and look into. It passes the suite of the real ones. */
export interface FakeTier extends Tier {
  readonly stored: Map<string, Uint8Array>
  /** What every call answers while it is set. */
  failure: TierFailure | null
  /** What every call waits for while it is set. */
  gate: Promise<unknown> | null
}

export function createFakeTier(
  name: TierName,
  clock: Clock,
  stored = new Map<string, Uint8Array>(),
): FakeTier {
  const enter = async (signal: AbortSignal) => {
    if (tier.gate !== null) await Promise.race([tier.gate, aborted(signal)])
    if (signal.aborted) return err({ kind: 'timeout' as const })
    return tier.failure === null ? null : err(tier.failure)
  }
  const tier: FakeTier = {
    name,
    stored,
    failure: null,
    gate: null,
    async get(key, signal) {
      const refused = await enter(signal)
      if (refused !== null) return refused
      const bytes = stored.get(key)
      if (bytes === undefined) return ok(null)
      const entry = decodeEntry(bytes)
      if (!entry.ok) return err({ kind: 'corrupt' })
      return ok(clock.now() < entry.value.deleteAtMs ? entry.value : null)
    },
    async put(key, entry, signal) {
      const bytes = encodeEntry(entry)
      if (bytes.length > limits.entryBytesMax) return err({ kind: 'too-large' })
      const refused = await enter(signal)
      if (refused !== null) return refused
      stored.set(key, bytes)
      return ok(undefined)
    },
    async remove(keys, signal) {
      const refused = await enter(signal)
      if (refused !== null) return refused
      for (const key of keys) stored.delete(key)
      return ok(undefined)
    },
    async probe(signal) {
      return (await enter(signal)) ?? ok(undefined)
    },
  }
  return tier
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
