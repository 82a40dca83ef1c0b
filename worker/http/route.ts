import type { z } from 'zod'
import type { Fault, WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import type { SourceName } from '../../shared/contract/tier-names.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { Served } from '../../shared/resources/served.ts'
import type { Result } from '../../shared/result.ts'
import type { DoorNotes, NamedInBody } from '../auth/admit.ts'
import type { Access, CallerOf } from '../auth/callers.ts'
import type { Services } from '../services.ts'

/*
 * What a route declares is enforced (http/mount.ts): its `access` decides who is let in, and its `takes` what is parsed.
 * The handler gets the caller that the door let in and the input that was declared, typed, and has no way to anything else of
 * the request. A route without access, or a handler that reads what its route does not take, does not compile.
 */

/** A request that was let in, with its input parsed, on its way through a handler. */
export interface Call<Caller, Input> {
  readonly services: Services
  readonly caller: Caller
  readonly input: Input
  /** A HEAD, which a GET's handler answers too; the platform drops the body. */
  readonly isHead: boolean
  readonly requestId: string
  readonly startedAtMs: number
  /** IATA code of the data centre, `local` outside Cloudflare. */
  readonly edgeLocation: string
  readonly trace: Trace
  /** What becomes known on the way: for the log, and for the headers of the answer. */
  readonly notes: CallNotes
  keepAlive(work: Promise<unknown>): void
}

export interface CallNotes extends DoorNotes {
  /** How a cached resource was answered. */
  served?: { readonly status: Served['status']; readonly source: SourceName }
}

/** A body of JSON: its shape, and how large it may be, which is as small as the shape needs. */
export interface BodyTaken<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  readonly bytesMax: number
  /** Of a schema with several shapes, the one that this JSON is meant to have: faults are told in its terms. */
  shapeOf?(json: unknown): z.ZodType<z.output<Schema>>
  readonly namesWorkspace?: false
}

/**
 * A body that names the workspace its sender must be a member of. Without `X-Workspace-ID` it is read before the membership
 * is known, so it must be tiny.
 */
export interface NamingBodyTaken extends Omit<BodyTaken<z.ZodType<NamedInBody>>, 'namesWorkspace'> {
  readonly namesWorkspace: true
}

/** Headers that a handler reads, by name, with what each one says; and how they are parsed. */
export interface HeadersTaken<Name extends string = string, Value = unknown> {
  readonly described: Readonly<Record<Name, string>>
  readonly read: (headers: HeadersNamed<Name>) => Result<Value, readonly Fault[]>
}

/** Headers of which no others than the named ones can be read. */
interface HeadersNamed<Name extends string> {
  readonly get: (name: Name) => string | null
}

/** What a route takes. Path, query and question are parsed once a URL and remembered; headers and body each time. */
interface Takes {
  readonly path?: z.ZodObject
  readonly query?: z.ZodObject
  /** What path and query mean together. It parses both, and the handler gets it in their place. */
  readonly question?: (path: unknown, query: unknown) => Result<unknown, readonly Fault[]>
  readonly headers?: HeadersTaken
  /** Read last, when the caller was let in. */
  readonly body?: BodyTaken | NamingBodyTaken
}

/** The input of a handler: a member for each thing that its route takes, and no other. */
export type InputOf<Taken extends Takes> = (Taken extends { question: infer Parse }
  ? Parse extends (path: unknown, query: unknown) => Result<infer Question, readonly Fault[]>
    ? { readonly question: Question }
    : never
  : PartOf<Taken, 'path'> & PartOf<Taken, 'query'>) &
  (Taken extends { headers: HeadersTaken<string, infer Value> } ? { readonly headers: Value } : unknown) &
  (Taken extends { body: { schema: infer Schema extends z.ZodType } }
    ? { readonly body: z.output<Schema> }
    : unknown)

type PartOf<Taken extends Takes, Part extends 'path' | 'query'> =
  Taken extends Record<Part, infer Schema extends z.ZodType>
    ? { readonly [Name in Part]: z.output<Schema> }
    : unknown

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

interface RouteBase {
  readonly method: Method
  /** With `{parameter}`s. */
  readonly path: string
  readonly summary: string
  /** What the OpenAPI document says besides the summary and who is let in. */
  readonly description?: string
  /** Of a success, where it is not 200. */
  readonly status?: 201
  /** The whole body of a success; of an event stream, the data of each event. */
  readonly gives: z.ZodType
  /** Of a success, where it is not JSON. */
  readonly contentType?: 'text/event-stream'
  /** What can go wrong besides what its access and its body bring with them. */
  readonly errors: readonly WireErrorCode[]
}

/** A handler's answer, or the error that the caller gets. */
type Answered = Result<Response, WireError> | Promise<Result<Response, WireError>>

/** Access that lets in callers of no workspace and without a name. */
type OpenAccess = 'public' | 'metrics-token'

/** A route as it is written down: what it takes and gives, as schemas that validate and document at once, and what it does. */
interface RouteDeclaration<Kind extends Access, Taken extends Takes> extends RouteBase {
  readonly access: Kind
  readonly takes: Taken
  /** A property, not a method: TypeScript would let a method's handler expect more of a call than it gets. */
  readonly handle: (call: Call<CallerOf[Kind], InputOf<Taken>>) => Answered
}

/**
 * What an open route adds. Everybody who wants the same answer within `limits.publicAnswerMs` gets the same one
 * (http/public-answers.ts), whatever their `Cache-Control` says.
 */
type Variants<Kind extends Access, Taken extends Takes> = Kind extends OpenAccess
  ? keyof Taken extends never
    ? unknown
    : {
        /** Names the answer that an input wants, one of a few. */
        readonly variantOf: (input: InputOf<Taken>) => string
      }
  : unknown

/** Only where members are let in does a body name their workspace. */
type NamingRule<Kind extends Access, Taken extends Takes> = Taken extends { body: NamingBodyTaken }
  ? Kind extends 'member' | 'admin'
    ? unknown
    : never
  : unknown

declare const defined: unique symbol

/** One route, as the mount and the OpenAPI document see it. Only `defineRoute` makes one. */
export interface Route extends RouteBase {
  readonly access: Access
  readonly takes: Takes
  handle(call: Call<unknown, unknown>): Answered
  variantOf?(input: unknown): string
  readonly [defined]: true
}

/** Declares a route, with the types of its caller and input inferred from its `access` and `takes`. */
export function defineRoute<const Kind extends Access, const Taken extends Takes>(
  route: RouteDeclaration<Kind, Taken> & Variants<Kind, Taken> & NamingRule<Kind, Taken>,
): Route {
  // The one place where the types are set aside: the mount gives a handler what the door of this access and the parsers of
  // this `takes` answered, and nothing else.
  return route as unknown as Route
}
