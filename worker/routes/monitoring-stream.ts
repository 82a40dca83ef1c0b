import { z } from 'zod'
import { streamEventSchemas } from '../../shared/contract/monitoring.ts'
import { err, ok } from '../../shared/result.ts'
import { admitOperator } from '../auth/admit.ts'
import type { Route } from '../http/route.ts'

/** The instant of a snapshot, as `id:` gave it out. */
const lastEventIdSchema = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .pipe(z.int())

/**
 * `GET /api/monitoring/stream`. A browser reads it with `fetch`, not with EventSource: that cannot send `Authorization`, and
 * a token in a URL would stand in logs and histories.
 */
export const monitoringStreamRoute: Route = {
  method: 'GET',
  path: '/api/monitoring/stream',
  summary: 'A snapshot a second, changes of alerts, and heartbeats, as Server-Sent Events',
  access: 'operator',
  takes: {},
  gives: z.union([streamEventSchemas.snapshot, streamEventSchemas.alert, streamEventSchemas.heartbeat]),
  contentType: 'text/event-stream',
  errors: ['invalid_parameter', 'too_many_streams', 'overloaded', 'figures_unavailable'],
  async handle(call) {
    const admitted = await admitOperator(call)
    if (!admitted.ok) return admitted
    const given = call.request.headers.get('Last-Event-ID')
    const lastEventId = given === null || given === '' ? null : lastEventIdSchema.safeParse(given)
    if (lastEventId !== null && !lastEventId.success) {
      const details = [{ parameter: 'Last-Event-ID', message: 'must be the id of an event of this stream' }]
      return err({ code: 'invalid_parameter', details })
    }
    // A stream that nobody reads would take a place until it is missed.
    if (call.request.method === 'HEAD') return ok(new Response(null, { headers: eventStreamHeaders }))
    const stream = await call.services.monitoring.openStream(lastEventId?.data ?? null, admitted.value.holder)
    if (!stream.ok) return stream
    return ok(new Response(stream.value, { headers: eventStreamHeaders }))
  },
}

const eventStreamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // No proxy may keep it, nor hold it back to compress it.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}
