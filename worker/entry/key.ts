import { hexDigest } from '../../shared/hex-digest.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Question } from '../../shared/resources/resource.ts'

/** Names an entry in every tier: at most `limits.keyBytesMax` bytes of ASCII, and injective but for SHA-256. */
export type CacheKey = string & { readonly brand: unique symbol }

/** Raised when the form of stored entries changes, so that old ones are never misread. */
const formatVersion = 'bc3'

/**
 * `bc3:<workspace>:<resource>:<part>:<part>…`, readable for whoever looks into a tier. What is private (free text:
 * it may be a person's name) or too long is replaced, with all the parts, by their SHA-256.
 */
export async function cacheKey(
  resourceName: string,
  workspaceId: WorkspaceId,
  /** Whose entry it is; null where the workspace shares it. */
  owner: UserId | null,
  question: Pick<Question, 'keyParts' | 'privateKeyParts'>,
): Promise<CacheKey> {
  const { keyParts, privateKeyParts } = question
  const plain = `${encodeURIComponent(owner ?? '')}${encodedOf(keyParts)}`
  const isPlain = privateKeyParts === undefined && plain.length <= limits.keyPartCharactersMax
  const name = isPlain
    ? plain
    : `#${await hexDigest(JSON.stringify([[owner ?? '', ...keyParts], privateKeyParts ?? []]))}`
  return `${formatVersion}:${encodeURIComponent(workspaceId)}:${resourceName}:${name}` as CacheKey
}

/** Questions are asked many times: what names them is written once. */
const encoded = new WeakMap<readonly string[], string>()

/** The parts, each behind a colon. */
function encodedOf(parts: readonly string[]): string {
  const known = encoded.get(parts)
  if (known !== undefined) return known
  const text = parts.map((part) => `:${encodeURIComponent(part)}`).join('')
  encoded.set(parts, text)
  return text
}
