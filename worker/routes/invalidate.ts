import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import type { InvalidationEvent } from '../../shared/contract/invalidation.ts'
import {
  databaseWebhookSchema,
  invalidationAnswerSchema,
  invalidationBatchSchema,
  invalidationEventSchema,
  outboxAnswerSchema,
  outboxBatchSchema,
} from '../../shared/contract/invalidation.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { admitInternal } from '../auth/admit.ts'
import { enveloped, respondData, respondJson } from '../http/answers.ts'
import { parseInput } from '../http/input.ts'
import type { Call, Route } from '../http/route.ts'
import type { Concern, ScopedEvent } from '../ledger/concerns.ts'
import { ledgerEventOf } from '../ledger/event-digest.ts'
import { invalidate, invalidateEach } from '../ledger/invalidate.ts'
import { webhookConcerns } from '../ledger/webhook-concerns.ts'

const body = {
  schema: z.union([
    invalidationBatchSchema,
    databaseWebhookSchema,
    invalidationEventSchema,
    outboxBatchSchema,
  ]),
  bytesMax: limits.requestBodyBytesMax,
}

/** `POST /api/cache/invalidate`: the CRM's backend, or the database's outbox, says what changed (SPEC 4). */
export const invalidateRoute: Route = {
  method: 'POST',
  path: '/api/cache/invalidate',
  summary: 'Move on what a change touched; answered once that is durable',
  access: 'internal-key',
  takes: { body },
  gives: z.union([enveloped(invalidationAnswerSchema), enveloped(outboxAnswerSchema)]),
  errors: ['workspace_missing', 'workspace_mismatch', 'event_id_reused', 'ledger_unavailable'],
  async handle(call) {
    const admitted = await admitInternal(call)
    if (!admitted.ok) return admitted
    // Which shape it is to have shows only once it is read; its faults are then told in that shape's terms.
    const read = await admitted.value.readBody({ ...body, schema: z.unknown() })
    if (!read.ok) return read
    if (isObjectWith(read.value, 'outbox')) return takeOutbox(read.value, call)
    const events = await eventsOf(read.value, call)
    if (!events.ok) return events
    return takeReported(events.value, isObjectWith(read.value, 'events'), call)
  },
}

/** Moves as they are, each event answered for itself: 200 when all are durable, 207 when some are not. */
async function takeOutbox(body: unknown, { services }: Call): Promise<Result<Response, WireError>> {
  const batch = parseInput(outboxBatchSchema, body, 'invalid_body')
  if (!batch.ok) return batch
  const events = await invalidateEach(services.ledger, services.metrics.recorder, batch.value.outbox)
  const areAllDurable = events.every(({ status }) => status === 200)
  return ok(respondJson({ success: true, data: { events } }, areAllDurable ? 200 : 207))
}

interface ReportedEvent {
  readonly ledgerEvent: ScopedEvent
  /** In the request, from 0. */
  readonly position: number
}

/** By workspace, in the order of the request. */
type Events = Map<WorkspaceId, ReportedEvent[]>

/**
 * Answers 409 where ids of events are those of others, and names each of these events: the caller gives them ids of their own
 * and sends them again. All the rest are durable.
 */
async function takeReported(
  events: Events,
  isBatch: boolean,
  { services }: Call,
): Promise<Result<Response, WireError>> {
  const written = new Map([...events].map(([id, own]) => [id, own.map(({ ledgerEvent }) => ledgerEvent)]))
  const answer = await invalidate(services.ledger, services.metrics.recorder, written)
  if (!answer.ok) return answer
  const { conflicts, ...invalidated } = answer.value
  if (conflicts.length === 0) return ok(respondData(invalidated))
  const refused = conflicts
    .flatMap(({ workspaceId, index }) => events.get(workspaceId)?.[index] ?? [])
    .map(({ position, ledgerEvent }) => ({ index: position, eventId: ledgerEvent.eventId ?? '' }))
    .toSorted((one, other) => one.index - other.index)
  const message = 'is that of another event; this one was not taken'
  const parameterOf = (index: number) => (isBatch ? `events.${index}.eventId` : 'eventId')
  const details = refused.map(({ index }) => ({ parameter: parameterOf(index), message }))
  return err({ code: 'event_id_reused', details, conflicts: refused })
}

/** The body's events by workspace, whichever of the reported shapes it has; faults are told in that shape's terms. */
async function eventsOf(body: unknown, call: Call): Promise<Result<Events, WireError>> {
  if (isObjectWith(body, 'events')) {
    const batch = parseInput(invalidationBatchSchema, body, 'invalid_body')
    return batch.ok ? reportedEvents(batch.value.events, call) : batch
  }
  if (isObjectWith(body, 'table')) {
    const webhook = parseInput(databaseWebhookSchema, body, 'invalid_body')
    if (!webhook.ok) return webhook
    const concerns = webhookConcerns(webhook.value)
    if (!concerns.ok) return err({ code: 'invalid_body', details: [concerns.error] })
    const reported = (concern: Concern) => [{ ledgerEvent: concern, position: 0 }]
    return ok(new Map([...concerns.value].map(([id, concern]) => [id, reported(concern)])))
  }
  const event = parseInput(invalidationEventSchema, body, 'invalid_body')
  return event.ok ? reportedEvents([event.value], call) : event
}

async function reportedEvents(
  events: readonly InvalidationEvent[],
  call: Call,
): Promise<Result<Events, WireError>> {
  const header = call.request.headers.get('X-Workspace-ID')
  const fallback = header === null ? null : parseInput(workspaceIdSchema, header, 'invalid_parameter')
  if (fallback !== null && !fallback.ok) return fallback
  const byWorkspace: Events = new Map()
  const reported = await Promise.all(
    events.map(async (event, position) => ({ event, position, ledgerEvent: await ledgerEventOf(event) })),
  )
  for (const { event, ledgerEvent, position } of reported) {
    const workspaceId = event.workspaceId ?? fallback?.value
    if (workspaceId === undefined) return err({ code: 'workspace_missing' })
    if (fallback !== null && workspaceId !== fallback.value) return err({ code: 'workspace_mismatch' })
    byWorkspace.set(workspaceId, [...(byWorkspace.get(workspaceId) ?? []), { ledgerEvent, position }])
  }
  return ok(byWorkspace)
}

function isObjectWith(body: unknown, member: string): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, member)
}
