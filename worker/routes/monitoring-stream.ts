import { z } from 'zod'
import { streamEventSchemas } from '../../shared/contract/monitoring.ts'
import { err, ok } from '../../shared/result.ts'
import type { Operator } from '../auth/callers.ts'
import { defineRoute, type HeadersTaken } from '../http/route.ts'

/** The instant of a snapshot, which is the `id:` of its event. */
const lastEventIdSchema = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .pipe(z.int())

/** The last event that a client received; null for a new client. */
const lastEventId: HeadersTaken<'Last-Event-ID', number | null> = {
  described: {
    'Last-Event-ID': 'The id of the last event that was received. The samples since then are sent first.',
  },
  read(headers) {
    const given = headers.get('Last-Event-ID')
    if (given === null || given === '') return ok(null)
    const parsed = lastEventIdSchema.safeParse(given)
    if (parsed.success) return ok(parsed.data)
    return err([{ parameter: 'Last-Event-ID', message: 'must be the id of an event of this stream' }])
  },
}

/**
 * `GET /api/monitoring/stream`. A browser reads it with `fetch` and not with EventSource, which cannot send `Authorization`. A
 * token in the URL would appear in logs and in the history.
 */
export const monitoringStreamRoute = defineRoute({
  method: 'GET',
  path: '/api/monitoring/stream',
  summary: 'A snapshot each second, changes of alerts, and heartbeats, as Server-Sent Events',
  access: 'operator',
  takes: { headers: lastEventId },
  gives: z.union([streamEventSchemas.snapshot, streamEventSchemas.alert, streamEventSchemas.heartbeat]),
  contentType: 'text/event-stream',
  errors: ['invalid_parameter', 'too_many_streams', 'overloaded', 'figures_unavailable'],
  async handle(call) {
    // The answer to HEAD has no body. An open stream without a reader would count against the bound until it stalls.
    if (call.isHead) return ok(new Response(null, { headers: eventStreamHeaders }))
    const stream = await call.services.monitoring.openStream(call.input.headers, call.caller.holder)
    if (!stream.ok) return stream
    const events = whileLetIn(stream.value, call.caller)
    return ok(new Response(events, { headers: eventStreamHeaders }))
  },
})

/**
 * The stream until its reader is no longer let in. This is checked before each event, about once a second, so a removed operator
 * gets no event later than the staleness bound after the removal. A client that reconnects has to pass the door again.
 */
export function whileLetIn(
  events: ReadableStream<Uint8Array>,
  { isStillLetIn }: Pick<Operator, 'isStillLetIn'>,
): ReadableStream<Uint8Array> {
  return events.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      async transform(event, controller) {
        if (await isStillLetIn()) controller.enqueue(event)
        else controller.terminate()
      },
    }),
  )
}

const eventStreamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // No proxy may store the stream or buffer it in order to compress it.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}
