import type { Result } from '../../shared/result.ts'
import { type Entry, encodeEntry } from '../../worker/entry/entry.ts'
import type { TierFailure } from '../../worker/tiers/tier.ts'
import { BrokenPromise } from './records.ts'
import { type RedisWitness, replicaLagMaxMs } from './redis.ts'

/** A read of Redis by one isolate, and what came of it. */
export interface SeenRedisRead {
  readonly key: string
  readonly got: Result<Entry | null, TierFailure>
  readonly startedAtMs: number
  /** How late this location's replica may be. */
  readonly lagMaxMs: number
  /** Whether nothing was wrong with Redis or the way to it from the beginning of the read to its end. */
  readonly wasHealthy: boolean
}

/**
 * Compares every entry that Redis gives with what Redis has done: once the cache was cleared, no reader gets an entry that was stored
 * before, and no read fails because of it. It knows nothing of generations, only when which entry was stored.
 */
export interface Clearings extends RedisWitness {
  /** An operator was told that the cache is cleared. */
  acknowledged(askedAtMs: number): void
  /** Checks a read. */
  read(read: SeenRedisRead): void
}

const decoder = new TextDecoder()

export function createClearings(nowMs: () => number): Clearings {
  /** The instants from which on nothing older may be given, in their order. */
  let clearedAtMs: number[] = []
  let lastMadeAtMs = Number.NEGATIVE_INFINITY
  const storedAtMs = new Map<string, number>()
  const nameOf = (key: string, text: string) => `${key}\n${text}`

  return {
    stored: (key, text) => void storedAtMs.set(nameOf(key, text), nowMs()),
    cleared() {
      lastMadeAtMs = nowMs()
      clearedAtMs.push(lastMadeAtMs)
    },
    wentBack(generationWrittenAtMs) {
      // A clearing that Redis itself takes back is lost with it.
      const keptUntilMs = generationWrittenAtMs ?? Number.POSITIVE_INFINITY
      clearedAtMs = clearedAtMs.filter((atMs) => atMs <= keptUntilMs)
    },
    acknowledged(askedAtMs) {
      // If Redis has not made it, it is held to it all the same.
      if (lastMadeAtMs < askedAtMs) clearedAtMs.push(nowMs())
    },
    read({ key, got, startedAtMs, lagMaxMs, wasHealthy }) {
      if (!got.ok) {
        if (!wasHealthy) return
        throw new BrokenPromise(
          `clearing: a read of ${key} failed (${got.error.kind}) although Redis is there`,
        )
      }
      if (got.value === null) return
      // A read that began in the instant of the clearing may have come before it.
      const clearedMs = clearedAtMs.findLast((atMs) => atMs + lagMaxMs < startedAtMs)
      if (clearedMs === undefined) return
      const storedMs = storedAtMs.get(nameOf(key, decoder.decode(encodeEntry(got.value))))
      if (storedMs !== undefined && storedMs >= clearedMs) return
      throw new BrokenPromise(
        `clearing: Redis gave ${key} as it was stored before a clearing, ${startedAtMs - clearedMs} ms after it`,
      )
    },
  }
}

/** A replica of another location than the primary's shows a new generation late. */
export const lagMaxMsAt = (location: string, primary: string) => (location === primary ? 0 : replicaLagMaxMs)
