import { setTimeout as pause } from 'node:timers/promises'
import { validateBounds as bounds } from './bounds.ts'
import type { Given } from './given.ts'

/**
 * `admin` and `member` are users of the canary. `backend` has the internal key and acts for the admin's user, `service` has the key and
 * names no workspace. `nobody` sends nothing.
 */
export type Caller = 'admin' | 'member' | 'backend' | 'service' | 'nobody'

export interface Sent {
  readonly method?: string
  readonly as?: Caller
  /** Added to those of the caller, which they replace. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Another address of the same deployment. */
  readonly at?: string
  /** Whether its time matters, so that it is never delayed by a limit. */
  readonly isTimed?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** From the request to the end of the body. */
  readonly durationMs: number
}

export type Ask = (path: string, sent?: Sent) => Promise<Answer>

/** There was no answer within the deadline, or no connection. The message has the route and no secret. */
export class NoAnswer extends Error {}

/** A check has used up the requests that were announced for it. */
export class BudgetSpent extends Error {}

/** The deployment, asked within the bounds of the run. */
export interface Deployment {
  /** Asks within the budget of one check. */
  within(requestsMax: number): { readonly ask: Ask; sent(): number }
  /** Waits until this many requests of the admin fit into what the limits leave. */
  makeRoom(requests: number): Promise<void>
}

interface Allowance {
  readonly remaining: number
  readonly reserved: number
  readonly resetsAtMs: number
}

/**
 * Creates the one way in which the run asks a deployment: every request has a deadline, ends when the run ends, and is counted; users
 * never get past their own limits, so that whoever shares the canary is not refused because of this run.
 */
export function createDeployment(
  given: Given,
  signal: AbortSignal,
  onPause: (seconds: number) => void,
): Deployment {
  const allowances = new Map<Caller, Allowance>()

  async function makeRoomFor(caller: Caller, requests: number): Promise<void> {
    const allowance = allowances.get(caller)
    if (allowance === undefined || allowance.remaining - requests >= allowance.reserved) return
    const seconds = Math.ceil((allowance.resetsAtMs - performance.now()) / 1_000)
    allowances.delete(caller)
    if (seconds <= 0) return
    const pausedSeconds = Math.min(seconds, bounds.pauseSecondsMax)
    onPause(pausedSeconds)
    await pause(pausedSeconds * 1_000, undefined, { signal })
  }

  async function send(path: string, sent: Sent): Promise<Answer> {
    const { method = 'GET', as = 'admin', at = given.url } = sent
    const startMs = performance.now()
    try {
      const response = await fetch(`${at}${path}`, {
        method,
        headers: { ...headersOf(given, as), ...sent.headers },
        ...(sent.body === undefined ? {} : { body: sent.body }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(bounds.requestDeadlineMs)]),
      })
      const text = await response.text()
      const durationMs = performance.now() - startMs
      const allowance = allowanceOf(response.headers)
      if (allowance !== null) allowances.set(as, allowance)
      return { status: response.status, headers: response.headers, text, durationMs }
    } catch (error) {
      signal.throwIfAborted()
      const isLate = error instanceof Error && error.name === 'TimeoutError'
      const reason = isLate ? `no answer within ${bounds.requestDeadlineMs} ms` : 'no connection'
      throw new NoAnswer(`${method} ${path.slice(0, 100)}: ${reason}`)
    }
  }

  return {
    within(requestsMax) {
      let count = 0
      const ask: Ask = async (path, sent = {}) => {
        signal.throwIfAborted()
        count += 1
        if (count > requestsMax)
          throw new BudgetSpent(`the check needs more than its ${requestsMax} requests`)
        if (sent.isTimed !== true) await makeRoomFor(sent.as ?? 'admin', 1)
        return send(path, sent)
      }
      return { ask, sent: () => Math.min(count, requestsMax) }
    },
    makeRoom: (requests) => makeRoomFor('admin', requests),
  }
}

function headersOf(given: Given, caller: Caller): Record<string, string> {
  const { tokens, internalAuthKey, workspaceId } = given
  const workspace = { 'X-Workspace-ID': workspaceId }
  if (caller === 'nobody') return {}
  if (caller === 'admin') return { ...workspace, Authorization: `Bearer ${tokens.admin}` }
  if (caller === 'member') return { ...workspace, Authorization: `Bearer ${tokens.member ?? ''}` }
  const key = { Authorization: `Bearer ${internalAuthKey ?? ''}` }
  return caller === 'service' ? key : { ...key, ...workspace, 'X-User-ID': tokens.userId }
}

/** How the caller stands, by the scope that leaves the least (draft-ietf-httpapi-ratelimit-headers-11); null without limits. */
function allowanceOf(headers: Headers): Allowance | null {
  const quotas = new Map(
    [...(headers.get('RateLimit-Policy') ?? '').matchAll(/"([a-z]+)";q=(\d+)/g)].map(([, scope, q]) => [
      scope,
      Number(q),
    ]),
  )
  const stands = [...(headers.get('RateLimit') ?? '').matchAll(/"([a-z]+)";r=(\d+);t=(\d+)/g)].map(
    ([, scope, r, t]) => ({
      remaining: Number(r),
      reserved: Math.ceil((quotas.get(scope) ?? 0) * bounds.reservedShare),
      resetsAtMs: performance.now() + Number(t) * 1_000,
    }),
  )
  return (
    stands.toSorted((one, other) => one.remaining - one.reserved - (other.remaining - other.reserved))[0] ??
    null
  )
}
