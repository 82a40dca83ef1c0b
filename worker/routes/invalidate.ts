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
import type { LedgerEvent } from '../ledger/contract.ts'
import { invalidate, invalidateEach } from '../ledger/invalidate.ts'
import { tagsOf } from '../ledger/tags.ts'
import { webhookTags } from '../ledger/webhook-tags.ts'
import { admitInternal } from './access.ts'
import { parseInput } from './input.ts'
import { enveloped, respondData, respondJson } from './respond.ts'
import type { Call, Route } from './route.ts'

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
  errors: ['workspace_missing', 'workspace_mismatch', 'ledger_unavailable'],
  async handle(call) {
    const admitted = await admitInternal(call)
    if (!admitted.ok) return admitted
    // Which shape it is to have shows only once it is read; its faults are then told in that shape's terms.
    const read = await admitted.value.readBody({ ...body, schema: z.unknown() })
    if (!read.ok) return read
    if (isObjectWith(read.value, 'outbox')) return takeOutbox(read.value, call)
    const events = eventsOf(read.value, call)
    if (!events.ok) return events
    const answer = await invalidate(call.services.ledger, call.services.metrics.recorder, events.value)
    return answer.ok ? ok(respondData(answer.value)) : answer
  },
}

/** Tags as they are, each event answered for itself: 200 when all are durable, 207 when some are not. */
async function takeOutbox(body: unknown, { services }: Call): Promise<Result<Response, WireError>> {
  const batch = parseInput(outboxBatchSchema, body, 'invalid_body')
  if (!batch.ok) return batch
  const events = await invalidateEach(services.ledger, services.metrics.recorder, batch.value.outbox)
  const areAllDurable = events.every(({ status }) => status === 200)
  return ok(respondJson({ success: true, data: { events } }, areAllDurable ? 200 : 207))
}

type Events = Map<WorkspaceId, LedgerEvent[]>

/** The body's events by workspace, whichever of the reported shapes it has; faults are told in that shape's terms. */
function eventsOf(body: unknown, call: Call): Result<Events, WireError> {
  if (isObjectWith(body, 'events')) {
    const batch = parseInput(invalidationBatchSchema, body, 'invalid_body')
    return batch.ok ? reportedEvents(batch.value.events, call) : batch
  }
  if (isObjectWith(body, 'table')) {
    const webhook = parseInput(databaseWebhookSchema, body, 'invalid_body')
    if (!webhook.ok) return webhook
    const moved = webhookTags(webhook.value)
    if (!moved.ok) return err({ code: 'invalid_body', details: [moved.error] })
    return ok(new Map([...moved.value].map(([workspaceId, tags]) => [workspaceId, [{ tags }]])))
  }
  const event = parseInput(invalidationEventSchema, body, 'invalid_body')
  return event.ok ? reportedEvents([event.value], call) : event
}

function reportedEvents(events: readonly InvalidationEvent[], call: Call): Result<Events, WireError> {
  const header = call.request.headers.get('X-Workspace-ID')
  const fallback = header === null ? null : parseInput(workspaceIdSchema, header, 'invalid_parameter')
  if (fallback !== null && !fallback.ok) return fallback
  const byWorkspace: Events = new Map()
  for (const event of events) {
    const workspaceId = event.workspaceId ?? fallback?.value
    if (workspaceId === undefined) return err({ code: 'workspace_missing' })
    if (fallback !== null && workspaceId !== fallback.value) return err({ code: 'workspace_mismatch' })
    const written = {
      tags: tagsOf(event),
      ...(event.eventId === undefined ? {} : { eventId: event.eventId }),
    }
    byWorkspace.set(workspaceId, [...(byWorkspace.get(workspaceId) ?? []), written])
  }
  return ok(byWorkspace)
}

function isObjectWith(body: unknown, member: string): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, member)
}
