const encoder = new TextEncoder()

/** The first `bytesMax` bytes of a text's SHA-256 in hexadecimal, two digits a byte. */
export async function hexDigest(text: string, bytesMax = 32): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', encoder.encode(text))
  return Array.from(new Uint8Array(hash, 0, bytesMax), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
