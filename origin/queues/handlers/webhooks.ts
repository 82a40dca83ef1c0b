import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { eventTypeSchema, webhookEventTypes } from '../../../shared/contract/webhook-endpoints.ts'
import { deploymentId } from '../../../shared/ids.ts'
import { jsonObject } from '../../../shared/json-object.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { OutboundAnswer } from '../../outbound/guarded-post.ts'
import type { PostSigned } from '../../outbound/signed-post.ts'
import type { JobFailure, JobHandler, RunningJob } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'
import { createReceiverTurns } from './receiver-turns.ts'

interface WebhookParts {
  readonly database: QueueDatabase
  readonly post: PostSigned
  readonly clock: Clock
  readonly random: () => number
}

type Run = Promise<Result<unknown, JobFailure>>

const deliverySchema = z.object({ deliveryId: z.uuid(), endpointId: z.string().max(128) })
/** An event of the CRM's own. `eventId` becomes the `webhook-id`; without it, one is made of the job's id. */
const eventSchema = z.strictObject({
  type: eventTypeSchema.refine((type) => !Object.hasOwn(webhookEventTypes, type)),
  data: jsonObject(),
  eventId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/)
    .optional(),
})

const beginningSchema = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('send'),
    url: z.string(),
    secrets: z.array(z.string()).min(1),
    eventId: z.string(),
    body: z.string(),
    isTrial: z.boolean(),
  }),
  z.object({ outcome: z.literal('paused'), waitMs: z.number() }),
  z.object({ outcome: z.enum(['known', 'off', 'expired', 'gone']) }),
])
const endedSchema = z.object({ isOff: z.boolean(), pauseMs: z.number() })

/** Those that wait for the end of a pause come back within this time after it. */
const spreadMaxMs = 300_000

/** The rows that one round of the upkeep takes at most, and its rounds. */
const upkeepRowsMax = 500
const upkeepRoundsMax = 20
const upkeptSchema = z.object({ told: z.int(), checked: z.int(), removed: z.int() })

/**
 * The jobs of the queue `webhooks`:
 *
 *   deliver  {deliveryId, endpointId}: one delivery to one endpoint, as `private.webhook_event` adds them
 *   event    {type, data, eventId?}: an event of the CRM's own, for all endpoints of the workspace that want its type
 *   upkeep   what `private.webhook_upkeep` does, on schedule
 *
 * A job from outside without a name that is known is an event.
 */
export function createWebhookHandler(parts: WebhookParts): JobHandler {
  const deliver = createDelivery(parts)
  return (job) => {
    switch (job.name) {
      case 'deliver':
        return deliver(job)
      case 'upkeep':
        // An admin's job of this name belongs to a workspace.
        return job.workspaceId === deploymentId ? keepUp(parts.database) : tellEvent(job)
      default:
        return tellEvent(job)
    }
  }
}

/**
 * Sends a delivery. It is sent at least once: if the process dies after the receiver's answer and before that is written down, the
 * next run sends it again under the same `webhook-id`.
 */
function createDelivery({ database, post, clock, random }: WebhookParts): (job: RunningJob) => Run {
  const turns = createReceiverTurns(clock)

  return async (job) => {
    const parsed = deliverySchema.safeParse(job.data)
    if (!parsed.success) return err({ kind: 'permanent', reason: 'the job names no delivery' })
    const { deliveryId, endpointId } = parsed.data
    const turn = turns.take(`${job.workspaceId}/${endpointId}`)
    if (turn.kind === 'wait') {
      return err({ kind: 'not_now', reason: 'the receiver is slow', afterMs: turn.waitMs })
    }
    const startedAtMs = clock.now()
    let answer: OutboundAnswer | null = null
    try {
      const begun = await begin(database, job, deliveryId)
      if (begun.outcome !== 'send') return unsent(begun, random)
      const { eventId, isTrial, ...message } = begun
      const sentAtMs = clock.now()
      answer = await post({
        ...message,
        id: eventId,
        deadlineMs: limits.webhookDeadlineMs,
        signal: job.signal,
      })
      const attempt = { deliveryId, isTrial, answer, sentAtMs, tookMs: clock.now() - sentAtMs }
      return await conclude(database, job, attempt)
    } finally {
      turn.end(
        answer === null || isInterrupted(answer)
          ? 'untried'
          : { isGood: isSuccess(answer), tookMs: clock.now() - startedAtMs },
      )
    }
  }
}

async function begin(database: QueueDatabase, job: RunningJob, deliveryId: string) {
  const [row] = await database.query<{ begun: unknown }>(
    'select private.webhook_attempt_begin($1, $2) as begun',
    [job.workspaceId, deliveryId],
  )
  return beginningSchema.parse(row?.begun)
}

function unsent(begun: Exclude<z.output<typeof beginningSchema>, { outcome: 'send' }>, random: () => number) {
  switch (begun.outcome) {
    case 'known':
      return ok({ outcome: 'known' })
    case 'paused':
      // The end of a pause lets one attempt through, so the others come a little later, and not all together.
      return err({
        kind: 'not_now',
        reason: 'the receiver is away',
        afterMs: Math.ceil(begun.waitMs + random() * Math.min(begun.waitMs, spreadMaxMs)),
      } as const)
    case 'off':
      return err({ kind: 'permanent', reason: 'the endpoint is off' } as const)
    case 'expired':
      return err({ kind: 'permanent', reason: 'the delivery has waited for too long' } as const)
    case 'gone':
      return err({ kind: 'permanent', reason: 'the endpoint was deleted' } as const)
  }
}

interface Attempt {
  readonly deliveryId: string
  readonly isTrial: boolean
  readonly answer: OutboundAnswer
  readonly sentAtMs: number
  readonly tookMs: number
}

/** Writes down what became of an attempt, a success together with the job's mark. */
async function conclude(database: QueueDatabase, job: RunningJob, attempt: Attempt): Run {
  const { answer, deliveryId } = attempt
  if (isInterrupted(answer)) return err({ kind: 'not_now', reason: 'the run was interrupted' })
  const status = answer.kind === 'answered' ? answer.status : null
  if (isSuccess(answer)) {
    const effect = await job.once((client) =>
      client.query(endStatement, endArguments(job, attempt, 'delivered')),
    )
    return effect.status === 'given_up'
      ? err({ kind: 'permanent', reason: 'the time of the job was over' })
      : ok({ deliveryId, status })
  }
  const isLast = job.attempt >= job.attemptsMax
  const [row] = await database.query<{ ended: unknown }>(
    endStatement,
    endArguments(job, attempt, isLast ? 'failed' : 'again'),
  )
  const { isOff, pauseMs } = endedSchema.parse(row?.ended)
  const reason = answer.kind === 'answered' ? `the receiver answered ${answer.status}` : answer.failure
  if (isOff) return err({ kind: 'permanent', reason })
  return err({ kind: 'again', reason, ...(pauseMs > 0 ? { afterMs: pauseMs } : {}) })
}

const endStatement = 'select private.webhook_attempt_end($1, $2, $3, $4, $5, $6) as ended'

function endArguments(job: RunningJob, attempt: Attempt, outcome: 'delivered' | 'again' | 'failed') {
  const { answer, deliveryId, isTrial, sentAtMs, tookMs } = attempt
  const logged = {
    at: new Date(sentAtMs).toISOString(),
    status: answer.kind === 'answered' ? answer.status : null,
    failure: answer.kind === 'answered' ? null : answer.failure,
    durationMs: Math.max(0, Math.round(tookMs)),
  }
  const retryAfterMs = answer.kind === 'answered' ? Math.round(answer.retryAfterMs ?? 0) : 0
  return [job.workspaceId, deliveryId, outcome, JSON.stringify(logged), isTrial, retryAfterMs]
}

function isSuccess(answer: OutboundAnswer): boolean {
  return answer.kind === 'answered' && answer.status >= 200 && answer.status <= 299
}

function isInterrupted(answer: OutboundAnswer): boolean {
  return answer.kind === 'failed' && answer.failure === 'interrupted'
}

async function tellEvent(job: RunningJob): Run {
  const parsed = eventSchema.safeParse(job.data)
  if (!parsed.success) {
    const reason = "the job must have a `type` of the CRM's own, `data`, and an `eventId` or none"
    return err({ kind: 'permanent', reason })
  }
  const { type, data } = parsed.data
  const eventId = parsed.data.eventId ?? `job_${createHash('sha256').update(job.id).digest('base64url')}`
  const effect = await job.once(async (client) => {
    const { rows } = await client.query<{ deliveries: number }>(
      'select private.webhook_event($1, $2, $3, $4, $5) as deliveries',
      [job.workspaceId, eventId, type, JSON.stringify(data), new Date(job.dueAtMs).toISOString()],
    )
    return rows[0]?.deliveries ?? 0
  })
  if (effect.status === 'given_up') return err({ kind: 'permanent', reason: 'the time of the job was over' })
  return ok({ eventId, deliveries: effect.status === 'done' ? effect.value : 'known' })
}

/** A second run at the same time finds the rows locked and takes others, or none. */
async function keepUp(database: QueueDatabase): Run {
  const sums = { told: 0, checked: 0, removed: 0 }
  for (let round = 0; round < upkeepRoundsMax; round += 1) {
    const [row] = await database.query<{ kept: unknown }>('select private.webhook_upkeep($1) as kept', [
      upkeepRowsMax,
    ])
    const { told, checked, removed } = upkeptSchema.parse(row?.kept)
    sums.told += told
    sums.checked += checked
    sums.removed += removed
    if (Math.max(told, checked, removed) < upkeepRowsMax) break
  }
  return ok(sums)
}
