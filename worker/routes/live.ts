import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import { liveProtocol } from '../../shared/contract/live.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Member } from '../auth/callers.ts'
import { subprotocolHeader, subprotocolsOf } from '../auth/subprotocols.ts'
import { respondError } from '../http/answers.ts'
import { type Call, defineRoute, type HeadersTaken } from '../http/route.ts'
import type { Demand } from '../ledger/view.ts'
import type { LiveOpened } from '../live/live-client.ts'

/** The headers of a WebSocket's opening handshake (RFC 6455, section 4.2.1) that decide here. */
interface Handshake {
  readonly isUpgrade: boolean
  readonly subprotocols: readonly string[]
  readonly origin: string | null
  readonly host: string | null
}

const handshake: HeadersTaken<'Upgrade' | typeof subprotocolHeader | 'Origin' | 'Host', Handshake> = {
  described: {
    Upgrade: 'Must be `websocket`.',
    [subprotocolHeader]: `Must offer \`${liveProtocol}\`, and from a browser \`bearer.\` with the token.`,
    Origin: "From a browser, the page's origin: the Worker's own or one of `ALLOWED_ORIGINS`.",
    Host: "The Worker's own host.",
  },
  read: (headers) =>
    ok({
      isUpgrade: headers.get('Upgrade')?.toLowerCase() === 'websocket',
      subprotocols: subprotocolsOf({ get: () => headers.get(subprotocolHeader) }),
      origin: headers.get('Origin'),
      host: headers.get('Host'),
    }),
}

type LiveCall = Call<Member, { readonly headers: Handshake }>

/** A membership that moves again and again is not judged for ever. */
const attemptsMax = 3

/**
 * `GET /api/live`. The Worker is the door: it verifies the token, counts the request, and looks the membership up, before a hub of the
 * workspace takes the connection. From then on the hub alone talks with the client.
 */
export const liveRoute = defineRoute({
  method: 'GET',
  path: '/api/live',
  summary: 'Changes in what a browser shows, over a WebSocket',
  description:
    'The client names the questions that it shows, by the paths of their GETs, and is told what changes in their answers. The frames are documented in worker/live/README.md.',
  status: 101,
  access: 'live',
  takes: { query: z.strictObject({ workspaceId: workspaceIdSchema.optional() }), headers: handshake },
  gives: z.null(),
  errors: [
    'invalid_parameter',
    'origin_not_allowed',
    'too_many_streams',
    'upgrade_required',
    'overloaded',
    'ledger_unavailable',
  ],
  async handle(call) {
    const refusal = refusalOf(call)
    if (refusal?.code === 'upgrade_required') {
      const response = respondError(refusal, call.requestId)
      // RFC 9110 section 15.5.22.
      response.headers.set('Upgrade', 'websocket')
      return ok(response)
    }
    if (refusal !== null) return err(refusal)
    const opened = await opening(call)
    if (!opened.ok) return opened
    if (opened.value.kind !== 'open') return err(refusals[opened.value.kind])
    const { webSocket } = opened.value
    const switching = { status: 101, webSocket, headers: { [subprotocolHeader]: liveProtocol } }
    return ok(new Response(null, switching))
  },
})

const refusals: Readonly<Record<Exclude<LiveOpened['kind'], 'open'>, WireError>> = {
  'user-full': { code: 'too_many_streams', retryAfterSeconds: limits.retryAfterSeconds },
  full: { code: 'overloaded', retryAfterSeconds: limits.retryAfterSeconds },
  away: { code: 'overloaded', retryAfterSeconds: limits.retryAfterSeconds },
  'membership-moved': { code: 'overloaded', retryAfterSeconds: limits.retryAfterSeconds },
  'ledger-away': { code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds },
}

function refusalOf({ services, input }: LiveCall): WireError | null {
  const { isUpgrade, subprotocols, origin, host } = input.headers
  if (!isUpgrade) return { code: 'upgrade_required' }
  if (!subprotocols.includes(liveProtocol)) {
    const details = [{ parameter: subprotocolHeader, message: `must offer ${liveProtocol}` }]
    return { code: 'invalid_parameter', details }
  }
  const isOwn = origin !== null && host !== null && URL.parse(origin)?.host === host
  const isAllowed = origin === null || isOwn || services.config.allowedOrigins.includes(origin)
  return isAllowed ? null : { code: 'origin_not_allowed' }
}

/**
 * Opens a connection at a hub. The membership is judged by a view of the ledger whose version the hub learns, so that a removal that the
 * hub knows already is not overlooked here.
 */
async function opening(call: LiveCall): Promise<Result<LiveOpened, WireError>> {
  const { services, caller, edgeLocation, keepAlive } = call
  const { principal, workspaceId } = caller
  let demand: Demand = { kind: 'bounded' }
  let opened: LiveOpened = { kind: 'away' }
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const proof = await services.views.current(workspaceId, demand, keepAlive)
    if (!proof.ok) return err(refusals['ledger-away'])
    const role = await services.memberships.roleOf(principal, workspaceId, call)
    if (!role.ok) return role
    const { ledgerId, version } = proof.value
    const joining = {
      userId: principal.userId,
      tokenExpiresAtMs: principal.expiresAtMs,
      memberAt: { ledgerId, version },
    }
    opened = await services.live.open(workspaceId, joining, edgeLocation)
    if (opened.kind !== 'membership-moved') break
    demand = { kind: 'at-least', version: opened.version }
  }
  return ok(opened)
}
