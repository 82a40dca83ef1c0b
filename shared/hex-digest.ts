const encoder = new TextEncoder()

/** The first `bytesMax` bytes of the SHA-256 of a text or of bytes, in hexadecimal, two digits a byte. */
export async function hexDigest(content: string | Uint8Array<ArrayBuffer>, bytesMax = 32): Promise<string> {
  const bytes = typeof content === 'string' ? encoder.encode(content) : content
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash, 0, bytesMax), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
