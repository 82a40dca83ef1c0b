import type { Clock } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { CacheEvent, Recorder } from '../../events.ts'
import type { FlushId, Receipt } from './figures.ts'
import type { Tally, Totals } from './totals.ts'
import { createTally, emptyTotals, mergeTotals } from './totals.ts'

/** Counts in the isolate, and hands what was counted on to the store that sums for the whole deployment. */
export interface BatchingRecorder extends Recorder {
  /**
   * For `waitUntil` after an answer: settles once all that is recorded by then, and what follows shortly, is handed
   * on. One caller carries for all; null for the others, and where there is nothing to hand on. Never rejects.
   */
  flushSoon(): Promise<void> | null
  /** Hands on all that is recorded by now. False where the store did not take it; it is kept then. Never rejects. */
  flushNow(): Promise<boolean>
  /** What the store has not confirmed. */
  unconfirmed(): Totals
}

interface RecorderOptions {
  /** Names this isolate among all. */
  readonly writer: string
  readonly clock: Clock
  /** Hands a batch to the store, within a deadline of a few seconds; null where the store did not confirm it. */
  send(id: FlushId, totals: Totals): Promise<Receipt | null>
}

/** What is recorded in this time goes in one batch; in a longer one where the store asks for that. */
export const batchMs = 500
/** The longest pause after failures. */
const retryMaxMs = 4_000
/**
 * How long one caller carries for the others. With the last pause, of at most 10 s, and the four calls that may follow,
 * of at most 2 s each, it stays below the 30 s that `waitUntil` grants (Cloudflare, Workers limits).
 */
const carryMs = 10_000
/** A carrier not heard of for so long is gone: its isolate's I/O was cut off. */
const carrierLostMs = 30_000

interface Batch {
  readonly id: FlushId
  readonly totals: Totals
}

/**
 * Exactly once, if the store ignores a number it has seen: a batch whose fate is unknown is sent again unchanged
 * under its number, and nothing new before it. What is counted meanwhile waits in the tally, which is bounded by
 * the number of series. An isolate that ends takes with it what the store has not confirmed, half a second's worth.
 *
 * No promise is shared between requests: two may send the same batch at the same time, which does no harm.
 */
export function createRecorder({ writer, clock, send }: RecorderOptions): BatchingRecorder {
  let tally: Tally = createTally()
  let unsettled: Batch | null = null
  let sequence = 0
  let carriedSinceMs: number | null = null
  /** The pause that the store asked for when it took the last batch. */
  let wantedPauseMs = batchMs

  function nextBatch(): Batch | null {
    if (unsettled === null && !tally.isEmpty()) {
      sequence += 1
      unsettled = { id: { writer, sequence }, totals: tally.totals() }
      tally = createTally()
    }
    return unsettled
  }

  async function deliver(batch: Batch): Promise<boolean> {
    const receipt = await send(batch.id, batch.totals).catch(() => null)
    if (receipt === null) return false
    if (unsettled === batch) unsettled = null
    wantedPauseMs = Math.min(Math.max(receipt.nextMs, batchMs), limits.figuresPauseMaxMs)
    return true
  }

  /** Two batches hold all there is at the call: the one under way, if there is one, and the tally. */
  async function flushNow(): Promise<boolean> {
    for (let round = 0; round < 2; round += 1) {
      const batch = nextBatch()
      if (batch === null) return true
      if (!(await deliver(batch))) return false
    }
    return true
  }

  const isDone = () => unsettled === null && tally.isEmpty()

  async function carry(): Promise<void> {
    const sinceMs = clock.now()
    let delayMs = wantedPauseMs
    while (clock.now() - sinceMs < carryMs) {
      await pause(clock, delayMs)
      // Nothing new in a whole pause: work that goes on after the answer has been counted too.
      if (isDone()) return
      delayMs = (await flushNow()) ? wantedPauseMs : Math.min(delayMs * 2, retryMaxMs)
    }
  }

  async function carryForAll(): Promise<void> {
    await carry()
    // Released first: what is recorded from here on finds no carrier, and brings its own.
    carriedSinceMs = null
    await flushNow()
  }

  return {
    record: (event: CacheEvent) => tally.count(event),
    flushNow,
    unconfirmed: () => mergeTotals(unsettled?.totals ?? emptyTotals(), tally.totals()),
    flushSoon() {
      const nowMs = clock.now()
      const isCarried = carriedSinceMs !== null && nowMs - carriedSinceMs < carrierLostMs
      if (isCarried || isDone()) return null
      carriedSinceMs = nowMs
      return carryForAll()
    },
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(resolve, delayMs)
  })
}
