import type { MiddlewareHandler } from 'hono'
import type { WireError } from '../../shared/contract/errors.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import type { Caller } from '../database/caller.ts'
import { parseWorkspaceHeader, parseWorkspaceId } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError, respondFailure } from '../http/respond.ts'
import type { Memberships } from './membership.ts'
import type { RateLimits } from './rate-limits.ts'

type NamedWorkspace = (context: OriginContext) => Result<WorkspaceId, WireError>

/** Runs after the credentials and before any body is read. Checks the workspace, the rate limits and the membership. */
interface Admission {
  /** Admits members and the backend to the workspace that `X-Workspace-ID` names. */
  readonly toWorkspaceOfHeader: MiddlewareHandler<OriginEnv>
  /** Admits members to the workspace that the path names. */
  readonly toWorkspaceOfPath: MiddlewareHandler<OriginEnv>
}

/**
 * The order is that of the Worker's door. A request counts against its user before the membership is looked up, which may
 * cost a query, and against the workspace only after that, so that no stranger can use up a workspace's limit. Requests
 * with the internal key are not counted, because the Worker has counted those that it passes on.
 */
export function createAdmission(rateLimits: RateLimits, memberships: Memberships): Admission {
  async function refuse(context: OriginContext, workspaceOf: NamedWorkspace): Promise<Response | null> {
    const { caller, hasInternalKey } = context.var
    const limited = hasInternalKey || caller.kind === 'backend' ? null : caller
    const refusedUser = limited === null ? null : refusalOf(context, rateLimits.user(limited.userId))
    if (refusedUser !== null) return refusedUser

    const workspaceId = workspaceOf(context)
    if (!workspaceId.ok) return respondError(context, workspaceId.error)
    context.set('workspaceId', workspaceId.value)
    const stranger = await refuseStranger(context, caller, workspaceId.value)
    if (stranger !== null) return stranger
    return limited === null ? null : refusalOf(context, rateLimits.workspace(workspaceId.value))
  }

  async function refuseStranger(
    context: OriginContext,
    caller: Caller,
    workspaceId: WorkspaceId,
  ): Promise<Response | null> {
    if (caller.kind === 'backend') return null
    const role = await memberships.roleOf(caller, workspaceId)
    if (!role.ok) return respondFailure(context, role.error)
    return role.value === null ? respondFailure(context, { kind: 'forbidden' }) : null
  }

  const admittedTo =
    (workspaceOf: NamedWorkspace): MiddlewareHandler<OriginEnv> =>
    async (context, next) =>
      (await refuse(context, workspaceOf)) ?? (await next())

  return {
    toWorkspaceOfHeader: admittedTo(parseWorkspaceHeader),
    toWorkspaceOfPath: admittedTo(parseWorkspaceId),
  }
}

function refusalOf(context: OriginContext, retryAfterSeconds: number | null): Response | null {
  return retryAfterSeconds === null
    ? null
    : respondError(context, { code: 'rate_limited', retryAfterSeconds })
}
