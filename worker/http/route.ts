import type { z } from 'zod'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Served, Source } from '../../shared/resources/resource.ts'
import { ok, type Result } from '../../shared/result.ts'
import type { Taken } from '../rate-limits/limiter.ts'
import type { Services } from '../services.ts'

/** One request on its way through a route. */
export interface Call {
  readonly services: Services
  readonly request: Pick<Request, 'method' | 'headers'>
  /** For access.ts alone: whoever was let in reads the body by what admission hands out. */
  readonly unreadBody: ReadableStream<Uint8Array> | null
  /** Parameters of the path, percent-decoded. */
  readonly path: Readonly<Record<string, string>>
  /** The whole of it, as the platform normalized it. */
  readonly url: string
  readonly requestId: string
  readonly startedAtMs: number
  /** IATA code of the data centre, `local` outside Cloudflare. */
  readonly edgeLocation: string
  readonly trace: Trace
  /** What becomes known on the way: for the log, and for the headers of the answer. */
  readonly notes: CallNotes
  keepAlive(work: Promise<unknown>): void
}

export interface CallNotes {
  /** The limits that the request was counted against. */
  readonly limits: Taken[]
  /** Where a member was let in. */
  workspaceId?: WorkspaceId
  /** How a cached resource was answered. */
  served?: { readonly status: Served['status']; readonly source: Source }
}

/** How a route lets callers in: what the OpenAPI document says of it too. */
export type Access = 'member' | 'internal-key' | 'metrics-token' | 'operator' | 'alert-settings' | 'public'

/** A body that a route takes: its shape, and how large it may be, which is as small as the shape needs. */
export interface BodyTaken<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  readonly bytesMax: number
}

/** One route: what it takes and gives, as schemas that validate and document at once, and what it does. */
export type Route = OpenRoute | GuardedRoute

/** A route that asks for no user. */
export interface OpenRoute extends RouteBase {
  readonly access: 'public' | 'metrics-token'
  /**
   * Names the answer that a request wants, one of a few, or refuses it: everybody who wants the same answer within
   * `limits.publicAnswerMs` gets the same one (http/public-answers.ts), whatever their `Cache-Control` says.
   */
  variantOf(call: Call): Promise<Result<string, WireError>>
}

/** A route whose handler lets its caller in (auth/admit.ts). */
export interface GuardedRoute extends RouteBase {
  readonly access: Exclude<Access, OpenRoute['access']>
}

interface RouteBase {
  readonly method: 'GET' | 'POST'
  /** With `{parameter}`s. */
  readonly path: string
  readonly summary: string
  /** What the OpenAPI document says besides the summary and who is let in. */
  readonly description?: string
  readonly takes: {
    readonly path?: z.ZodObject
    readonly query?: z.ZodObject
    readonly body?: BodyTaken
  }
  /** Of a success, where it is not 200. */
  readonly status?: 201
  /** The whole body of a success; of an event stream, the data of each event. */
  readonly gives: z.ZodType
  /** Of a success, where it is not JSON. */
  readonly contentType?: 'text/event-stream'
  /** What can go wrong besides what its access and its body bring with them. */
  readonly errors: readonly WireErrorCode[]
  handle(call: Call): Promise<Result<Response, WireError>>
}

/** For an open route that has one answer for everybody. */
export const oneVariant = async (): Promise<Result<string, WireError>> => ok('')
