import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OutboxEvent } from '../../shared/contract/invalidation.ts'
import { outboxAnswerSchema } from '../../shared/contract/invalidation.ts'
import type { Version } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

/**
 * The reason why a batch was not accepted. `rejected` concerns the content of the batch. Every other reason concerns the
 * Worker or the network and would have met any batch. A batch without an answer may have been made durable all the same.
 */
export type DeliveryFailure = 'timeout' | 'unreachable' | 'unavailable' | 'refused' | 'rejected'

/**
 * The version of each durable event by its id, the greatest if two events share an id. If an id is missing, at least one of
 * its events was not made durable.
 */
export type Delivered = ReadonlyMap<string, Version>

/** The Worker's invalidation endpoint. Never rejects; settles within `limits.relayDeadlineMs`. */
export interface Delivery {
  post(events: readonly OutboxEvent[]): Promise<Result<Delivered, DeliveryFailure>>
}

interface DeliveryOptions {
  readonly workerUrl: string
  readonly internalAuthKey: string
  readonly clock: Clock
  readonly fetch: typeof fetch
}

const answerSchema = z.object({ success: z.literal(true), data: outboxAnswerSchema })

export function createDelivery({ workerUrl, internalAuthKey, clock, fetch }: DeliveryOptions): Delivery {
  const url = `${workerUrl.replace(/\/+$/, '')}/api/cache/invalidate`
  const headers = { Authorization: `Bearer ${internalAuthKey}`, 'Content-Type': 'application/json' }

  async function post(
    events: readonly OutboxEvent[],
    signal: AbortSignal,
  ): Promise<Result<Delivered, DeliveryFailure>> {
    try {
      const body = JSON.stringify({ outbox: events })
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
      const text = await response.text()
      return response.ok ? parseAnswer(text) : err(failureOf(response.status))
    } catch {
      return err('unreachable')
    }
  }

  return {
    post: (events) =>
      withinDeadline<Result<Delivered, DeliveryFailure>>(
        clock,
        limits.relayDeadlineMs,
        (signal) => post(events, signal),
        err('timeout'),
      ),
  }
}

/** Only the Worker's own answer counts: a proxy's page with status 200 made nothing durable. */
function parseAnswer(text: string): Result<Delivered, DeliveryFailure> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return err('unreachable')
  }
  const answer = answerSchema.safeParse(json)
  if (!answer.success) return err('unreachable')
  const { events } = answer.data.data
  // After a restore of the database two events may share an id, which counts only when both are durable.
  const openIds = new Set(events.filter(({ status }) => status !== 200).map(({ eventId }) => eventId))
  const delivered = new Map<string, Version>()
  for (const event of events) {
    if (event.status !== 200 || openIds.has(event.eventId)) continue
    const version = Math.max(event.version, delivered.get(event.eventId) ?? 0)
    delivered.set(event.eventId, versionSchema.parse(version))
  }
  return ok(delivered)
}

/** One event among many may cause a 400, 413, 422 or 500; the configuration causes a 401, 403, 404 or 405. */
function failureOf(status: number): DeliveryFailure {
  if ([401, 403, 404, 405].includes(status)) return 'refused'
  return [400, 413, 422, 500].includes(status) ? 'rejected' : 'unavailable'
}
