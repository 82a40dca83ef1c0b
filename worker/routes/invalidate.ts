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
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { parseWorkspaceHeader } from '../auth/names.ts'
import { enveloped, respondData, respondJson } from '../http/answers.ts'
import { defineRoute, type HeadersTaken } from '../http/route.ts'
import type { Concern, ScopedEvent } from '../ledger/concerns.ts'
import { ledgerEventOf } from '../ledger/event-digest.ts'
import { invalidate, invalidateEach } from '../ledger/invalidate.ts'
import { webhookConcerns } from '../ledger/webhook-concerns.ts'
import type { Services } from '../services.ts'

type Body = z.output<typeof body.schema>
type OutboxBatch = z.output<typeof outboxBatchSchema>

const body = {
  schema: z.union([
    invalidationBatchSchema,
    databaseWebhookSchema,
    invalidationEventSchema,
    outboxBatchSchema,
  ]),
  bytesMax: limits.requestBodyBytesMax,
  shapeOf(json: unknown) {
    if (isObjectWith(json, 'outbox')) return outboxBatchSchema
    if (isObjectWith(json, 'events')) return invalidationBatchSchema
    return isObjectWith(json, 'table') ? databaseWebhookSchema : invalidationEventSchema
  },
}

/** The workspace of events that name none. It is checked only if there are reported events, and not for the outbox. */
const workspaceHeader: HeadersTaken<'X-Workspace-ID', string | null> = {
  described: {
    'X-Workspace-ID': 'The workspace of events that name none. Events that name one must name the same.',
  },
  read: (headers) => ok(headers.get('X-Workspace-ID')),
}

/** `POST /api/cache/invalidate`: the CRM's backend or the database's outbox reports changes (SPEC 4). */
export const invalidateRoute = defineRoute({
  method: 'POST',
  path: '/api/cache/invalidate',
  summary: 'Invalidate everything that a change affects; the answer comes once that is durable',
  description:
    'The body is one event, a batch of events, a Supabase database webhook, or a batch of the outbox. A batch of the outbox gets an answer for each event, with status 207 if some are not durable. The same event under the same `eventId` again changes nothing and gets the same answer.',
  access: 'internal-key',
  takes: { headers: workspaceHeader, body },
  gives: z.union([enveloped(invalidationAnswerSchema), enveloped(outboxAnswerSchema)]),
  errors: ['workspace_missing', 'workspace_mismatch', 'event_id_reused', 'ledger_unavailable'],
  async handle({ input, services }) {
    if ('outbox' in input.body) return takeOutbox(input.body, services)
    const events = await eventsOf(input.body, input.headers)
    if (!events.ok) return events
    return takeReported(events.value, input.body, services)
  },
})

/** Writes a batch of the outbox down. The answer has an outcome for each event: 200 if all are durable, 207 if some are not. */
async function takeOutbox(
  { outbox }: OutboxBatch,
  { ledger, metrics, clock }: Services,
): Promise<Result<Response, WireError>> {
  const events = await invalidateEach(ledger, metrics.recorder, outbox, clock.now())
  const areAllDurable = events.every(({ status }) => status === 200)
  return ok(respondJson({ success: true, data: { events } }, areAllDurable ? 200 : 207))
}

interface ReportedEvent {
  readonly ledgerEvent: ScopedEvent
  /** The event's position in the request, from 0. */
  readonly position: number
}

/** The events of each workspace, in the order of the request. */
type Events = Map<WorkspaceId, ReportedEvent[]>

/**
 * Writes reported events down. If an event has the id of another one, the answer is 409 and names each such event, so that the
 * caller can send it again under an id of its own. All other events are durable.
 */
async function takeReported(
  events: Events,
  body: Exclude<Body, OutboxBatch>,
  services: Services,
): Promise<Result<Response, WireError>> {
  const written = new Map([...events].map(([id, own]) => [id, own.map(({ ledgerEvent }) => ledgerEvent)]))
  const author = { cause: 'table' in body ? 'webhook' : 'api', userId: null } as const
  const answer = await invalidate(services.ledger, services.metrics.recorder, written, author)
  if (!answer.ok) return answer
  const { conflicts, ...invalidated } = answer.value
  if (conflicts.length === 0) return ok(respondData(invalidated))
  const refused = conflicts
    .flatMap(({ workspaceId, index }) => events.get(workspaceId)?.[index] ?? [])
    .map(({ position, ledgerEvent }) => ({ index: position, eventId: ledgerEvent.eventId ?? '' }))
    .toSorted((one, other) => one.index - other.index)
  const message = 'is the id of another event; this event was not accepted'
  const parameterOf = (index: number) => ('events' in body ? `events.${index}.eventId` : 'eventId')
  const details = refused.map(({ index }) => ({ parameter: parameterOf(index), message }))
  return err({ code: 'event_id_reused', details, conflicts: refused })
}

/** The events of a body by workspace, for each of its shapes but the outbox's. */
async function eventsOf(
  body: Exclude<Body, OutboxBatch>,
  workspaceHeader: string | null,
): Promise<Result<Events, WireError>> {
  if ('events' in body) return reportedEvents(body.events, workspaceHeader)
  if (!('table' in body)) return reportedEvents([body], workspaceHeader)
  const concerns = webhookConcerns(body)
  if (!concerns.ok) return err({ code: 'invalid_body', details: [concerns.error] })
  const reported = (concern: Concern) => [{ ledgerEvent: concern, position: 0 }]
  return ok(new Map([...concerns.value].map(([id, concern]) => [id, reported(concern)])))
}

async function reportedEvents(
  events: readonly InvalidationEvent[],
  header: string | null,
): Promise<Result<Events, WireError>> {
  const fallback = header === null ? null : parseWorkspaceHeader(header)
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
