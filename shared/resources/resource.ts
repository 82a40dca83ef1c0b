import type { z } from 'zod'
import type { Fault } from '../contract/errors.ts'
import { faultsOf } from '../contract/errors.ts'
import type { Feature } from '../contract/settings.ts'
import type { UserId } from '../ids.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { Tag } from '../tags/tags.ts'
import type { Explanation } from './explanation.ts'
import type { LifetimeName } from './lifetimes.ts'

/** How an answer came about: what `_cache` and its kin tell the caller. */
export interface Served {
  readonly status: 'HIT' | 'STALE' | 'MISS' | 'BYPASS'
  readonly source: Source
  /** Lifetime of the entry, seconds. */
  readonly ttlSeconds: number
  /** Time since the entry was read from the database, whole seconds. */
  readonly ageSeconds: number
  /** IATA code of the data centre that answered. */
  readonly edgeLocation: string
  readonly responseTimeMs: number
  readonly retrievedAtMs: number
  readonly isCacheEnabled: boolean
  readonly userId: UserId
  /** Present where the caller asked how the answer came about. */
  readonly explanation?: Explanation
}

export type Source = 'memory' | 'edge_cache' | 'cloudflare_kv' | 'redis_cache' | 'database'

/** What is asked of a resource: all that the read path and the origin need, and nothing of HTTP. */
export interface Question<Params = unknown> {
  readonly params: Params
  /** Whether one entry serves the workspace, or each user has one of their own. */
  readonly sharing: 'workspace' | 'user'
  readonly tags: readonly Tag[]
  /** In place of `tags`, where each user has an entry of their own. */
  readonly ownTags?: (userId: UserId) => readonly Tag[]
  readonly lifetime: LifetimeName
  readonly feature: Feature
  /** Parts that, with the workspace, name the entry; `private` parts are stored as a digest only. */
  readonly keyParts: readonly string[]
  readonly privateKeyParts?: readonly string[]
  /** The caller asked for the database's own answer. */
  readonly bypass?: boolean
  /**
   * What of an answer changes by writes alone, and so must equal what the database says while no tag moved; null
   * where the passing of time changes all of it.
   */
  readonly comparable: ((body: Uint8Array) => string) | null
  /** The question that a reader who goes on will ask after this answer; null where it was the last. */
  readonly next?: (body: Uint8Array) => Question<Params> | null
  /**
   * Of what the workspace shares: the question that this user is answered instead, where the shared answer does not hold
   * what is theirs; null where it does.
   */
  readonly own?: (body: Uint8Array, userId: UserId) => Question<Params> | null
}

/**
 * A kind of thing that is cached, declared once: where it is asked for, what it depends on, how long it lives. The
 * Worker mounts every declaration; the origin has one loader of the same name for each.
 */
export interface Resource<
  Name extends string = string,
  Path extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Params extends z.ZodType = z.ZodType,
  Data extends z.ZodType = z.ZodType,
> {
  readonly name: Name
  readonly summary: string
  /** Route of the GET, with `{parameter}`s. `{workspaceId}` in it names the workspace; else the header does. */
  readonly route: string
  readonly path: Path
  readonly query: Query
  /** What the origin is asked, and what it answers: the bytes an entry keeps. */
  readonly params: Params
  readonly data: Data
  /** What the caller gets under `data`. */
  readonly answer: z.ZodObject
  /** The code of a 404: the thing asked about does not exist. */
  readonly notFound: 'board_not_found' | null
  question(path: z.output<Path>, query: z.output<Query>): Question<z.output<Params>>
  /** Turns the stored bytes into the caller's `data`, in parts that follow each other. Pure; runs on every hit. */
  present(body: Uint8Array, served: Served): readonly Uint8Array[]
}

/** A declaration as the Worker uses it, whatever its types: raw input in, a question or its faults out. */
export interface Askable {
  ask(path: unknown, query: unknown): Result<Question, Fault[]>
}

/** A declaration with its types inferred, and the one way from raw input to a question. */
export function defineResource<
  const Name extends string,
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Params extends z.ZodType,
  Data extends z.ZodType,
>(resource: Resource<Name, Path, Query, Params, Data>): Resource<Name, Path, Query, Params, Data> & Askable {
  return {
    ...resource,
    ask(rawPath, rawQuery) {
      const path = resource.path.safeParse(rawPath)
      const query = resource.query.safeParse(rawQuery)
      if (path.success && query.success) return ok(resource.question(path.data, query.data))
      return err(faultsOf(...[path, query].flatMap((parsed) => (parsed.success ? [] : [parsed.error]))))
    },
  }
}

export type ParamsOf<R> = R extends { readonly params: infer P extends z.ZodType } ? z.output<P> : never
export type DataOf<R> = R extends { readonly data: infer D extends z.ZodType } ? z.output<D> : never

const encoder = new TextEncoder()
const closingBrace = 0x7d

/**
 * Puts one more member at the end of a JSON object without parsing or copying it: the way a list is served from a tier.
 * `object` is the bytes of a JSON object with at least one member and no white space after its last brace.
 */
export function spliceMember(object: Uint8Array, name: string, value: unknown): readonly Uint8Array[] {
  if (object.at(-1) !== closingBrace) throw new Error('spliceMember: not the bytes of a JSON object')
  const member = encoder.encode(`,${JSON.stringify(name)}:${JSON.stringify(value)}}`)
  return [object.subarray(0, -1), member]
}
