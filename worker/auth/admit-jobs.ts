import type { Principal } from '../../shared/auth/verify.ts'
import type { Awaitable } from '../../shared/awaitable.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { workspaceHeader } from '../../shared/contract/origin.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Config } from '../config.ts'
import type { JobsCaller, Member } from './callers.ts'
import { matchesKey } from './internal-key.ts'
import { workspaceNamedBy } from './names.ts'

/** A request, as far as these doors look at it themselves. */
interface JobsArrival {
  readonly services: { readonly config: Pick<Config, 'metricsToken'> }
  readonly headers: Pick<Headers, 'get'>
  readonly requestId: string
  readonly trace: Trace
  readonly workspaceInUrl: string | undefined
  keepAlive(work: Promise<unknown>): void
}

/** The steps of the door (admit.ts) that these doors are made of. */
interface DoorSteps<Arrival> {
  holdsInternalKey(arrival: Arrival): Promise<boolean>
  /** Whether the caller is the service that brings mail. */
  holdsEmailSecret(arrival: Arrival): Promise<boolean>
  /** Verifies the token and counts the request against the limit of its user. */
  identify(arrival: Arrival): Awaitable<Result<Principal, WireError>>
  /** Lets an admin of the workspace in, and counts the request against its limit. */
  enterAsAdmin(
    arrival: Arrival,
    principal: Principal,
    workspaceId: WorkspaceId,
  ): Awaitable<Result<Member, WireError>>
  /** The error says that the caller is not an operator, or what kept the door from finding out. */
  enterAsOperator(arrival: Arrival, principal: Principal): Promise<Result<Member, WireError>>
}

type JobsDoor<Arrival> = (arrival: Arrival) => Promise<Result<JobsCaller, WireError>>

interface JobsDoors<Arrival> {
  /** Operators, for all workspaces or the one that `X-Workspace-ID` names, and admins of the workspace that it names. */
  readonly toJobs: JobsDoor<Arrival>
  /** Operators: holders of the internal key, and admins of the operators' workspace. */
  readonly toQueues: JobsDoor<Arrival>
  /** Operators, and holders of `METRICS_TOKEN`. */
  readonly toQueueFigures: JobsDoor<Arrival>
  /** The callers of `toJobs`, and holders of the mail secret, who are let in as operators are. */
  readonly toEmailFigures: JobsDoor<Arrival>
}

const refusals: ReadonlySet<string> = new Set(['workspace_missing', 'not_a_member', 'admin_required'])

/** The doors of jobs and queues. The origin decides again, in the caller's name, because others than the Worker call it too. */
export function createJobsDoors<Arrival extends JobsArrival>(steps: DoorSteps<Arrival>): JobsDoors<Arrival> {
  const { holdsInternalKey, holdsEmailSecret, identify, enterAsAdmin, enterAsOperator } = steps

  function serviceOf({ requestId, trace, keepAlive }: Arrival, workspaceId: WorkspaceId | null): JobsCaller {
    return { workspaceId, caller: { kind: 'service', userId: null, requestId, trace, keepAlive } }
  }

  /** The workspace that the header names; null if there is none. */
  function namedIn(arrival: Arrival): Result<WorkspaceId | null, WireError> {
    return arrival.headers.get(workspaceHeader) === null ? ok(null) : workspaceNamedBy(arrival)
  }

  async function toJobs(arrival: Arrival): Promise<Result<JobsCaller, WireError>> {
    const named = namedIn(arrival)
    if (await holdsInternalKey(arrival)) return named.ok ? ok(serviceOf(arrival, named.value)) : named
    const principal = await identify(arrival)
    if (!principal.ok) return principal
    if (!named.ok) return named
    const workspaceId = named.value
    const member = await enterTo(arrival, principal.value, workspaceId)
    return member.ok ? ok({ workspaceId, caller: member.value.caller }) : member
  }

  /** Lets in an admin of the workspace, or else an operator. */
  async function enterTo(
    arrival: Arrival,
    principal: Principal,
    workspaceId: WorkspaceId | null,
  ): Promise<Result<Member, WireError>> {
    const missing = err({ code: 'workspace_missing' } as const)
    const admin = workspaceId === null ? missing : await enterAsAdmin(arrival, principal, workspaceId)
    if (admin.ok || !refusals.has(admin.error.code)) return admin
    const operator = await enterAsOperator(arrival, principal)
    return operator.ok || operator.error.code !== 'operator_required' ? operator : admin
  }

  async function toQueues(arrival: Arrival): Promise<Result<JobsCaller, WireError>> {
    if (await holdsInternalKey(arrival)) return ok(serviceOf(arrival, null))
    const principal = await identify(arrival)
    if (!principal.ok) return principal
    const operator = await enterAsOperator(arrival, principal.value)
    return operator.ok ? ok({ workspaceId: null, caller: operator.value.caller }) : operator
  }

  return {
    toJobs,
    toQueues,
    async toQueueFigures(arrival) {
      const { metricsToken } = arrival.services.config
      const mayRead =
        metricsToken !== null && (await matchesKey(arrival.headers.get('Authorization'), metricsToken))
      return mayRead ? ok(serviceOf(arrival, null)) : toQueues(arrival)
    },
    async toEmailFigures(arrival) {
      if (!(await holdsEmailSecret(arrival))) return toJobs(arrival)
      const named = namedIn(arrival)
      return named.ok ? ok(serviceOf(arrival, named.value)) : named
    },
  }
}
