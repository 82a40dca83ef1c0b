import { joinBytes } from './bytes.ts'

/** All bytes of a body, or null where it has more than `bytesMax`: it is then read no further, and let go. */
export async function readBounded(
  body: AsyncIterable<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = []
  let lengthBytes = 0
  for await (const chunk of body ?? []) {
    lengthBytes += chunk.length
    if (lengthBytes > bytesMax) return null
    chunks.push(chunk)
  }
  return joinBytes(chunks)
}
