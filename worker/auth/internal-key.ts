const encoder = new TextEncoder()

/** Whether an `Authorization` header has `key` as its bearer token. An empty key matches no header. */
export async function matchesKey(header: string | null, key: string): Promise<boolean> {
  const given = /^Bearer +(\S.*)$/i.exec(header ?? '')?.[1]
  return given !== undefined && matchesSecret(given, key)
}

/**
 * Whether a caller gave this secret. The digests of both are compared, which have the same length and are compared to their end,
 * so the duration reveals nothing about the secret. An empty secret is matched by nothing.
 */
export async function matchesSecret(given: string, secret: string): Promise<boolean> {
  if (secret === '') return false
  const [left, right] = await Promise.all([digestOf(given), digestOf(secret)])
  let difference = left.length ^ right.length
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0)
  return difference === 0
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
}
