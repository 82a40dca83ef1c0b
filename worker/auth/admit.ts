import type { Bearer } from '../../shared/auth/bearer.ts'
import type { Principal } from '../../shared/auth/verify.ts'
import type { Awaitable } from '../../shared/awaitable.ts'
import { whenReady } from '../../shared/awaitable.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { Role, UserId, WorkspaceId } from '../../shared/ids.ts'
import { deploymentId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Config } from '../config.ts'
import type { Taken } from '../rate-limits/limiter.ts'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import { createJobsDoors } from './admit-jobs.ts'
import type { Access, CallerOf, Member, NamedOperator, Operator, Reader, Writer } from './callers.ts'
import type { EmailSender } from './email-sender.ts'
import { matchesKey } from './internal-key.ts'
import type { Memberships } from './membership.ts'
import { userNamedBy, workspaceNamedBy } from './names.ts'
import { subprotocolsOf, tokenAmong } from './subprotocols.ts'
import type { VoicePlatform } from './voice-platform.ts'

/*
 * Every request is admitted in one order, the cheapest check first: the token, the user's limit, the workspace's name, the
 * membership (which may cost the origin a query), the workspace's limit, and only then the rest of the input, the body last.
 * So callers cause no work before they have proved who they are. The workspace's limit comes after the membership because a
 * stranger must not use up a workspace's share. The mount (http/mount.ts) calls the door of a route's access before it reads
 * any input, so handlers have no other way to a caller or a body.
 */

/** The parts that the door needs to decide whether a caller is let in. */
export interface DoorParts {
  readonly bearer: Pick<Bearer, 'authenticate' | 'authenticateToken'>
  readonly memberships: Memberships
  readonly rateLimits: Pick<RateLimits, 'user' | 'workspace'>
  readonly voicePlatform: VoicePlatform
  readonly emailSender: EmailSender
  readonly config: Pick<Config, 'internalAuthKey' | 'metricsToken' | 'operatorsWorkspaceId'>
}

/** The part of a body that names its workspace. If it names a user too, that must be the token's subject. */
export interface NamedInBody {
  readonly workspaceId: WorkspaceId
  readonly userId?: UserId | undefined
}

/** A request, as the door sees it. */
export interface Arrival {
  readonly services: DoorParts
  readonly method: string
  readonly headers: Pick<Headers, 'get'>
  readonly requestId: string
  readonly trace: Trace
  /** Filled in by the door, for the request log and for the headers of the answer. */
  readonly notes: DoorNotes
  /** The workspace that the path names, or the query of a live connection; undefined if it names none. */
  readonly workspaceInUrl: string | undefined
  /** Whether the route's body names its workspace. */
  readonly isNamedByBody: boolean
  /** Reads a body that names its workspace, up to its size limit. Must be called at most once. */
  readNaming(): Promise<Result<NamedInBody, WireError>>
  /** Reads the body of a route that takes a signed one, as it came, up to the size limit of its JSON. */
  readRaw(): Promise<Result<Uint8Array<ArrayBuffer>, WireError>>
  keepAlive(work: Promise<unknown>): void
}

export interface DoorNotes {
  /** The limits that the request was counted against. */
  readonly limits: Taken[]
  /** The workspace that the caller was let into. */
  workspaceId?: WorkspaceId
}

type Admitted<Caller> = Awaitable<Result<Caller, WireError>>

const anybody = ok(null)

const jobsDoors = createJobsDoors<Arrival>({
  holdsInternalKey,
  holdsEmailSecret: ({ headers, services }) => services.emailSender.holdsSecret(headers),
  identify,
  enterAsAdmin: (arrival, principal, workspaceId) => enter(arrival, principal, workspaceId, 'admin'),
  enterAsOperator,
})

/** The door of each kind of access: it answers the caller, or the error with which the request is refused. */
export const doors: { readonly [Kind in Access]: (arrival: Arrival) => Admitted<CallerOf[Kind]> } = {
  public: () => anybody,
  'metrics-token': admitToMetrics,
  'internal-key': admitKeyHolder,
  member: (arrival) => admitMember(arrival, 'member'),
  admin: (arrival) => admitMember(arrival, 'admin'),
  reader: (arrival) => admitReader(arrival, false),
  'reader-or-service': (arrival) => admitReader(arrival, true),
  service: admitToDeployment,
  'service-or-admin': admitServiceOrAdmin,
  operator: admitOperator,
  'alert-settings': admitNamedOperator,
  jobs: jobsDoors.toJobs,
  queues: jobsDoors.toQueues,
  'queue-figures': jobsDoors.toQueueFigures,
  'operator-named': admitNamedOperator,
  'operator-reading': admitReadingOperator,
  'voice-platform': (arrival) => arrival.services.voicePlatform.verify(arrival),
  'voice-signature': (arrival) => arrival.services.voicePlatform.verifySigned(arrival),
  'email-sender': (arrival) => arrival.services.emailSender.verify(arrival),
  'email-figures': jobsDoors.toEmailFigures,
  live: admitLive,
}

/** A browser that opens a WebSocket can send no `Authorization`, so its token is one of the subprotocols that it offers. */
function admitLive(arrival: Arrival): Admitted<Member> {
  const { services, headers } = arrival
  const token = tokenAmong(subprotocolsOf(headers))
  const authenticated =
    token === null
      ? services.bearer.authenticate(headers.get('Authorization'))
      : services.bearer.authenticateToken(token)
  return whenReady(identifyBy(arrival, authenticated), (principal) =>
    principal.ok ? enterNamed(arrival, principal.value, 'member') : principal,
  )
}

function admitMember(arrival: Arrival, needed: Role): Admitted<Member> {
  return whenReady(identify(arrival), (principal) => {
    if (!principal.ok) return principal
    return arrival.isNamedByBody
      ? enterByBody(arrival, principal.value, needed)
      : enterNamed(arrival, principal.value, needed)
  })
}

/** Admits a member of the workspace that the path or X-Workspace-ID names. If both name one, they must agree. */
function enterNamed(arrival: Arrival, principal: Principal, needed: Role): Admitted<Member> {
  const workspaceId = workspaceNamedBy(arrival)
  return workspaceId.ok ? enter(arrival, principal, workspaceId.value, needed) : workspaceId
}

/**
 * Admits a member of the workspace that the body names. If X-Workspace-ID names one too, the membership is looked up by the
 * header before the body is read, and the two must agree. Without the header the body has to be read first, so the limit on
 * such bodies is small.
 */
async function enterByBody(
  arrival: Arrival,
  principal: Principal,
  needed: Role,
): Promise<Result<Member, WireError>> {
  const hasHeader = arrival.headers.get('X-Workspace-ID') !== null
  const byHeader = hasHeader ? await enterNamed(arrival, principal, needed) : null
  if (byHeader !== null && !byHeader.ok) return byHeader

  const read = await arrival.readNaming()
  if (!read.ok) return read
  const { workspaceId, userId } = read.value
  if (userId !== undefined && userId !== principal.userId) return err({ code: 'user_mismatch' })
  if (byHeader === null) return enter(arrival, principal, workspaceId, needed)
  return byHeader.value.workspaceId === workspaceId ? byHeader : err({ code: 'workspace_mismatch' })
}

/** Verifies the token and counts the request against the limit of its user. */
function identify(arrival: Arrival): Admitted<Principal> {
  const { services, headers } = arrival
  return identifyBy(arrival, services.bearer.authenticate(headers.get('Authorization')))
}

function identifyBy(arrival: Arrival, authenticated: Admitted<Principal>): Admitted<Principal> {
  const { services, headers } = arrival
  return whenReady(authenticated, (bearer) => {
    if (!bearer.ok) return bearer
    const { userId } = bearer.value
    return whenReady(holdAgainst(arrival, services.rateLimits.user, userId), (refusal) => {
      if (refusal !== null) return err(refusal)
      const claimedUser = headers.get('X-User-ID')
      return claimedUser === null || claimedUser === userId ? bearer : err({ code: 'user_mismatch' })
    })
  })
}

/** Looks up the user's membership and counts the request against the limit of the workspace. */
function enter(
  arrival: Arrival,
  principal: Principal,
  workspaceId: WorkspaceId,
  needed: Role,
): Admitted<Member> {
  const { services, requestId, trace, keepAlive, notes } = arrival
  return whenReady(services.memberships.roleOf(principal, workspaceId, arrival), (role) => {
    if (!role.ok) return role
    notes.workspaceId = workspaceId
    return whenReady(holdAgainst(arrival, services.rateLimits.workspace, workspaceId), (refusal) => {
      if (refusal !== null) return err(refusal)
      if (needed === 'admin' && role.value !== 'admin') return err({ code: 'admin_required' })
      const { userId, token } = principal
      const caller = { kind: 'member', userId, token, requestId, trace, keepAlive } as const
      return ok({ principal, workspaceId, role: role.value, caller })
    })
  })
}

/**
 * Counts the request against a limit, and answers the refusal or null. While Redis cannot be reached, the platform's limiter
 * decides. A read does not wait for it: a late refusal replaces the read's answer (http/rate-limit-headers.ts). A request that
 * may change something waits for the decision.
 */
function holdAgainst(
  { method, keepAlive, notes }: Arrival,
  take: RateLimits['user'],
  id: string,
): Awaitable<WireError | null> {
  if (take === null) return null
  const taken = take(id, keepAlive)
  notes.limits.push(taken)
  const isRead = method === 'GET' || method === 'HEAD'
  const refusal: WireError = { code: 'rate_limited', retryAfterSeconds: taken.allowance.resetSeconds }
  if (taken.isRefused) return refusal
  return isRead || taken.refusal === null
    ? null
    : whenReady(taken.refusal, (isRefused) => (isRefused ? refusal : null))
}

function admitReader(arrival: Arrival, takesServices: boolean): Admitted<Reader> {
  const wanted = arrival.headers.get(explainHeader)
  if (wanted !== null && wanted !== '0') return admitExplained(arrival, wanted, takesServices)
  return whenReady(identify(arrival), (principal) => {
    if (principal.ok) {
      return whenReady(enterNamed(arrival, principal.value, 'member'), (member) => readerOf(member, false))
    }
    // Nearly all readers are members with a token. The key is compared only if the token was not valid, so members do not
    // pay for the comparison.
    const mayBeKey = takesServices && principal.error.code === 'token_invalid'
    return mayBeKey ? admitServiceInstead(arrival, principal) : principal
  })
}

async function admitServiceInstead(
  arrival: Arrival,
  refused: Result<never, WireError>,
): Promise<Result<Reader, WireError>> {
  return (await holdsInternalKey(arrival)) ? admitService(arrival, false, true) : refused
}

export const explainHeader = 'X-Explain'
const explainFault: WireError = {
  code: 'invalid_parameter',
  details: [{ parameter: explainHeader, message: 'must be 0 or 1' }],
}

async function admitExplained(
  arrival: Arrival,
  wanted: string,
  takesServices: boolean,
): Promise<Result<Reader, WireError>> {
  if (wanted !== '1') return err(explainFault)
  if (await holdsInternalKey(arrival)) return admitService(arrival, true, takesServices)
  return readerOf(await admitMember(arrival, 'admin'), true)
}

function readerOf(member: Result<Member, WireError>, wantsExplanation: boolean): Result<Reader, WireError> {
  if (!member.ok) return member
  const { workspaceId, principal, role, caller } = member.value
  return ok({
    kind: 'member',
    workspaceId,
    userId: principal.userId,
    role,
    caller,
    wantsExplanation,
    mayLoad: true,
  })
}

/** A service may read every workspace, and no user's limit counts its requests, because it sends them for all users. */
function admitService(
  arrival: Arrival,
  wantsExplanation: boolean,
  mayLoad: boolean,
): Result<Reader, WireError> {
  const workspaceId = workspaceNamedBy(arrival)
  if (!workspaceId.ok) return workspaceId
  const userId = userNamedBy(arrival.headers)
  if (!userId.ok) return userId
  arrival.notes.workspaceId = workspaceId.value
  return ok(serviceOf(arrival, workspaceId.value, userId.value, { wantsExplanation, mayLoad }))
}

/** Both kinds of callers write under their own name: the origin is called with the admin's token, or as the backend. */
async function admitServiceOrAdmin(arrival: Arrival): Promise<Result<Writer, WireError>> {
  const isService = await holdsInternalKey(arrival)
  const admitted = isService ? admitService(arrival, false, true) : await admitMember(arrival, 'admin')
  if (!admitted.ok) return admitted
  const { workspaceId, caller } = admitted.value
  return ok({ workspaceId, caller })
}

/** The deployment is no workspace that a header could name, and no answer of it belongs to a user, so both headers are ignored. */
async function admitToDeployment(arrival: Arrival): Promise<Result<Reader, WireError>> {
  if (!(await holdsInternalKey(arrival))) return err({ code: 'key_invalid' })
  const wanted = arrival.headers.get(explainHeader) ?? '0'
  if (wanted !== '0' && wanted !== '1') return err(explainFault)
  return ok(serviceOf(arrival, deploymentId, null, { wantsExplanation: wanted === '1', mayLoad: true }))
}

function serviceOf(
  { requestId, trace, keepAlive }: Arrival,
  workspaceId: WorkspaceId,
  userId: UserId | null,
  rights: Pick<Reader, 'wantsExplanation' | 'mayLoad'>,
): Reader {
  const caller = { kind: 'service', userId, requestId, trace, keepAlive } as const
  return { kind: 'service', workspaceId, userId, role: null, caller, ...rights }
}

function holdsInternalKey({ headers, services }: Arrival): Promise<boolean> {
  return matchesKey(headers.get('Authorization'), services.config.internalAuthKey)
}

async function admitKeyHolder(arrival: Arrival): Promise<Result<null, WireError>> {
  return (await holdsInternalKey(arrival)) ? anybody : err({ code: 'key_invalid' })
}

async function admitToMetrics({ headers, services }: Arrival): Promise<Result<null, WireError>> {
  const { metricsToken } = services.config
  const isLetIn = metricsToken === null || (await matchesKey(headers.get('Authorization'), metricsToken))
  return isLetIn ? anybody : err({ code: 'key_invalid' })
}

/** METRICS_TOKEN names no user, so all its holders together may open as many streams as one workspace. */
const tokenHolder: Operator['holder'] = { workspaceId: null, userId: null }

/** Without an operators' workspace, admins of every workspace are let in, because these figures describe no workspace. */
async function admitOperator(arrival: Arrival): Promise<Result<Operator, WireError>> {
  const { metricsToken, operatorsWorkspaceId } = arrival.services.config
  const hasOperators = operatorsWorkspaceId !== null
  if (metricsToken !== null && (await matchesKey(arrival.headers.get('Authorization'), metricsToken))) {
    const alertSetters = hasOperators ? 'operators' : 'internal_key'
    return ok({ alertSetters, holder: tokenHolder, isStillLetIn: () => true })
  }
  const admin = hasOperators ? await admitAsOperator(arrival) : await admitMember(arrival, 'admin')
  if (!admin.ok) return admin
  const { workspaceId, principal } = admin.value
  return ok({
    alertSetters: hasOperators ? 'you' : 'internal_key',
    holder: { workspaceId, userId: principal.userId },
    async isStillLetIn() {
      const role = await arrival.services.memberships.roleOf(principal, workspaceId, arrival)
      return role.ok && role.value === 'admin'
    },
  })
}

/**
 * An admin of some workspace is a customer and must not silence everybody's alerts, so only the internal key and admins of the
 * operators' workspace are let in. METRICS_TOKEN gives read access only.
 */
async function admitNamedOperator(arrival: Arrival): Promise<Result<NamedOperator, WireError>> {
  if (await holdsInternalKey(arrival)) {
    return ok({ by: { kind: 'internal-key', userId: null, workspaceId: null } })
  }
  const operator = await admitAsOperator(arrival)
  if (!operator.ok) return operator
  const { workspaceId, principal } = operator.value
  return ok({ by: { kind: 'user', userId: principal.userId, workspaceId } })
}

async function admitReadingOperator(arrival: Arrival): Promise<Result<null, WireError>> {
  const { metricsToken } = arrival.services.config
  const mayRead =
    metricsToken !== null && (await matchesKey(arrival.headers.get('Authorization'), metricsToken))
  if (mayRead) return anybody
  const named = await admitNamedOperator(arrival)
  return named.ok ? anybody : named
}

async function admitAsOperator(arrival: Arrival): Promise<Result<Member, WireError>> {
  const principal = await identify(arrival)
  return principal.ok ? enterAsOperator(arrival, principal.value) : principal
}

/** These say that somebody is no operator. Any other error says what kept the door from finding out. */
const notOperators: ReadonlySet<string> = new Set(['not_a_member', 'admin_required'])

/**
 * Lets an admin of the operators' workspace in, and refuses everybody else with `operator_required`, whatever they are in other
 * workspaces. `admin_required` refuses those who are no admin of the workspace that the request is about.
 */
async function enterAsOperator(arrival: Arrival, principal: Principal): Promise<Result<Member, WireError>> {
  const { operatorsWorkspaceId } = arrival.services.config
  if (operatorsWorkspaceId === null) return err({ code: 'operator_required' })
  const operator = await enter(arrival, principal, operatorsWorkspaceId, 'admin')
  return operator.ok || !notOperators.has(operator.error.code) ? operator : err({ code: 'operator_required' })
}
