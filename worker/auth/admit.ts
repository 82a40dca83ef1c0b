import type { z } from 'zod'
import type { Principal } from '../../shared/auth/verify.ts'
import type { AlertSetters } from '../../shared/contract/alerts.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import type { Role, UserId, WorkspaceId } from '../../shared/ids.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'
import type { StreamHolder } from '../deployment/streams/deployment-now.ts'
import { parseBody } from '../http/input.ts'
import type { BodyTaken, Call } from '../http/route.ts'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import { matchesKey } from './internal-key.ts'

/** Reads the body of whoever was let in, and says what is wrong with it. */
type ReadBody = <Schema extends z.ZodType>(
  taken: BodyTaken<Schema>,
) => Promise<Result<z.output<Schema>, WireError>>

/** A user who was let in, and the workspace they were let into. */
export interface Admitted {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly role: Role
  readonly caller: SettingsCaller
  readonly readBody: ReadBody
}

/*
 * The one order in which a request is let in, cheapest first, so that nobody makes this service work before they have
 * shown who they are: the token, the user's limit, the workspace's name, the membership (which may cost the origin a
 * query), the workspace's limit, and only then the body. A stranger must not use a workspace's share up, so that comes
 * behind the membership. Handlers have no other way to the body than what is handed out here.
 */

/**
 * Lets a member in. The workspace is named by the route's path or by X-Workspace-ID; where both name one they must
 * agree.
 */
export async function admit(call: Call, named: string | undefined): Promise<Result<Admitted, WireError>> {
  const principal = await identify(call)
  if (!principal.ok) return principal
  const workspace = workspaceOf(call.request.headers.get('X-Workspace-ID'), named)
  return workspace.ok ? enter(call, principal.value, workspace.value) : workspace
}

/** What a body that names its workspace looks like. A user it names must be the token's subject. */
type NamingBody = z.ZodType<{ workspaceId: WorkspaceId; userId?: UserId | undefined }>

/**
 * Lets a member in to the workspace that the body names. Where X-Workspace-ID names it too, membership is settled by
 * the header before the body is read, and the two must agree. Without the header the body has to be read first: it is for
 * such bodies to be tiny.
 */
export async function admitByBody(
  call: Call,
  body: BodyTaken<NamingBody>,
  needed: Role,
): Promise<Result<Admitted, WireError>> {
  const principal = await identify(call)
  if (!principal.ok) return principal
  const header = call.request.headers.get('X-Workspace-ID')
  const byHeader = header === null ? null : await enterNamed(call, principal.value, header, needed)
  if (byHeader !== null && !byHeader.ok) return byHeader

  const read = await readBodyOf(call)(body)
  if (!read.ok) return read
  const { workspaceId, userId } = read.value
  if (userId !== undefined && userId !== principal.value.userId) return err({ code: 'user_mismatch' })
  if (byHeader === null) return withRole(await enter(call, principal.value, workspaceId), needed)
  return byHeader.value.workspaceId === workspaceId ? byHeader : err({ code: 'workspace_mismatch' })
}

async function enterNamed(
  call: Call,
  principal: Principal,
  header: string,
  needed: Role,
): Promise<Result<Admitted, WireError>> {
  const workspace = workspaceOf(header, undefined)
  return workspace.ok ? withRole(await enter(call, principal, workspace.value), needed) : workspace
}

/** Who calls, by a verified token, and within the limit of that user. */
async function identify(call: Call): Promise<Result<Principal, WireError>> {
  const { services, request } = call
  const bearer = await services.bearer.authenticate(request.headers.get('Authorization'))
  if (!bearer.ok) return bearer
  const { userId } = bearer.value
  const counted = await holdAgainst(call, services.rateLimits.user, userId)
  if (!counted.ok) return counted
  const claimedUser = request.headers.get('X-User-ID')
  return claimedUser === null || claimedUser === userId ? bearer : err({ code: 'user_mismatch' })
}

/** Whether that user is a member, and within the workspace's limit. */
async function enter(
  call: Call,
  principal: Principal,
  workspaceId: WorkspaceId,
): Promise<Result<Admitted, WireError>> {
  const { services, requestId, trace, keepAlive } = call
  const role = await services.memberships.roleOf(principal, workspaceId, call)
  if (!role.ok) return role
  call.notes.workspaceId = workspaceId
  const counted = await holdAgainst(call, services.rateLimits.workspace, workspaceId)
  if (!counted.ok) return counted
  const caller = { token: principal.token, requestId, trace, keepAlive }
  return ok({ principal, workspaceId, role: role.value, caller, readBody: readBodyOf(call) })
}

function withRole(admitted: Result<Admitted, WireError>, needed: Role): Result<Admitted, WireError> {
  const isLacking = admitted.ok && needed === 'admin' && admitted.value.role !== 'admin'
  return isLacking ? err({ code: 'admin_required' }) : admitted
}

function readBodyOf({ request, unreadBody }: Call): ReadBody {
  return (taken) => parseBody(request.headers, unreadBody, taken)
}

/**
 * Counts the request against a limit. What the platform has to be asked for, with Redis away, a read does not wait for: it is
 * judged beside it (http/rate-limit-headers.ts). What changes something is judged before.
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
  const retryAfterSeconds = taken.allowance.resetSeconds
  return isRefused ? err({ code: 'rate_limited', retryAfterSeconds }) : ok(undefined)
}

/** Lets an admin of the workspace in. */
export async function admitAdmin(
  call: Call,
  named: string | undefined,
): Promise<Result<Admitted, WireError>> {
  return withRole(await admit(call, named), 'admin')
}

/** A caller without a user: a holder of a key. */
export interface KeyHolder {
  readonly readBody: ReadBody
}

/** Lets in who holds the internal key. */
export async function admitInternal(call: Call): Promise<Result<KeyHolder, WireError>> {
  const { services, request } = call
  const isKey = await matchesKey(request.headers.get('Authorization'), services.config.internalAuthKey)
  return isKey ? ok({ readBody: readBodyOf(call) }) : err({ code: 'key_invalid' })
}

/** Who was let in to see the deployment, and who may set its alerts as they are to be told. */
export interface Operator {
  readonly alertSetters: AlertSetters
  /** For the bounds on what one of them may hold. */
  readonly holder: StreamHolder
}

/** With METRICS_TOKEN nobody is named: all who hold it have, together, what a workspace has. */
const tokenHolder: StreamHolder = { workspaceId: null, userId: null }

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
    return ok({ alertSetters: hasOperators ? 'operators' : 'internal_key', holder: tokenHolder })
  }
  const admitted = await admitAdminOf(call, operatorsWorkspaceId)
  if (!admitted.ok) return admitted
  const { workspaceId, principal } = admitted.value
  return ok({
    alertSetters: hasOperators ? 'you' : 'internal_key',
    holder: { workspaceId, userId: principal.userId },
  })
}

/**
 * Lets in who may set the alerts of the whole deployment: who holds the internal key, or an admin of the operators'
 * workspace. An admin of just any workspace, a customer's, must not silence everybody's alerts; METRICS_TOKEN only reads.
 */
export async function admitSettingAlerts(call: Call): Promise<Result<KeyHolder, WireError>> {
  const { config } = call.services
  const keyHolder = await admitInternal(call)
  if (keyHolder.ok) return keyHolder
  const admitted = await admitAdminOf(call, config.operatorsWorkspaceId)
  return admitted.ok && config.operatorsWorkspaceId === null ? err({ code: 'admin_required' }) : admitted
}

/** An admin of a workspace; for null, of the one that X-Workspace-ID names. */
async function admitAdminOf(
  call: Call,
  workspaceId: WorkspaceId | null,
): Promise<Result<Admitted, WireError>> {
  if (workspaceId === null) return admitAdmin(call, undefined)
  const principal = await identify(call)
  return principal.ok ? withRole(await enter(call, principal.value, workspaceId), 'admin') : principal
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
