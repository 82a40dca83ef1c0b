import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OriginHealth } from '../../shared/contract/origin.ts'
import { limits } from '../../shared/limits.ts'
import type { Database } from '../database/database.ts'
import type { LackingFunctions } from '../database/lacking-functions.ts'
import type { OriginEnv } from '../http/respond.ts'
import type { Marker } from '../outbox/marker.ts'
import type { Relay } from '../outbox/relay.ts'
import type { QueueReadings } from '../queues/queue-readings.ts'
import { unservedQueues } from './queues.ts'

interface HealthParts {
  readonly database: Pick<Database, 'probe'>
  readonly lacking: LackingFunctions
  readonly relay: Relay | null
  readonly marker: Pick<Marker, 'health'> | null
  readonly readings: QueueReadings
  readonly environment: string
  readonly clock: Clock
}

const wellStates: ReadonlySet<string> = new Set(['off', 'running', 'healthy'])

/** Half of the time that the Worker waits for this answer, so that it learns that the database is down and not the origin. */
const databaseProbeDeadlineMs = limits.probeDeadlineMs / 2

/**
 * GET /health: 200 if the database answers, else 503, with the states of the relay and of the queues. An alarm of the relay, or queues
 * that are not served, or a database without functions that this origin calls, make the health `degraded`, still with 200. The route takes no key, so it says nothing else and probes once a second at most, however
 * often it is called. The probe takes no place among the queries, so an origin whose places are all taken still knows its
 * health.
 */
export function healthRoute(parts: HealthParts): Handler<OriginEnv> {
  const { database, lacking, relay, marker, readings, environment, clock } = parts
  const bornAtMs = clock.now()
  let underWay: Promise<OriginHealth> | null = null
  let latest: { readonly health: OriginHealth; readonly untilMs: number } | null = null

  async function probe(): Promise<OriginHealth> {
    const startedAtMs = clock.now()
    const [available, queues] = await Promise.all([
      withinDeadline(clock, databaseProbeDeadlineMs, (signal) => database.probe(signal), false),
      withinDeadline(clock, databaseProbeDeadlineMs, () => queuesHealth(readings), 'unhealthy' as const),
    ])
    const latencyMs = Math.round((clock.now() - startedAtMs) * 1_000) / 1_000
    const outbox = { status: relay?.health ?? 'off' }
    const isOlder = lacking.size > 0
    const isWell = !isOlder && [outbox.status, queues].every((status) => wellStates.has(status))
    return {
      status: available ? (isWell ? 'healthy' : 'degraded') : 'unhealthy',
      uptime: Math.floor((clock.now() - bornAtMs) / 1_000),
      environment,
      redis: { connected: queues === 'healthy' || queues === 'degraded' },
      queues: { status: queues },
      database: { available, latencyMs, isOlder },
      outbox,
      marks: { status: marker?.health ?? 'off' },
    }
  }

  async function probeAndKeep(): Promise<OriginHealth> {
    try {
      const health = await probe()
      latest = { health, untilMs: clock.now() + limits.publicAnswerMs }
      return health
    } finally {
      underWay = null
    }
  }

  async function current(): Promise<OriginHealth> {
    if (latest !== null && clock.now() < latest.untilMs) return latest.health
    underWay ??= probeAndKeep()
    return underWay
  }

  return async (context) => {
    const health = await current()
    return context.json(health, health.status === 'unhealthy' ? 503 : 200)
  }
}

async function queuesHealth(readings: QueueReadings): Promise<OriginHealth['queues']['status']> {
  const counts = await readings.counts()
  if (!counts.ok) return counts.error.kind === 'not_configured' ? 'off' : 'unhealthy'
  return unservedQueues(counts.value).length === 0 ? 'healthy' : 'degraded'
}
