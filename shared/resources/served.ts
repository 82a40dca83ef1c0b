import { z } from 'zod'
import type { RolloutState } from '../contract/rollout-state.ts'
import { rolloutStateSchema } from '../contract/rollout-state.ts'
import type { SourceName } from '../contract/tier-names.ts'
import { sourceNames } from '../contract/tier-names.ts'
import type { Role, UserId } from '../ids.ts'
import type { Explanation } from './explanation.ts'
import { explanationSchema } from './explanation.ts'

/**
 * How an answer was found. `HIT`: a fresh entry. `MISS`: the origin loaded it. `STALE`: an entry that is past its lifetime or could
 * not be proved current. `BYPASS`: the cache was not used.
 */
const servedStatusSchema = z.enum(['HIT', 'STALE', 'MISS', 'BYPASS'])

/** The facts about an answer from which the member `_cache` is made. */
export interface Served {
  readonly status: z.output<typeof servedStatusSchema>
  readonly source: SourceName
  /** The lifetime of the entry. */
  readonly ttlSeconds: number
  /** The time since the entry was loaded, in whole seconds. */
  readonly ageSeconds: number
  /** The time since the entry was last known to equal the database, in whole seconds: since its load, or since a later proof. */
  readonly provedAgeSeconds: number
  /** IATA code of the data centre that answered. */
  readonly edgeLocation: string
  readonly responseTimeMs: number
  readonly retrievedAtMs: number
  readonly isCacheEnabled: boolean
  /** How the rollout has the workspace answered. If not `on`, the database answered because of it. Absent if nothing is known. */
  readonly rollout?: RolloutState
  /** Null for the CRM's backend. */
  readonly userId: UserId | null
  /** The role with which the door let a member in; absent for the CRM's backend. */
  readonly role?: Role
  /** Present if the request has `X-Explain: 1`. */
  readonly explanation?: Explanation
}

/** The member `_cache` of an answer (SPEC 1). */
export const cacheMemberSchema = z.object({
  status: servedStatusSchema,
  source: z.enum(sourceNames),
  ttl: z.int(),
  age: z.int().meta({ description: 'Seconds since the entry was loaded.' }),
  proved_age: z.int().meta({
    description:
      'Seconds since the answer was last known to equal the database: since its load, or a later proof.',
  }),
  edge_location: z.string(),
  response_time_ms: z.number(),
  rollout: rolloutStateSchema.exclude(['on']).optional().meta({
    description:
      'Present if the database answers the workspace because of the rollout, with comparisons behind the answer (`shadow`) or without (`off`).',
  }),
  explanation: explanationSchema.optional(),
})

/** The answer of a resource without a presentation: its data with the member `_cache`. */
export function withCacheMember<Shape extends z.ZodRawShape>(data: z.ZodObject<Shape>) {
  return data.extend({ _cache: cacheMemberSchema })
}

export function cacheMemberOf(served: Served): z.input<typeof cacheMemberSchema> {
  return {
    status: served.status,
    source: served.source,
    ttl: served.ttlSeconds,
    age: served.ageSeconds,
    proved_age: served.provedAgeSeconds,
    edge_location: served.edgeLocation,
    response_time_ms: served.responseTimeMs,
    rollout: served.rollout === 'on' ? undefined : served.rollout,
    explanation: served.explanation,
  }
}

const encoder = new TextEncoder()
const openingBrace = 0x7b
const closingBrace = 0x7d

/** Whether bytes have the form of a JSON object that `spliceMember` can extend. */
export function isSpliceable(object: Uint8Array): boolean {
  return object.length > 2 && object[0] === openingBrace && object.at(-1) === closingBrace
}

/**
 * Adds a member at the end of a JSON object without parsing or copying the object. `object` must be the bytes of a JSON object with at
 * least one member and without white space around it.
 */
export function spliceMember(object: Uint8Array, name: string, value: unknown): readonly Uint8Array[] {
  if (!isSpliceable(object)) throw new Error('spliceMember: not the bytes of a JSON object')
  const member = encoder.encode(`,${JSON.stringify(name)}:${JSON.stringify(value)}}`)
  return [object.subarray(0, -1), member]
}
