import type { z } from 'zod'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Served, Source } from '../../shared/resources/resource.ts'
import type { Result } from '../../shared/result.ts'
import type { Taken } from '../rate-limits/limiter.ts'
import type { Services } from '../services.ts'

/** One request on its way through a route. */
export interface Call {
  readonly services: Services
  readonly request: Request
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

/** One route: what it takes and gives, as schemas that validate and document at once, and what it does. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** With `{parameter}`s. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly takes: {
    readonly path?: z.ZodObject
    readonly query?: z.ZodObject
    readonly body?: z.ZodType
  }
  /** The whole body of a 200; of an event stream, the data of each event. */
  readonly gives: z.ZodType
  /** Of a 200, where it is not JSON. */
  readonly contentType?: 'text/event-stream'
  readonly errors: readonly WireErrorCode[]
  handle(call: Call): Promise<Result<Response, WireError>>
}
