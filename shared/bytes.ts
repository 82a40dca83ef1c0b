/** Joins the parts in order, copying each once. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** Reads all bytes of a body; null if it has more than `bytesMax`: then reading stops and the body is cancelled. */
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
