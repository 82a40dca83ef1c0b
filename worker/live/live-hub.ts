import { DurableObject } from 'cloudflare:workers'
import { z } from 'zod'
import { createBearer } from '../../shared/auth/bearer.ts'
import { systemClock } from '../../shared/clock.ts'
import { liveCloseCodes, livePing, livePong, liveProtocol } from '../../shared/contract/live.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { parseConfig } from '../config.ts'
import type { MetricsShard } from '../deployment/metrics/figures.ts'
import type { MetricsClient } from '../deployment/metrics/metrics-client.ts'
import { createMetricsClient } from '../deployment/metrics/metrics-client.ts'
import type { MetricsOverview } from '../deployment/monitoring-contract.ts'
import { etagOf } from '../entry/entry.ts'
import type { HubAnswer, HubObject, Told } from '../ledger/hub-messages.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { createWatch } from '../ledger/ledger-client.ts'
import { createDeploymentOrigins } from '../outbound/regions/regional-origin.ts'
import { createBodyStore } from './body-store.ts'
import { Hub } from './hub.ts'
import type { HubSocket } from './hub-parts.ts'
import type { LiveArrival } from './live-arrival.ts'
import { arrivalHeader, liveArrivalSchema } from './live-arrival.ts'

interface Bindings {
  readonly LEDGER: DurableObjectNamespace<Ledger>
  readonly METRICS: DurableObjectNamespace<MetricsShard>
  readonly METRICS_OVERVIEW: DurableObjectNamespace<MetricsOverview>
}

const table = `create table if not exists hub (only integer primary key check (only = 1), name text not null, workspace_id text not null,
  location text not null)`
const hubRow = z
  .object({ name: z.string(), workspace_id: workspaceIdSchema, location: z.string() })
  .transform(({ workspace_id, ...row }): LiveArrival['hub'] => ({ ...row, workspaceId: workspace_id }))

/**
 * A hub (hub.ts) as a Durable Object with hibernating sockets: while nothing happens, the platform keeps the connections, and the object
 * is not in memory. Its name is that of its workspace with its number.
 */
export class LiveHub extends DurableObject<Bindings> implements HubObject {
  private readonly state: DurableObjectState
  private readonly sockets = new Map<WebSocket, HubSocket>()
  private readonly metrics: MetricsClient
  private location = 'local'
  private hub: Hub | null

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    this.state = state
    this.metrics = createMetricsClient(env.METRICS, env.METRICS_OVERVIEW, systemClock)
    // It is no isolate that answers requests.
    this.metrics.observe(() => ({ live_sockets: this.hub?.size ?? 0, isolates: 0 }))
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(livePing, livePong))
    state.storage.sql.exec(table)
    const [row] = [...state.storage.sql.exec('select name, workspace_id, location from hub')]
    this.hub = row === undefined ? null : this.openHub(hubRow.parse(row), env)
  }

  /** Takes a client that the Worker's door has let in. The answer has the status 101, or says why the hub does not take it. */
  override async fetch(request: Request): Promise<Response> {
    const arrival = liveArrivalSchema.parse(JSON.parse(request.headers.get(arrivalHeader) ?? 'null'))
    const hub = this.hub ?? this.begin(arrival.hub)
    const admission = await hub.admit(arrival.joining)
    this.metrics.recorder.record({ kind: 'live-connect', outcome: admission.kind })
    this.report()
    if (admission.kind !== 'admitted') return Response.json(admission)
    const { 0: client, 1: server } = new WebSocketPair()
    this.state.acceptWebSocket(server)
    hub.connected(this.socketOf(server), arrival.joining)
    const headers = { 'Sec-WebSocket-Protocol': liveProtocol }
    return new Response(null, { status: 101, webSocket: client, headers })
  }

  /** Called by the workspace's ledger. */
  tell(told: Told): HubAnswer {
    const answer = this.hub?.tell(told) ?? 'gone'
    this.report()
    return answer
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    // Frames are texts. An empty one is as invalid as any bytes.
    const text = typeof message === 'string' ? message : ''
    try {
      await this.hub?.message(this.socketOf(socket), text)
    } catch (error) {
      // The message of a foreign error may hold contact data.
      const name = error instanceof Error ? error.name : typeof error
      console.error(JSON.stringify({ level: 'error', live: 'a frame could not be taken', error: name }))
      this.socketOf(socket).close(liveCloseCodes.comeBack, 'comeBack')
      this.hub?.closed(this.socketOf(socket))
    }
    this.report()
  }

  override webSocketClose(socket: WebSocket): void {
    this.leave(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.leave(socket)
  }

  override async alarm(): Promise<void> {
    await this.hub?.alarm()
    this.report()
  }

  private leave(socket: WebSocket): void {
    const left = this.socketOf(socket)
    this.hub?.closed(left)
    left.close(1_000, '')
    this.sockets.delete(socket)
    this.report()
  }

  /** Sends what was counted to the metrics of the location from which the hub was opened. */
  private report(): void {
    const flushed = this.metrics.flushSoon(this.location)
    if (flushed !== null) this.state.waitUntil(flushed)
  }

  /** Writes down which hub this is. The platform does not tell an object its name. */
  private begin({ name, workspaceId, location }: LiveArrival['hub']): Hub {
    const statement = 'insert or replace into hub (only, name, workspace_id, location) values (1, ?, ?, ?)'
    this.state.storage.sql.exec(statement, name, workspaceId, location)
    this.hub = this.openHub({ name, workspaceId, location }, this.env)
    return this.hub
  }

  private openHub({ name, workspaceId, location }: LiveArrival['hub'], env: Bindings): Hub {
    const { state, metrics } = this
    const config = parseConfig(env)
    const { recorder } = metrics
    const { origin } = createDeploymentOrigins(config, { clock: systemClock, recorder })
    const bearer = createBearer({
      ...{ ...config.jwt, jwtSecret: config.jwt.secret, clock: systemClock },
      unknownKey: 'token_invalid',
      fetch: (url, init) => fetch(url, init),
    })
    this.location = location
    return new Hub({
      ...{ workspaceId, recorder, etagOf, clock: systemClock, random: Math.random },
      watch: createWatch(
        () => env.LEDGER.get(env.LEDGER.idFromName(workspaceId)),
        name,
        systemClock,
        recorder,
      ),
      load: (question, owner, version) =>
        origin.load(
          question,
          { workspaceId, userId: owner, version },
          { kind: 'service', userId: owner, requestId: crypto.randomUUID() },
        ),
      verify: (token) => bearer.authenticateToken(token),
      bodies: createBodyStore(state.storage, limits.liveBodiesBytesMax),
      setAlarm: (atMs) => state.waitUntil(state.storage.setAlarm(atMs)),
      keepAlive: (work) => state.waitUntil(work),
      sockets: state.getWebSockets().map((socket) => this.socketOf(socket)),
    })
  }

  private socketOf(socket: WebSocket): HubSocket {
    const known = this.sockets.get(socket) ?? wrapped(socket)
    this.sockets.set(socket, known)
    return known
  }
}

/** A socket whose other end may be gone already: then there is nothing more to do with it, and the platform tells so by itself. */
function wrapped(socket: WebSocket): HubSocket {
  const ignoringItsEnd = (work: () => void) => {
    try {
      work()
    } catch {
      return
    }
  }
  return {
    send: (text) => ignoringItsEnd(() => socket.send(text)),
    close: (code, reason) => ignoringItsEnd(() => socket.close(code, reason)),
    attach: (text) => ignoringItsEnd(() => socket.serializeAttachment(text)),
    attached() {
      const attached: unknown = socket.deserializeAttachment()
      return typeof attached === 'string' ? attached : null
    },
  }
}
