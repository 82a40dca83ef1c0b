import type { z } from 'zod'
import type { Awaitable } from '../../shared/awaitable.ts'
import type { Fault } from '../../shared/contract/error-shown.ts'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import type { SourceName } from '../../shared/contract/tier-names.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { Served } from '../../shared/resources/served.ts'
import type { Result } from '../../shared/result.ts'
import type { DoorNotes, NamedInBody } from '../auth/admit.ts'
import type { Access, CallerOf } from '../auth/callers.ts'
import type { Services } from '../services.ts'
import type { PreparedHeaders } from './prepared-headers.ts'

/*
 * The mount (http/mount.ts) enforces the declaration of a route: its `access` decides which callers are let in, and its `takes`
 * which input is parsed. The handler gets the admitted caller and the declared input, both typed, and nothing else of the
 * request. A route without access does not compile, nor does a handler that reads input its route does not take.
 */

/** A request whose caller was let in and whose input is parsed, as its handler sees it. */
export interface Call<Caller, Input> {
  readonly services: Services
  readonly caller: Caller
  readonly input: Input
  /** Whether this is a HEAD request. The handler of GET answers it, and the body is dropped. */
  readonly isHead: boolean
  readonly requestId: string
  readonly startedAtMs: number
  /** IATA code of the data centre; `local` outside Cloudflare. */
  readonly edgeLocation: string
  readonly trace: Trace
  /** Filled in while the request is handled, for the request log and for the headers of the answer. */
  readonly notes: CallNotes
  keepAlive(work: Promise<unknown>): void
  /**
   * A copy of prepared headers with everything that answers to this request have. A handler that calls this answers with them.
   */
  headersOf(prepared: PreparedHeaders): Headers
}

export interface CallNotes extends DoorNotes {
  /** The status and the source with which a cached resource was answered. */
  served?: { readonly status: Served['status']; readonly source: SourceName }
}

/** A JSON body: its schema and its greatest size, which is as small as the schema allows. */
interface BodyForm<Schema extends z.ZodType> {
  readonly schema: Schema
  readonly bytesMax: number
  /** For a schema with several shapes: the shape that this JSON is meant to have. Its faults are reported, and no others. */
  shapeOf?(json: unknown): z.ZodType<z.output<Schema>>
}

export interface BodyTaken<Schema extends z.ZodType = z.ZodType> extends BodyForm<Schema> {
  readonly namesWorkspace?: false
  readonly isSigned?: false
}

/**
 * A body that names the workspace of which its sender must be a member. Without `X-Workspace-ID` it is read before the
 * membership is known, so its size limit must be small.
 */
export interface NamingBodyTaken extends Omit<BodyTaken<z.ZodType<NamedInBody>>, 'namesWorkspace'> {
  readonly namesWorkspace: true
}

/**
 * A body whose sender is proved by a signature over it, or by a secret beside it. The door reads it as it came, and the handler
 * decides what a body of another form means: a platform that is known does not always get an error.
 */
export interface SignedBodyTaken<Schema extends z.ZodType = z.ZodType> extends BodyForm<Schema> {
  readonly namesWorkspace?: false
  readonly isSigned: true
  /** How long the body may take to arrive, in milliseconds. */
  readonly arrivesWithinMs: number
}

/**
 * A signed body that is JSON of the schema, or else a message of MIME. A message is too large to be held, so the handler passes it on
 * while it arrives.
 */
export interface MailBodyTaken<Schema extends z.ZodType = z.ZodType> extends SignedBodyTaken<Schema> {
  readonly messageBytesMax: number
}

/** A body as the handler of a route with a `MailBodyTaken` gets it. */
export type ArrivingMail<Json> =
  | { readonly kind: 'json'; readonly json: Promise<Result<Json, WireError>> }
  | {
      readonly kind: 'message'
      readonly bytes: ReadableStream<Uint8Array> | null
      /** As the request says; null if it does not. */
      readonly lengthBytes: number | null
    }

/** The headers that a handler reads: a description of each for the OpenAPI document, and the parser. */
export interface HeadersTaken<Name extends string = string, Value = unknown> {
  readonly described: Readonly<Record<Name, string>>
  readonly read: (headers: HeadersNamed<Name>) => Result<Value, readonly Fault[]>
}

/** Headers of which only the named ones can be read. */
interface HeadersNamed<Name extends string> {
  readonly get: (name: Name) => string | null
}

/** The input of a route. Path, query and question are remembered for each URL; headers and body are parsed at each request. */
interface Takes {
  readonly path?: z.ZodObject
  readonly query?: z.ZodObject
  /** Parses path and query together. The handler gets the question in their place. */
  readonly question?: (path: unknown, query: unknown) => Result<unknown, readonly Fault[]>
  readonly headers?: HeadersTaken
  /** Read last, after the caller was let in. */
  readonly body?: BodyTaken | NamingBodyTaken | SignedBodyTaken | MailBodyTaken
}

/** The input of a handler. It has one member for each kind of input that its route takes. */
export type InputOf<Taken extends Takes> = (Taken extends { question: infer Parse }
  ? Parse extends (path: unknown, query: unknown) => Result<infer Question, readonly Fault[]>
    ? { readonly question: Question }
    : never
  : PartOf<Taken, 'path'> & PartOf<Taken, 'query'>) &
  (Taken extends { headers: HeadersTaken<string, infer Value> } ? { readonly headers: Value } : unknown) &
  (Taken extends { body: MailBodyTaken<infer Schema> }
    ? { readonly body: ArrivingMail<z.output<Schema>> }
    : Taken extends { body: SignedBodyTaken<infer Schema> }
      ? { readonly body: Promise<Result<z.output<Schema>, WireError>> }
      : Taken extends { body: { schema: infer Schema extends z.ZodType } }
        ? { readonly body: z.output<Schema> }
        : unknown)

type PartOf<Taken extends Takes, Part extends 'path' | 'query'> =
  Taken extends Record<Part, infer Schema extends z.ZodType>
    ? { readonly [Name in Part]: z.output<Schema> }
    : unknown

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface RouteBase {
  readonly method: Method
  /** Parameters are written `{parameter}`. */
  readonly path: string
  readonly summary: string
  /** Shown in the OpenAPI document behind the sentence about access. */
  readonly description?: string
  /** The status of a success if it is not 200. An answer with 101 has no body: the connection goes on as a WebSocket. */
  readonly status?: 101 | 201
  /** The whole body of a success; for an event stream, the data of each event. */
  readonly gives: z.ZodType
  /** The whole body of an answer with the status 202, if there is one besides. */
  readonly givesAccepted?: z.ZodType
  /** The content type of a success if it is not JSON. */
  readonly contentType?: 'text/event-stream'
  /** The errors of the handler. Those of the access and of the body follow from the declaration. */
  readonly errors: readonly WireErrorCode[]
}

/** A handler's answer, or the error that the caller gets. */
export type Answered = Awaitable<Result<Response, WireError>>

/** The kinds of access whose callers are anonymous and belong to no workspace. */
type OpenAccess = 'public' | 'metrics-token'

/** The declaration of a route. Its schemas validate requests and document them in OpenAPI. */
interface RouteDeclaration<Kind extends Access, Taken extends Takes> extends RouteBase {
  readonly access: Kind
  readonly takes: Taken
  /** Declared as a property. As a method, TypeScript would accept a handler that expects more of a call than it gets. */
  readonly handle: (call: Call<CallerOf[Kind], InputOf<Taken>>) => Answered
}

/**
 * The additional member of an open route that takes input. Callers that need the same variant within `limits.publicAnswerMs` get
 * the same answer (http/public-answers.ts), whatever their `Cache-Control` says.
 */
type Variants<Kind extends Access, Taken extends Takes> = Kind extends OpenAccess
  ? keyof Taken extends never
    ? unknown
    : {
        /** The name of the variant that an input selects. There must be few variants. */
        readonly variantOf: (input: InputOf<Taken>) => string
      }
  : unknown

/** Only a route for members may have a body that names the workspace. */
type NamingRule<Kind extends Access, Taken extends Takes> = Taken extends { body: NamingBodyTaken }
  ? Kind extends 'member' | 'admin'
    ? unknown
    : never
  : unknown

/** The kinds of access that a signature or a secret of another system opens, for bodies that are read as they came. */
type SignedAccess = 'voice-platform' | 'voice-signature' | 'email-sender'

/** A route with such an access has a signed body, and no other route has one. */
type SignedRule<Kind extends Access, Taken extends Takes> = Taken extends { body: SignedBodyTaken }
  ? Kind extends SignedAccess
    ? unknown
    : never
  : Kind extends SignedAccess
    ? never
    : unknown

declare const defined: unique symbol

/** A route, as the mount and the OpenAPI document see it. Only `defineRoute` creates one. */
export interface Route extends RouteBase {
  readonly access: Access
  readonly takes: Takes
  handle(call: Call<unknown, unknown>): Answered
  variantOf?(input: unknown): string
  readonly [defined]: true
}

/** Declares a route. The types of its caller and its input follow from its `access` and `takes`. */
export function defineRoute<const Kind extends Access, const Taken extends Takes>(
  route: RouteDeclaration<Kind, Taken> &
    Variants<Kind, Taken> &
    NamingRule<Kind, Taken> &
    SignedRule<Kind, Taken>,
): Route {
  // This is the only place that drops the types. The mount calls a handler with the caller that the door of this access
  // admitted and with the input that the parsers of this `takes` returned.
  return route as unknown as Route
}
