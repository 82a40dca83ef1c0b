import { hexDigest } from '../../shared/hex-digest.ts'
import type { LimitScope } from '../events.ts'

/** Names who is limited to Redis and the platform without telling who it is: 32 hexadecimal digits. */
export async function keyOf(scope: LimitScope, id: string): Promise<string> {
  return hexDigest(`${scope}:${id}`, 16)
}
