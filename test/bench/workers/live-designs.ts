import { z } from 'zod'
import { createApp } from '../../../worker/app.ts'
import { MetricsStore as RealMetricsStore } from '../../../worker/deployment/metrics/metrics-store.ts'
import { MetricsOverview as RealMetricsOverview } from '../../../worker/deployment/metrics-overview.ts'
import type { Env } from '../../../worker/env.ts'
import { Ledger as RealLedger } from '../../../worker/ledger/ledger.ts'
import { Marks as RealMarks } from '../../../worker/ledger/marks.ts'
import { LiveHub as RealLiveHub } from '../../../worker/live/live-hub.ts'
import { createServices, type Services } from '../../../worker/services.ts'
import { type Activity, createActivity } from './live-activity.ts'
import { count, countedEnv, countOutgoing, countStorage, takeCounts } from './live-counts.ts'

interface Bindings extends Env {
  readonly ORIGIN_URL: string
}

export class Ledger extends RealLedger {
  constructor(state: DurableObjectState, env: Env) {
    countStorage(state, 'LEDGER')
    super(state, countedEnv(env))
  }
}

export class Marks extends RealMarks {
  constructor(state: DurableObjectState, env: Env) {
    countStorage(state, 'MARKS')
    super(state, countedEnv(env))
  }
}

export class MetricsStore extends RealMetricsStore {
  constructor(state: DurableObjectState, env: Env) {
    countStorage(state, 'METRICS')
    super(state, countedEnv(env))
  }
}

export class MetricsOverview extends RealMetricsOverview {
  constructor(state: DurableObjectState, env: Env) {
    countStorage(state, 'METRICS_OVERVIEW')
    super(state, countedEnv(env))
  }
}

/** A hub whose billed time is measured besides. */
export class LiveHub extends RealLiveHub {
  private readonly activity: Activity

  constructor(state: DurableObjectState, env: ConstructorParameters<typeof RealLiveHub>[1]) {
    countStorage(state, 'LIVE')
    const activity = createActivity('LIVE', state)
    super(state, countedEnv(env))
    this.activity = activity
  }

  override fetch(request: Request): Promise<Response> {
    return this.activity.during(super.fetch(request))
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    count('messages LIVE')
    return this.activity.during(super.webSocketMessage(socket, message))
  }

  override alarm(): Promise<void> {
    return this.activity.during(super.alarm())
  }
}

let services: Services | null = null

const app = createApp((env: Env) => {
  services ??= createServices(env)
  return services
})

const movesSchema = z.looseObject({
  outbox: z.array(z.looseObject({ workspaceId: z.string(), tags: z.array(z.string()) })),
})

const answerSchema = z.object({
  data: z.object({ events: z.array(z.object({ version: z.number().optional() })) }),
})

let isCounting = false
/** The pusher of the design "push tags, all refetch" (live-refetch.ts); empty while that design does not run. */
let pusher = ''

/**
 * The production Worker, which counts what it uses. `/bench/counts` answers what was counted and begins again at zero, `/bench/pusher`
 * names the pusher that is told too, and `/bench/ledger` makes one call of a ledger, because a Worker's clock stands still while it computes and the times are taken outside.
 */
export default {
  async fetch(request, env, context) {
    if (!isCounting) countOutgoing(env.ORIGIN_URL)
    isCounting = true
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/bench/pusher') {
      pusher = searchParams.get('url') ?? ''
      return new Response(null)
    }
    if (pathname === '/bench/counts') return Response.json(takeCounts())
    if (pathname === '/bench/ledger') return callLedger(request, env)
    count(`request ${kindOf(request, pathname)}`)
    const told = pathname === '/api/cache/invalidate' && pusher !== '' ? request.clone() : null
    const response = await app.fetch(request, countedEnv(env), context)
    if (told !== null && response.ok) context.waitUntil(push(told, response.clone()))
    return response
  },
} satisfies ExportedHandler<Bindings>

function kindOf(request: Request, pathname: string): string {
  if (request.headers.get('Upgrade') === 'websocket') return 'socket'
  const isOfRelay = pathname === '/api/cache/invalidate' || pathname === '/api/cache/marks'
  return isOfRelay ? `relay ${pathname}` : 'viewer'
}

/** Tells the pusher which tags moved and the version that has them, once and behind the answer to the relay. */
async function push(request: Request, answer: Response): Promise<void> {
  const parsed = movesSchema.safeParse(await request.json())
  const told = answerSchema.safeParse(await answer.json())
  if (!parsed.success || !told.success) return
  const events = parsed.data.outbox.map((event, index) => ({ ...event, ...told.data.data.events[index] }))
  const byWorkspace = Map.groupBy(events, ({ workspaceId }) => workspaceId)
  for (const [workspaceId, own] of byWorkspace) {
    const moves = [...new Set(own.flatMap(({ tags }) => tags))]
    const version = Math.max(...own.map((event) => event.version ?? 0))
    const response = await fetch(`${pusher}/moved?workspaceId=${workspaceId}`, {
      method: 'POST',
      body: JSON.stringify({ moves, version }),
      signal: AbortSignal.timeout(3_000),
    })
    await response.body?.cancel()
  }
}

async function callLedger(request: Request, env: Bindings): Promise<Response> {
  const { searchParams } = new URL(request.url)
  const stub = env.LEDGER.get(env.LEDGER.idFromName(searchParams.get('workspaceId') ?? ''))
  if (searchParams.get('call') === 'advance') await stub.advance([{ moves: [] }])
  else await stub.since(null, 0)
  return new Response(null)
}
