import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'

export interface Pace {
  readonly clock: Clock
  /** The longest time in which no byte of the upload arrives. */
  readonly idleMs: number
  /** The slowest average pace of the upload, measured over the time spent waiting for it beyond the first `idleMs`. */
  readonly paceBytesPerSecondMin: number
}

/**
 * Yields an upload as it arrives. Throws `UploadBrokenOff` if the connection breaks, or if the upload stalls or is too slow. The time
 * that the reader takes between two chunks does not count.
 */
export async function* readPaced(
  body: ReadableStream<Uint8Array>,
  { clock, idleMs, paceBytesPerSecondMin }: Pace,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let receivedBytes = 0
  let waitedMs = 0
  try {
    for (;;) {
      const earnedMs = (receivedBytes / paceBytesPerSecondMin) * 1_000
      const patienceMs = Math.min(idleMs, idleMs + earnedMs - waitedMs)
      const readAtMs = clock.now()
      const read = await withinDeadline(clock, patienceMs, () => reader.read().catch(() => null), null)
      if (read === null) throw new UploadBrokenOff()
      if (read.done) return
      waitedMs += clock.now() - readAtMs
      receivedBytes += read.value.length
      yield read.value
    }
  } finally {
    void reader.cancel().catch(() => undefined)
  }
}

/** The upload broke off before it was complete. */
export class UploadBrokenOff extends Error {}
