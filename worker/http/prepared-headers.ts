import { safeHeaderEntries } from '../../shared/contract/safe-headers.ts'
import { letRead } from './cors.ts'

/**
 * Headers that all answers of a kind have, with those that every answer has. They are made once for each allowed origin; to
 * copy a set is several times cheaper than to set its members on each answer.
 */
export class PreparedHeaders {
  private readonly fixed: Readonly<Record<string, string>>
  private readonly made = new WeakMap<readonly string[], Map<string | null, Headers>>()

  constructor(fixed: Readonly<Record<string, string>>) {
    this.fixed = fixed
  }

  /** A new copy for an answer to a page of `origin`; null where the request names none. */
  copy(origin: string | null, allowedOrigins: readonly string[]): Headers {
    const known = this.made.get(allowedOrigins) ?? new Map<string | null, Headers>()
    this.made.set(allowedOrigins, known)
    // Other origins are as many as callers like to invent, and are all answered alike.
    const named = origin !== null && allowedOrigins.includes(origin) ? origin : null
    const headers = known.get(named) ?? this.make(named, allowedOrigins)
    known.set(named, headers)
    return new Headers(headers)
  }

  private make(origin: string | null, allowedOrigins: readonly string[]): Headers {
    const headers = new Headers(this.fixed)
    letRead(headers, origin, allowedOrigins)
    for (const [name, value] of safeHeaderEntries) headers.set(name, value)
    return headers
  }
}
