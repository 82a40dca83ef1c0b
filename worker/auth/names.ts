import { LRUCache } from 'lru-cache'
import type { WireError } from '../../shared/contract/errors.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import { userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

interface Naming {
  readonly headers: Pick<Headers, 'get'>
  readonly workspaceInUrl: string | undefined
}

/** Ids that were found well-formed. Nearly every request names one of the same few, and parsing one takes 1 % of a hit. */
const wellFormed = new LRUCache<string, Result<WorkspaceId, WireError>>({ max: limits.isolateViewsMax })

/** The workspace that the path names, or else X-Workspace-ID. If both name one, they must agree. */
export function workspaceNamedBy({ headers, workspaceInUrl }: Naming): Result<WorkspaceId, WireError> {
  const header = headers.get('X-Workspace-ID')
  const given = workspaceInUrl ?? header
  if (given === null) return err({ code: 'workspace_missing' })
  const parsed = wellFormed.get(given) ?? parseWorkspaceId(given, workspaceInUrl === undefined)
  return parsed.ok && header !== null && header !== given ? err({ code: 'workspace_mismatch' }) : parsed
}

/** The workspace that X-Workspace-ID names, on a route that leaves it to the caller whether to send it. */
export function parseWorkspaceHeader(header: string): Result<WorkspaceId, WireError> {
  return wellFormed.get(header) ?? parseWorkspaceId(header, true)
}

function parseWorkspaceId(given: string, isHeader: boolean): Result<WorkspaceId, WireError> {
  const parsed = workspaceIdSchema.safeParse(given)
  if (!parsed.success) {
    const parameter = isHeader ? 'X-Workspace-ID' : 'workspaceId'
    const details = faultsOf(parsed.error).map(({ message }) => ({ parameter, message }))
    return err({ code: 'invalid_parameter', details })
  }
  const workspaceId = ok(parsed.data)
  wellFormed.set(given, workspaceId)
  return workspaceId
}

/** The user that a service names in X-User-ID; null if it names none. */
export function userNamedBy(headers: Pick<Headers, 'get'>): Result<UserId | null, WireError> {
  const given = headers.get('X-User-ID')
  if (given === null) return ok(null)
  const parsed = userIdSchema.safeParse(given)
  if (parsed.success) return ok(parsed.data)
  const details = [{ parameter: 'X-User-ID', message: 'must be the id of a user' }]
  return err({ code: 'invalid_parameter', details })
}
