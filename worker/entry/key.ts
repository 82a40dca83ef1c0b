import type { Awaitable } from '../../shared/awaitable.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { EntryNamespaceName } from '../../shared/redis/names.ts'
import type { Question, Resource } from '../../shared/resources/question.ts'

/**
 * The name of an entry in every tier, at most `limits.keyBytesMax` bytes of ASCII. Different entries have different keys, up to
 * collisions of SHA-256.
 */
export type CacheKey = string & { readonly brand: unique symbol }

/**
 * Whether the key of a question shows its parameters. None of them is private then, so they may be kept wherever keys are, and the
 * question can be asked again.
 */
export function hasPlainKey(question: Keyed): boolean {
  return namesOf(question).plain !== null
}

/** The parts of a question that make up its key: every parameter, so that no declaration can forget one. */
interface Keyed extends Pick<Question, 'params'> {
  readonly resource: Pick<Resource, 'name' | 'version' | 'namespace' | 'params' | 'privateParams'>
}

/** Raised when the form of keys or of stored entries changes. The resource's own `version` stands for the form of a body. */
export const keyFormat = 'bc3'

/** How the keys of each namespace of Redis begin, so that the tier finds an entry's namespace by its key alone. */
const starts: Readonly<Record<EntryNamespaceName, string>> = {
  cache: `${keyFormat}:`,
  emailCache: `${keyFormat}.emailCache:`,
}

/** The namespace of Redis that the entry belongs to. */
export function namespaceOf(key: CacheKey): EntryNamespaceName {
  return key.startsWith(starts.emailCache) ? 'emailCache' : 'cache'
}

/**
 * `bc3:<workspace>:<resource>@<version>:<owner>:<parameter>:<parameter>…`, which a person can read in a tier. If a parameter is
 * private (free text may be a person's name) or the key would be too long, the SHA-256 of the owner and of all parameters takes
 * their place. Entries of another namespace than `cache` have its name behind `bc3`. `owner` is the user that the entry belongs to, or null if the workspace shares it.
 */
export function cacheKey(
  question: Keyed,
  workspaceId: WorkspaceId,
  owner: UserId | null,
): Awaitable<CacheKey> {
  const names = namesOf(question)
  const { plain, digested, last } = names
  // The same text again, so that a tier in memory finds it by a hash that the engine has computed already.
  if (last?.workspaceId === workspaceId && last.owner === owner) return last.key
  const name = plain === null ? null : `${encodeURIComponent(owner ?? '')}${plain}`
  const isPlain = name !== null && name.length <= limits.keyPartCharactersMax
  const { resource } = question
  const start = `${starts[resource.namespace]}${encodeURIComponent(workspaceId)}:${resource.name}@${resource.version}:`
  if (!isPlain)
    return hexDigest(JSON.stringify([owner, digested])).then((digest) => `${start}#${digest}` as CacheKey)
  const key = `${start}${name}` as CacheKey
  names.last = { workspaceId, owner, key }
  return key
}

/** The key of a trial entry, which no reader looks for. `nonce` is a UUID. */
export function trialKey(key: CacheKey, nonce: string): CacheKey {
  return `${key}~${nonce}` as CacheKey
}

interface Names {
  /** The parameters, each behind a colon; null if one of them is private. */
  readonly plain: string | null
  readonly digested: string
  /** The key that was made last. Its question usually comes again from the same workspace. */
  last: { readonly workspaceId: WorkspaceId; readonly owner: UserId | null; readonly key: CacheKey } | null
}

/** The names of each question. Questions are remembered and come again, so each is named once. */
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
    last: null,
  }
  written.set(question, names)
  return names
}

/** Encodes a parameter: text as it is, an absent one as nothing, any other value behind `=`, which encoded text never contains. */
function encoded(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' && value !== ''
    ? encodeURIComponent(value)
    : `=${encodeURIComponent(JSON.stringify(value))}`
}
