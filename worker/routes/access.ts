import type { Principal } from '../../shared/auth/verify.ts'
import type { AlertSetters } from '../../shared/contract/alerts.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import type { Role, WorkspaceId } from '../../shared/ids.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { matchesKey } from '../auth/internal-key.ts'
import type { SettingsCaller } from '../cache/settings.ts'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import type { Call } from './route.ts'

/** A user who was let in, and the workspace they were let into. */
export interface Admitted {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly role: Role
  readonly caller: SettingsCaller
}

/**
 * Lets a member in: the token first, then who and where. The workspace is named by the route (path or body) or by
 * X-Workspace-ID; where both name one they must agree.
 */
export async function admit(call: Call, named: string | undefined): Promise<Result<Admitted, WireError>> {
  const { services, request, requestId } = call
  const bearer = await services.bearer.authenticate(request.headers.get('Authorization'))
  if (!bearer.ok) return bearer
  const principal = bearer.value
  const claimedUser = request.headers.get('X-User-ID')
  if (claimedUser !== null && claimedUser !== principal.userId) return err({ code: 'user_mismatch' })

  const workspace = workspaceOf(request.headers.get('X-Workspace-ID'), named)
  if (!workspace.ok) return workspace
  // Before the membership, which asks the origin each time for who is none.
  const user = await holdAgainst(call, services.rateLimits.user, principal.userId)
  if (!user.ok) return user
  const role = await services.memberships.roleOf(principal, workspace.value, requestId, call.trace)
  if (!role.ok) return role
  call.notes.workspaceId = workspace.value
  // Behind it: a stranger must not use a workspace's share up.
  const shared = await holdAgainst(call, services.rateLimits.workspace, workspace.value)
  if (!shared.ok) return shared
  const caller = { token: principal.token, requestId, trace: call.trace, keepAlive: call.keepAlive }
  return ok({ principal, workspaceId: workspace.value, role: role.value, caller })
}

/**
 * Counts the request against a limit. What the platform has to be asked for, with Redis away, a read does not wait for: it is
 * judged beside it (rate-limits/answer.ts). What changes something is judged before.
 */
async function holdAgainst(
  { request, keepAlive, notes }: Call,
  take: RateLimits['user'],
  id: string,
): Promise<Result<void, WireError>> {
  if (take === null) return ok(undefined)
  const taken = take(id, keepAlive)
  notes.limits.push(taken)
  const isRefused = taken.isRefused || (request.method === 'POST' && (await taken.refusal) === true)
  const retryAfterSeconds = taken.standing.resetSeconds
  return isRefused ? err({ code: 'rate_limited', retryAfterSeconds }) : ok(undefined)
}

/** Lets an admin of the workspace in. */
export async function admitAdmin(
  call: Call,
  named: string | undefined,
): Promise<Result<Admitted, WireError>> {
  const admitted = await admit(call, named)
  return admitted.ok && admitted.value.role !== 'admin' ? err({ code: 'admin_required' }) : admitted
}

/** Lets in who holds the internal key. */
export async function admitInternal({ services, request }: Call): Promise<Result<void, WireError>> {
  const isKey = await matchesKey(request.headers.get('Authorization'), services.config.internalAuthKey)
  return isKey ? ok(undefined) : err({ code: 'key_invalid' })
}

/** Who was let in to see the deployment, and who may set its alerts as they are to be told. */
export interface Operator {
  readonly alertSetters: AlertSetters
}

/**
 * Lets in who operates the deployment: who holds METRICS_TOKEN, or an admin of the operators' workspace. Where there is none,
 * an admin of any workspace: what is shown tells of none.
 */
export async function admitOperator(call: Call): Promise<Result<Operator, WireError>> {
  const { services, request } = call
  const { metricsToken, operatorsWorkspaceId } = services.config
  const authorization = request.headers.get('Authorization')
  const hasOperators = operatorsWorkspaceId !== null
  if (metricsToken !== null && (await matchesKey(authorization, metricsToken))) {
    return ok({ alertSetters: hasOperators ? 'operators' : 'internal_key' })
  }
  const admitted = await admitAdminOf(call, operatorsWorkspaceId)
  return admitted.ok ? ok({ alertSetters: hasOperators ? 'you' : 'internal_key' }) : admitted
}

/**
 * Lets in who may set the alerts of the whole deployment: who holds the internal key, or an admin of the operators'
 * workspace. An admin of just any workspace, a customer's, must not silence everybody's alerts; METRICS_TOKEN only reads.
 */
export async function admitSettingAlerts(call: Call): Promise<Result<void, WireError>> {
  const { config } = call.services
  if ((await admitInternal(call)).ok) return ok(undefined)
  const admitted = await admitAdminOf(call, config.operatorsWorkspaceId)
  return admitted.ok && config.operatorsWorkspaceId === null ? err({ code: 'admin_required' }) : admitted
}

/** An admin of a workspace; for null, of the one that X-Workspace-ID names. */
async function admitAdminOf(call: Call, workspaceId: WorkspaceId | null): Promise<Result<void, WireError>> {
  const { services, request, requestId } = call
  const bearer = await services.bearer.authenticate(request.headers.get('Authorization'))
  if (!bearer.ok) return bearer
  const workspace =
    workspaceId === null ? workspaceOf(request.headers.get('X-Workspace-ID'), undefined) : ok(workspaceId)
  if (!workspace.ok) return workspace
  const role = await services.memberships.roleOf(bearer.value, workspace.value, requestId, call.trace)
  if (!role.ok) return role
  return role.value === 'admin' ? ok(undefined) : err({ code: 'admin_required' })
}

/** The workspace that the route names, or else the header. */
export function workspaceOf(
  header: string | null,
  named: string | undefined,
): Result<WorkspaceId, WireError> {
  const given = named ?? header
  if (given === null) return err({ code: 'workspace_missing' })
  const parsed = workspaceIdSchema.safeParse(given)
  if (!parsed.success) {
    const parameter = named === undefined ? 'X-Workspace-ID' : 'workspaceId'
    return err({
      code: 'invalid_parameter',
      details: faultsOf(parsed.error).map(({ message }) => ({ parameter, message })),
    })
  }
  return header !== null && header !== given ? err({ code: 'workspace_mismatch' }) : ok(parsed.data)
}
