import { limits } from '../../../../shared/limits.ts'
import type { Causes } from './cause-batch.ts'
import { mergeCauses } from './cause-batch.ts'

/** Causes of a location on their way to the overview, which takes each number of an instance once. */
export interface CauseDelivery {
  /** Names the shard since its last start. */
  readonly instance: string
  readonly sequence: number
  readonly causes: Causes
}

/**
 * Collects the causes of a location between two deliveries, in memory only: a restart of the shard loses what the overview has not
 * confirmed, which is some seconds.
 */
interface CauseRelay {
  add(causes: Causes): void
  /** The delivery that waits, or a new one if one is due or wanted now; null if there is none. */
  delivery(nowMs: number, isWanted: boolean): CauseDelivery | null
  confirm(delivery: CauseDelivery): void
  /** Whether the overview has confirmed everything. */
  readonly isEmpty: boolean
}

export function createCauseRelay(instance: string): CauseRelay {
  let collected: Causes[] = []
  let unsettled: CauseDelivery | null = null
  let sequence = 0
  let deliveredAtMs = 0

  return {
    add(causes) {
      collected.push(causes)
      if (collected.length < mergeAfter) return
      collected = [mergeCauses(collected, limits.causesKeptMax)]
    },
    delivery(nowMs, isWanted) {
      const isDue = isWanted || nowMs - deliveredAtMs >= limits.causesDeliveryMs
      if (unsettled !== null || collected.length === 0 || !isDue) return unsettled
      sequence += 1
      deliveredAtMs = nowMs
      unsettled = { instance, sequence, causes: mergeCauses(collected, limits.causesKeptMax) }
      collected = []
      return unsettled
    },
    confirm(delivery) {
      if (unsettled?.sequence === delivery.sequence) unsettled = null
    },
    get isEmpty() {
      return unsettled === null && collected.length === 0
    },
  }
}

/** Batches are merged when there are this many, so that the memory for them is bounded. */
const mergeAfter = 32
