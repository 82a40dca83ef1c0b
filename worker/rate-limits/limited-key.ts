import { hexDigest } from '../../shared/hex-digest.ts'
import type { LimitScope } from '../events.ts'

/** The name of a user or workspace towards Redis and the platform: 32 hexadecimal digits that do not reveal the id. */
export async function keyOf(scope: LimitScope, id: string): Promise<string> {
  return hexDigest(`${scope}:${id}`, 16)
}
