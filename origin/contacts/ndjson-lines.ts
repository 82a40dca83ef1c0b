import { joinBytes } from '../../shared/bytes.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'

/** A line without its line feed. `bytes` is null if it was too long. Numbers start at 1 and count empty lines. */
export type Line =
  | { readonly number: number; readonly bytes: Uint8Array }
  | { readonly number: number; readonly bytes: null }

interface LinesOptions {
  readonly clock: Clock
  readonly lineBytesMax: number
  /** The longest time in which no byte of the upload arrives. */
  readonly idleMs: number
  /** The slowest average pace of the upload, measured over the time spent waiting for it beyond the first `idleMs`. */
  readonly paceBytesPerSecondMin: number
}

const lineFeed = 0x0a

/**
 * Yields the lines of an upload as they arrive, in the groups in which they arrive. Throws `UploadBrokenOff` if the
 * connection breaks, or if the upload stalls or is too slow; the unfinished line is not yielded then. Holds at most one
 * line in memory.
 */
export async function* readLines(
  body: ReadableStream<Uint8Array>,
  { clock, lineBytesMax, idleMs, paceBytesPerSecondMin }: LinesOptions,
): AsyncGenerator<Line[]> {
  const reader = body.getReader()
  let number = 1
  let parts: Uint8Array[] = []
  let lengthBytes = 0
  let receivedBytes = 0
  let waitedMs = 0

  const keep = (part: Uint8Array) => {
    lengthBytes += part.length
    if (lengthBytes <= lineBytesMax) parts.push(part)
    else parts = []
  }
  const close = (): Line => {
    const line = { number, bytes: lengthBytes > lineBytesMax ? null : joinBytes(parts) }
    number += 1
    parts = []
    lengthBytes = 0
    return line
  }

  try {
    for (;;) {
      const earnedMs = (receivedBytes / paceBytesPerSecondMin) * 1_000
      const patienceMs = Math.min(idleMs, idleMs + earnedMs - waitedMs)
      const readAtMs = clock.now()
      const read = await withinDeadline(clock, patienceMs, () => reader.read().catch(() => null), null)
      if (read === null) throw new UploadBrokenOff()
      if (read.done) break
      waitedMs += clock.now() - readAtMs
      receivedBytes += read.value.length
      const lines: Line[] = []
      let start = 0
      for (let end = read.value.indexOf(lineFeed); end >= 0; end = read.value.indexOf(lineFeed, start)) {
        keep(read.value.subarray(start, end))
        lines.push(close())
        start = end + 1
      }
      if (start < read.value.length) keep(read.value.subarray(start))
      if (lines.length > 0) yield lines
    }
    if (lengthBytes > 0) yield [close()]
  } finally {
    void reader.cancel().catch(() => undefined)
  }
}

/** The upload broke off before it was complete. */
export class UploadBrokenOff extends Error {}
