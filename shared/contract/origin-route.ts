import type { z } from 'zod'
import type { WireErrorCode } from './errors.ts'

/**
 * The access of a route of the origin. `writer`: a member with their own JWT, or a holder of the internal key. `member`: the internal
 * key and, in `X-Caller-Token`, the JWT of the user on whose behalf it is used. `reader`: as `member`, or without that token on behalf
 * of the CRM's backend. `member-in-workspace`: as `member`, and the user must be a member of the workspace in the path. `service-or-admin`: as `reader`, and the
 * user must be a member of the workspace in the header; the database decides whether an admin. `jobs`: an operator, for every
 * workspace or the one in the header, or an admin of the workspace in the header. `operator`: a holder of the internal
 * key, or an admin of the operators' workspace. Both take the credentials of `writer`.
 */
export type OriginAccess =
  | 'public'
  | 'internal-key'
  | 'writer'
  | 'member'
  | 'reader'
  | 'member-in-workspace'
  | 'service-or-admin'
  | 'jobs'
  | 'operator'

/** The declaration of a route of the origin, from which it is mounted and documented. */
export interface OriginRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Parameters are written `{parameter}`. */
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly access: OriginAccess
  /** Whether callers other than the Worker use the route. The OpenAPI document has only those routes. */
  readonly audience: 'callers' | 'worker'
  readonly takes: {
    readonly path?: z.ZodObject
    readonly query?: z.ZodObject
    readonly body?: { readonly schema: z.ZodType; readonly bytesMax: number }
    /** The schema of each line, for a route that takes lines of JSON instead of a single JSON text. */
    readonly lines?: z.ZodType
    /** For a route that takes an e-mail as it was sent (message/rfc822). */
    readonly message?: { readonly bytesMax: number }
  }
  /** The whole body of a success; with `isLines`, one line of it. */
  readonly gives: { readonly status: 200 | 201; readonly schema: z.ZodType; readonly isLines?: true }
  /** The errors of the handler. Those of the access and of the body follow from the declaration. */
  readonly errors: readonly WireErrorCode[]
}
