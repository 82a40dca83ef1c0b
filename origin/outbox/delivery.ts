import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OutboxEvent } from '../../shared/contract/invalidation.ts'
import { outboxAnswerSchema } from '../../shared/contract/invalidation.ts'
import { type Mark, type MarkAnswer, markAnswerSchema } from '../../shared/contract/marks.ts'
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

interface WorkerOptions {
  readonly workerUrl: string
  readonly internalAuthKey: string
  readonly clock: Clock
  readonly fetch: typeof fetch
}

const answerSchema = z.object({ success: z.literal(true), data: outboxAnswerSchema })
const markedSchema = z.object({ success: z.literal(true), data: markAnswerSchema })

export function createDelivery(options: WorkerOptions): Delivery {
  const post = createPost(options, '/api/cache/invalidate', limits.relayDeadlineMs)
  return {
    async post(events) {
      const answer = await post({ outbox: events })
      return answer.ok ? parseAnswer(answer.value) : answer
    },
  }
}

/** Posts a mark, or asks for an instant without one. Never rejects. */
export type PostMark = (mark: Mark | null) => Promise<Result<MarkAnswer, DeliveryFailure>>

/** The Worker's endpoint of marks. Never rejects; settles within `limits.markDeadlineMs`. */
export function createMarkPosts(options: WorkerOptions): PostMark {
  const post = createPost(options, '/api/cache/marks', limits.markDeadlineMs)
  return async (mark) => {
    const answer = await post({ mark })
    if (!answer.ok) return answer
    const parsed = markedSchema.safeParse(answer.value)
    return parsed.success ? ok(parsed.data.data) : err('unreachable')
  }
}

/** Posts JSON to the Worker and answers its JSON. */
function createPost(
  { workerUrl, internalAuthKey, clock, fetch }: WorkerOptions,
  path: string,
  deadlineMs: number,
) {
  const url = `${workerUrl.replace(/\/+$/, '')}${path}`
  const headers = { Authorization: `Bearer ${internalAuthKey}`, 'Content-Type': 'application/json' }

  async function post(content: unknown, signal: AbortSignal): Promise<Result<unknown, DeliveryFailure>> {
    try {
      const body = JSON.stringify(content)
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
      const text = await response.text()
      return response.ok ? ok(JSON.parse(text)) : err(failureOf(response.status))
    } catch {
      return err('unreachable')
    }
  }

  return (content: unknown) =>
    withinDeadline<Result<unknown, DeliveryFailure>>(
      clock,
      deadlineMs,
      (signal) => post(content, signal),
      err('timeout'),
    )
}

/** Only the Worker's own answer counts: a proxy's page with status 200 made nothing durable. */
function parseAnswer(json: unknown): Result<Delivered, DeliveryFailure> {
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
