import type { LimitScope } from '../metrics/events.ts'

/** Names who is limited to Redis and the platform without telling who it is: 32 hexadecimal digits. */
export async function keyOf(scope: LimitScope, id: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${scope}:${id}`))
  return Array.from(new Uint8Array(bytes, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
