import type { Fault } from '../../shared/contract/error-shown.ts'
import { versionSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Demand } from '../ledger/view.ts'

/** The demands of the caller's headers on an answer. */
export interface Wish {
  readonly proof: Demand
  /** The greatest age of the entry (RFC 9111 section 5.2.1.1). */
  readonly maxAgeSeconds: number | null
  /** The longest time past its lifetime; infinite for `max-stale` without a number (section 5.2.1.2). */
  readonly maxStaleSeconds: number | null
  /** The entry must stay fresh for at least this long (section 5.2.1.3). */
  readonly minFreshSeconds: number | null
  /** The longest time past its lifetime if the origin fails (RFC 5861 section 4). */
  readonly staleIfErrorSeconds: number | null
  /** Only a cached entry may answer; without one the answer is 504 (RFC 9111 section 5.2.1.7). */
  readonly isOnlyIfCached: boolean
  /** The answer must not be stored (RFC 9111 section 5.2.1.5). */
  readonly isNoStore: boolean
  /** How long the caller waits for the origin while there is an older entry, if it cannot wait as long as others do. */
  readonly patienceMs?: number
  /** The answer is to be explained, so the tiers that were not needed for it are read too. */
  readonly isExplained?: boolean
}

/** The wish of a request without any of these headers. */
export const plainWish: Wish = {
  proof: { kind: 'bounded' },
  maxAgeSeconds: null,
  maxStaleSeconds: null,
  minFreshSeconds: null,
  staleIfErrorSeconds: null,
  isOnlyIfCached: false,
  isNoStore: false,
}

export const minVersionHeader = 'X-Min-Version'

/** The headers that a wish is read from, and no others. */
interface WishHeaders {
  readonly get: (name: 'Cache-Control' | 'Pragma' | typeof minVersionHeader) => string | null
}

/** Parses the request's headers: the directives of RFC 9111 section 5.2.1, and `X-Min-Version` for reading one's own writes. */
export function parseWish(headers: WishHeaders): Result<Wish, Fault[]> {
  // Pragma counts only if Cache-Control is absent (RFC 9111 section 5.4).
  const cacheControl = headers.get('Cache-Control') ?? headers.get('Pragma')
  const minVersion = headers.get(minVersionHeader)
  if (cacheControl === null && minVersion === null) return ok(plainWish)
  const directives = parseDirectives(cacheControl ?? '')
  const maxAgeSeconds = deltaSeconds(directives.get('max-age'))
  const demandsProof = directives.has('no-cache') || maxAgeSeconds === 0
  const version = minVersion === null ? null : parseVersion(minVersion)
  if (version !== null && !version.ok) return version
  const named = version === null ? {} : { version: version.value }
  const atLeast: Demand =
    version === null ? { kind: 'bounded' } : { kind: 'at-least', version: version.value }
  return ok({
    proof: demandsProof ? { kind: 'now', ...named } : atLeast,
    maxAgeSeconds: maxAgeSeconds === 0 ? null : maxAgeSeconds,
    maxStaleSeconds: maxStaleOf(directives.get('max-stale')),
    minFreshSeconds: deltaSeconds(directives.get('min-fresh')),
    staleIfErrorSeconds: deltaSeconds(directives.get('stale-if-error')),
    isOnlyIfCached: directives.has('only-if-cached'),
    isNoStore: directives.has('no-store'),
  })
}

function parseVersion(text: string): Result<ReturnType<typeof versionSchema.parse>, Fault[]> {
  const parsed = /^\d{1,15}$/.test(text) ? versionSchema.safeParse(Number(text)) : null
  return parsed?.success
    ? ok(parsed.data)
    : err([{ parameter: minVersionHeader, message: 'must be a version that an invalidation answered' }])
}

function parseDirectives(header: string): Map<string, string> {
  const pairs = header.split(',').map((directive): [string, string] => {
    const [name = '', value = ''] = directive.split('=', 2)
    return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')]
  })
  return new Map(pairs)
}

/** `max-stale` without a number accepts any staleness (RFC 9111 section 5.2.1.2). */
function maxStaleOf(value: string | undefined): number | null {
  return value === '' ? Number.POSITIVE_INFINITY : deltaSeconds(value)
}

/** RFC 9111 section 1.2.2. A value that is not a number is ignored. */
function deltaSeconds(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : null
}
