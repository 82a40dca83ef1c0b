import { z } from 'zod'
import type { SourceName } from '../contract/tier-names.ts'
import { sourceNames } from '../contract/tier-names.ts'
import type { UserId } from '../ids.ts'
import type { Explanation } from './explanation.ts'
import { explanationSchema } from './explanation.ts'

/**
 * How an answer came about: `STALE` is past its time, being refreshed, or all that is left while everything behind is down;
 * `BYPASS` means that the cache was not used.
 */
const servedStatusSchema = z.enum(['HIT', 'STALE', 'MISS', 'BYPASS'])

/** An answer's circumstances: what the `_cache` member is made of. */
export interface Served {
  readonly status: z.output<typeof servedStatusSchema>
  readonly source: SourceName
  /** Lifetime of the entry, seconds. */
  readonly ttlSeconds: number
  /** Time since the entry was read from the database, whole seconds. */
  readonly ageSeconds: number
  /** IATA code of the data centre that answered. */
  readonly edgeLocation: string
  readonly responseTimeMs: number
  readonly retrievedAtMs: number
  readonly isCacheEnabled: boolean
  /** Null for the CRM's backend. */
  readonly userId: UserId | null
  /** Present where the caller asked how the answer came about. */
  readonly explanation?: Explanation
}

/** The member `_cache` of an answer (SPEC 1). */
export const cacheMemberSchema = z.object({
  status: servedStatusSchema,
  source: z.enum(sourceNames),
  ttl: z.int(),
  age: z.int(),
  edge_location: z.string(),
  response_time_ms: z.number(),
  explanation: explanationSchema.optional(),
})

/** An answer that a resource declares no form of its own for: its data with the member `_cache`. */
export function withCacheMember<Shape extends z.ZodRawShape>(data: z.ZodObject<Shape>) {
  return data.extend({ _cache: cacheMemberSchema })
}

export function cacheMemberOf(served: Served): z.input<typeof cacheMemberSchema> {
  return {
    status: served.status,
    source: served.source,
    ttl: served.ttlSeconds,
    age: served.ageSeconds,
    edge_location: served.edgeLocation,
    response_time_ms: served.responseTimeMs,
    explanation: served.explanation,
  }
}

const encoder = new TextEncoder()
const openingBrace = 0x7b
const closingBrace = 0x7d

/** Whether bytes look like a JSON object that `spliceMember` can extend. */
export function isSpliceable(object: Uint8Array): boolean {
  return object.length > 2 && object[0] === openingBrace && object.at(-1) === closingBrace
}

/**
 * Puts one more member at the end of a JSON object without parsing or copying it: the way an answer is served from a tier.
 * `object` is the bytes of a JSON object with at least one member and no white space after its last brace.
 */
export function spliceMember(object: Uint8Array, name: string, value: unknown): readonly Uint8Array[] {
  if (!isSpliceable(object)) throw new Error('spliceMember: not the bytes of a JSON object')
  const member = encoder.encode(`,${JSON.stringify(name)}:${JSON.stringify(value)}}`)
  return [object.subarray(0, -1), member]
}
