import type { Clock } from '../../../shared/clock.ts'
import { pause } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { CacheEvent, Recorder } from '../../events.ts'
import type { CauseTally, OpenCauses } from './causes/cause-tally.ts'
import type { FlushId, Receipt } from './figures.ts'
import type { Tally, Totals } from './totals.ts'
import { createTally, emptyTotals, mergeTotals } from './totals.ts'

/** Counts events in the isolate and sends the counts in batches to the shard of its location. */
export interface BatchingRecorder extends Recorder {
  /**
   * For `waitUntil` after an answer: settles once everything recorded by then, and shortly after, has been sent. One
   * caller carries the batches of all; the answer is null for the others, and if there is nothing to send. Never
   * rejects.
   */
  flushSoon(): Promise<void> | null
  /**
   * Sends everything recorded by now. False if the shard did not confirm it; the counts are then kept. Never rejects.
   */
  flushNow(): Promise<boolean>
  /** Counts that the shard has not confirmed. */
  unconfirmed(): Totals
}

interface RecorderOptions {
  /** Identifies this isolate among all. */
  readonly writer: string
  readonly clock: Clock
  /** Sends a batch to the shard within a deadline of a few seconds; null if the shard did not confirm it. */
  send(id: FlushId, totals: Totals, causes: OpenCauses | null): Promise<Receipt | null>
  /** Emptied into each batch. Whatever it counts is an event too, so no batch is sent for it alone. */
  readonly causes?: Pick<CauseTally, 'take'>
}

/** Events of this period go into one batch, or of a longer one if the shard wants that. */
export const batchMs = 500
/** The longest pause after failures. */
const retryMaxMs = 4_000
/**
 * How long one caller carries the batches of the others. Together with the last pause, of at most 10 s, and the four
 * calls that may follow, of at most 2 s each, it stays below the 30 s that `waitUntil` grants (Cloudflare, Workers
 * limits).
 */
const carryMs = 10_000
/** A carrier that has been silent for this long is gone: the platform has cut off its I/O. */
const carrierLostMs = 30_000

interface Batch {
  readonly id: FlushId
  readonly totals: Totals
  readonly causes: OpenCauses | null
}

/**
 * Counts each event exactly once, provided that the shard ignores a sequence number it has seen: a batch that was not
 * confirmed is sent again unchanged under its number, and nothing newer before it. Meanwhile events are counted in the
 * tally, which is bounded by the number of series. An isolate that ends loses what was not confirmed, about half a
 * second of events.
 *
 * No promise is shared between requests: two of them may send the same batch at the same time, which does no harm.
 */
export function createRecorder({ writer, clock, send, causes }: RecorderOptions): BatchingRecorder {
  let tally: Tally = createTally()
  let unsettled: Batch | null = null
  let sequence = 0
  let carriedSinceMs: number | null = null
  /** The pause that the shard wanted when it confirmed the last batch. */
  let wantedPauseMs = batchMs

  function nextBatch(): Batch | null {
    if (unsettled === null && !tally.isEmpty()) {
      sequence += 1
      unsettled = { id: { writer, sequence }, totals: tally.totals(), causes: causes?.take() ?? null }
      tally = createTally()
    }
    return unsettled
  }

  async function deliver(batch: Batch): Promise<boolean> {
    const receipt = await send(batch.id, batch.totals, batch.causes).catch(() => null)
    if (receipt === null) return false
    if (unsettled === batch) unsettled = null
    wantedPauseMs = Math.min(Math.max(receipt.nextMs, batchMs), limits.figuresPauseMaxMs)
    return true
  }

  /** Two batches contain everything there is at the time of the call: the one in flight, if any, and the tally. */
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
      // Nothing was recorded during a whole pause, so work that goes on after the answer has been counted too.
      if (isDone()) return
      delayMs = (await flushNow()) ? wantedPauseMs : Math.min(delayMs * 2, retryMaxMs)
    }
  }

  async function carryForAll(): Promise<void> {
    await carry()
    // Released first, so that an event recorded from here on finds no carrier and starts a new one.
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
