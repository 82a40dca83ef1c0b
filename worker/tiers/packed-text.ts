import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

/** The first character of a compressed entry. An entry that is not compressed begins with `{`. */
const mark = '~'
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * The form of an entry in Redis over HTTP, which takes text and bills bytes: as it is if it is small, and otherwise compressed
 * (RFC 1951) in base64. A page of contacts shrinks to a third, and that costs less than it saves (`npm run bench:compression`).
 */
export async function packedText(bytes: Uint8Array): Promise<string> {
  if (bytes.length < limits.redisPackedBytesMin) return decoder.decode(bytes)
  const packed = await through(new CompressionStream('deflate-raw'), bytes, Number.POSITIVE_INFINITY)
  if (packed === null) throw new Error('packed-text.ts: compression has no bound')
  return `${mark}${base64Of(packed)}`
}

/** The bytes of an entry from its text. `corrupt` if the text is damaged or longer than an entry may be. */
export async function unpackedBytes(text: string): Promise<Result<Uint8Array, 'corrupt'>> {
  if (!text.startsWith(mark)) return ok(encoder.encode(text))
  try {
    const packed = bytesOf(text.slice(mark.length))
    const bytes = await through(new DecompressionStream('deflate-raw'), packed, limits.entryBytesMax)
    return bytes === null ? err('corrupt') : ok(bytes)
  } catch {
    return err('corrupt')
  }
}

interface ByteStream {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>
}

/** Everything that a stream makes of the bytes; null if that is more than `bytesMax`. Rejects if the stream fails. */
async function through(stream: ByteStream, bytes: Uint8Array, bytesMax: number): Promise<Uint8Array | null> {
  const writer = stream.writable.getWriter()
  // A failure of the stream is met by the reader as well.
  const written = writer
    .write(new Uint8Array(bytes))
    .then(() => writer.close())
    .catch(() => undefined)
  const reader = stream.readable.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > bytesMax) {
      await reader.cancel()
      return null
    }
    chunks.push(value)
  }
  await written
  const whole = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

/** The arguments of one call. Engines allow more. */
const charactersAtOnce = 8_192

function base64Of(bytes: Uint8Array): string {
  let characters = ''
  for (let start = 0; start < bytes.length; start += charactersAtOnce)
    characters += String.fromCharCode(...bytes.subarray(start, start + charactersAtOnce))
  return btoa(characters)
}

/** Throws if the text is not base64. */
function bytesOf(base64: string): Uint8Array {
  const characters = atob(base64)
  const bytes = new Uint8Array(characters.length)
  for (let index = 0; index < characters.length; index += 1) bytes[index] = characters.charCodeAt(index)
  return bytes
}
