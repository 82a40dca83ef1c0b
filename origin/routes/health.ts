import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OriginHealth } from '../../shared/contract/origin.ts'
import { limits } from '../../shared/limits.ts'
import type { Database } from '../database/database.ts'
import type { OriginEnv } from '../http/respond.ts'
import type { Relay } from '../outbox/relay.ts'

/** Half of the time that the Worker waits for this answer, so that it learns that the database is down and not the origin. */
const databaseProbeDeadlineMs = limits.probeDeadlineMs / 2

/**
 * GET /health: 200 if the database answers, else 503, with the state of the relay. An alarm of the relay makes the health
 * `degraded`, still with 200. The route takes no key, so it says nothing else and probes once a second at most, however
 * often it is called. The probe takes no place among the queries, so an origin whose places are all taken still knows its
 * health.
 */
export function healthRoute(database: Database, relay: Relay | null, clock: Clock): Handler<OriginEnv> {
  let underWay: Promise<OriginHealth> | null = null
  let latest: { readonly health: OriginHealth; readonly untilMs: number } | null = null

  async function probe(): Promise<OriginHealth> {
    const startedAtMs = clock.now()
    const available = await withinDeadline(
      clock,
      databaseProbeDeadlineMs,
      (signal) => database.probe(signal),
      false,
    )
    const latencyMs = Math.round((clock.now() - startedAtMs) * 1_000) / 1_000
    const outbox = { status: relay?.health ?? 'off' }
    const serving = outbox.status === 'off' || outbox.status === 'running' ? 'healthy' : 'degraded'
    return { status: available ? serving : 'unhealthy', database: { available, latencyMs }, outbox }
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
