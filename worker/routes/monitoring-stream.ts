import { z } from 'zod'
import { streamEventSchemas } from '../../shared/contract/monitoring.ts'
import { err, ok } from '../../shared/result.ts'
import { defineRoute, type HeadersTaken } from '../http/route.ts'

/** The instant of a snapshot, as `id:` gave it out. */
const lastEventIdSchema = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .pipe(z.int())

/** A client's place in the stream; null where it is new. */
const lastEventId: HeadersTaken<'Last-Event-ID', number | null> = {
  described: { 'Last-Event-ID': 'The latest event that was received: what was missed since is sent.' },
  read(headers) {
    const given = headers.get('Last-Event-ID')
    if (given === null || given === '') return ok(null)
    const parsed = lastEventIdSchema.safeParse(given)
    if (parsed.success) return ok(parsed.data)
    return err([{ parameter: 'Last-Event-ID', message: 'must be the id of an event of this stream' }])
  },
}

/**
 * `GET /api/monitoring/stream`. A browser reads it with `fetch`, not with EventSource: that cannot send `Authorization`, and
 * a token in a URL would stand in logs and histories.
 */
export const monitoringStreamRoute = defineRoute({
  method: 'GET',
  path: '/api/monitoring/stream',
  summary: 'A snapshot a second, changes of alerts, and heartbeats, as Server-Sent Events',
  access: 'operator',
  takes: { headers: lastEventId },
  gives: z.union([streamEventSchemas.snapshot, streamEventSchemas.alert, streamEventSchemas.heartbeat]),
  contentType: 'text/event-stream',
  errors: ['invalid_parameter', 'too_many_streams', 'overloaded', 'figures_unavailable'],
  async handle(call) {
    // A stream that nobody reads would take a place until it is missed.
    if (call.isHead) return ok(new Response(null, { headers: eventStreamHeaders }))
    const stream = await call.services.monitoring.openStream(call.input.headers, call.caller.holder)
    if (!stream.ok) return stream
    return ok(new Response(stream.value, { headers: eventStreamHeaders }))
  },
})

const eventStreamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // No proxy may keep it, nor hold it back to compress it.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}
