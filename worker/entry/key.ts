import type { Awaitable } from '../../shared/awaitable.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Question, Resource } from '../../shared/resources/question.ts'

/** Names an entry in every tier: at most `limits.keyBytesMax` bytes of ASCII, and injective but for SHA-256. */
export type CacheKey = string & { readonly brand: unique symbol }

/** What of a question stands in its key: every parameter, so that no declaration can forget one. */
interface Keyed extends Pick<Question, 'params'> {
  readonly resource: Pick<Resource, 'name' | 'version' | 'params' | 'privateParams'>
}

/** Raised when the form of keys or of stored entries changes. The form of a body has the resource's own `version`. */
const formatVersion = 'bc3'

/**
 * `bc3:<workspace>:<resource>@<version>:<owner>:<parameter>:<parameter>…`, readable for whoever looks into a tier. Where a
 * parameter is private (free text: it may be a person's name) or the whole is too long, the owner and all parameters are
 * replaced by their SHA-256. `owner` is the user whose entry it is, and null where the workspace shares it.
 */
export function cacheKey(
  question: Keyed,
  workspaceId: WorkspaceId,
  owner: UserId | null,
): Awaitable<CacheKey> {
  const { plain, digested } = namesOf(question)
  const name = plain === null ? null : `${encodeURIComponent(owner ?? '')}${plain}`
  const isPlain = name !== null && name.length <= limits.keyPartCharactersMax
  const { resource } = question
  const start = `${formatVersion}:${encodeURIComponent(workspaceId)}:${resource.name}@${resource.version}:`
  if (isPlain) return `${start}${name}` as CacheKey
  return hexDigest(JSON.stringify([owner, digested])).then((digest) => `${start}#${digest}` as CacheKey)
}

/** Of an entry that no reader looks for: `nonce` is a UUID. */
export function trialKey(key: CacheKey, nonce: string): CacheKey {
  return `${key}~${nonce}` as CacheKey
}

interface Names {
  /** The parameters, each behind a colon; null where one of them is private. */
  readonly plain: string | null
  readonly digested: string
}

/** Questions are asked many times: what names them is written once. */
const written = new WeakMap<Keyed, Names>()

function namesOf(question: Keyed): Names {
  const known = written.get(question)
  if (known !== undefined) return known
  const { resource, params } = question
  const ordered = Object.keys(resource.params.shape).map((name) => ({ name, value: params[name] }))
  const isPrivate = ordered.some(
    ({ name, value }) => resource.privateParams.includes(name) && value !== null && value !== undefined,
  )
  const names: Names = {
    plain: isPrivate ? null : ordered.map(({ value }) => `:${encoded(value)}`).join(''),
    digested: JSON.stringify(ordered.map(({ value }) => value ?? null)),
  }
  written.set(question, names)
  return names
}

/** Text as it is, what is absent as nothing, and everything else behind `=`, which encoded text never holds. */
function encoded(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' && value !== ''
    ? encodeURIComponent(value)
    : `=${encodeURIComponent(JSON.stringify(value))}`
}
