import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OriginHealth } from '../../shared/contract/origin.ts'
import { limits } from '../../shared/limits.ts'
import type { Database } from '../database/database.ts'
import type { OriginEnv } from '../http/respond.ts'
import type { Relay } from '../outbox/relay.ts'

/** Half of what the Worker waits for this answer: it shall learn that the database is away, and not the origin. */
const databaseProbeDeadlineMs = limits.probeDeadlineMs / 2

/**
 * GET /health: whether the database answers, 200 or 503, and how the relay stands: what it raises as an alarm degrades
 * the health and does not end it. It takes no key, so it says nothing else, and however many ask there is one probe a second; it passes by the bound on queries, so that a full origin still knows its health.
 */
export function healthRoute(database: Database, relay: Relay | null, clock: Clock): Handler<OriginEnv> {
  let underWay: Promise<OriginHealth> | null = null
  let latest: { readonly health: OriginHealth; readonly untilMs: number } | null = null

  async function probe(): Promise<OriginHealth> {
    const askedAtMs = clock.now()
    const available = await withinDeadline(
      clock,
      databaseProbeDeadlineMs,
      (signal) => database.probe(signal),
      false,
    )
    const latencyMs = Math.round((clock.now() - askedAtMs) * 1_000) / 1_000
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
