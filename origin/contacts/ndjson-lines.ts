import { joinBytes } from '../../shared/bytes.ts'
import { type Pace, readPaced } from './paced-upload.ts'

/** A line without its line feed. `bytes` is null if it was too long. Numbers start at 1 and count empty lines. */
export type Line =
  | { readonly number: number; readonly bytes: Uint8Array }
  | { readonly number: number; readonly bytes: null }

interface LinesOptions extends Pace {
  readonly lineBytesMax: number
}

const lineFeed = 0x0a

/**
 * Yields the lines of an upload as they arrive, in the groups in which they arrive. Throws `UploadBrokenOff` if the
 * connection breaks, or if the upload stalls or is too slow; the unfinished line is not yielded then. Holds at most one
 * line in memory.
 */
export async function* readLines(
  body: ReadableStream<Uint8Array>,
  { lineBytesMax, ...pace }: LinesOptions,
): AsyncGenerator<Line[]> {
  let number = 1
  let parts: Uint8Array[] = []
  let lengthBytes = 0

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

  for await (const chunk of readPaced(body, pace)) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, end))
      lines.push(close())
      start = end + 1
    }
    if (start < chunk.length) keep(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (lengthBytes > 0) yield [close()]
}
