import type { MiddlewareHandler } from 'hono'
import type { WireError } from '../../shared/contract/errors.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Member } from '../database/caller.ts'
import { wireErrorOf } from '../failures.ts'
import { parseWorkspaceHeader } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'
import type { Memberships } from './membership.ts'
import type { RateLimits } from './rate-limits.ts'

/** Runs after the credentials and before any body is read. */
interface JobsAdmission {
  /**
   * Admits operators to the jobs of every workspace, or of the one that `X-Workspace-ID` names, and admins to the jobs of the workspace
   * that it names.
   */
  readonly toJobs: MiddlewareHandler<OriginEnv>
  /** Admits operators: holders of the internal key, and admins of the operators' workspace. */
  readonly toQueues: MiddlewareHandler<OriginEnv>
}

interface JobsAdmissionParts {
  readonly rateLimits: RateLimits
  readonly memberships: Pick<Memberships, 'roleNow'>
  /** Null: only the internal key operates the deployment. */
  readonly operatorsWorkspaceId: WorkspaceId | null
}

interface Admitted {
  readonly scope: WorkspaceId | null
  readonly isOperator: boolean
}

/**
 * The queues are reached with rights of their own, so no SQL function checks a caller again: a role is looked up for each request, and
 * a failure to find it out refuses the caller. As at the other doors, a request with the internal key is not counted against limits.
 */
export function createJobsAdmission(parts: JobsAdmissionParts): JobsAdmission {
  const { rateLimits, memberships, operatorsWorkspaceId } = parts

  async function isAdmin(member: Member, workspaceId: WorkspaceId): Promise<Result<boolean, WireError>> {
    const role = await memberships.roleNow(member, workspaceId)
    return role.ok ? ok(role.value === 'admin') : err(wireErrorOf(role.error))
  }

  async function isOperator(member: Member): Promise<Result<boolean, WireError>> {
    return operatorsWorkspaceId === null ? ok(false) : isAdmin(member, operatorsWorkspaceId)
  }

  async function admitMember(
    member: Member,
    workspaceId: WorkspaceId | null,
  ): Promise<Result<Admitted, WireError>> {
    const role = workspaceId === null ? ok(null) : await memberships.roleNow(member, workspaceId)
    if (!role.ok) return err(wireErrorOf(role.error))
    const isOperators = workspaceId === operatorsWorkspaceId
    if (role.value === 'admin') return ok({ scope: workspaceId, isOperator: isOperators })
    const operator = isOperators && workspaceId !== null ? ok(false) : await isOperator(member)
    if (!operator.ok) return operator
    if (operator.value) return ok({ scope: workspaceId, isOperator: true })
    if (workspaceId === null) return err({ code: 'workspace_missing' })
    return err({ code: role.value === null ? 'not_a_member' : 'admin_required' })
  }

  async function admitToJobs(context: OriginContext): Promise<Result<Admitted, WireError>> {
    const isNamed = context.req.header('X-Workspace-ID') !== undefined
    const named = isNamed ? parseWorkspaceHeader(context) : ok(null)
    if (!named.ok) return named
    const { caller } = context.var
    if (caller.kind === 'backend') return ok({ scope: named.value, isOperator: true })
    return admitMember(caller, named.value)
  }

  async function admitToQueues({ var: { caller } }: OriginContext): Promise<Result<Admitted, WireError>> {
    const operator = caller.kind === 'backend' ? ok(true) : await isOperator(caller)
    if (!operator.ok) return operator
    return operator.value ? ok({ scope: null, isOperator: true }) : err({ code: 'operator_required' })
  }

  const admittedBy =
    (admit: (context: OriginContext) => Promise<Result<Admitted, WireError>>): MiddlewareHandler<OriginEnv> =>
    async (context, next) => {
      const { caller, hasInternalKey } = context.var
      const isCounted = !hasInternalKey && caller.kind === 'member'
      const userWait = isCounted ? rateLimits.user(caller.userId) : null
      if (userWait !== null) return refuse(context, userWait)
      const admitted = await admit(context)
      if (!admitted.ok) return respondError(context, admitted.error)
      const { scope, isOperator } = admitted.value
      context.set('jobsScope', scope)
      context.set('isOperator', isOperator)
      if (scope === null) return next()
      const workspaceWait = isCounted ? rateLimits.workspace(scope) : null
      if (workspaceWait !== null) return refuse(context, workspaceWait)
      context.set('workspaceId', scope)
      return next()
    }

  return { toJobs: admittedBy(admitToJobs), toQueues: admittedBy(admitToQueues) }
}

function refuse(context: OriginContext, retryAfterSeconds: number): Response {
  return respondError(context, { code: 'rate_limited', retryAfterSeconds })
}
