import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { matchesKey } from '../auth/internal-key.ts'
import { renderPrometheus, type TextFormat, textContentTypes } from '../metrics/prometheus.ts'
import { metricsBodySchema, renderJson } from '../metrics/render.ts'
import { parseInput, queryOf } from './input.ts'
import { respondJson } from './respond.ts'
import type { Call, Route } from './route.ts'

const query = z.strictObject({ format: z.enum(['json', 'prometheus']).optional() })

/** `GET /metrics`: the figures of the whole deployment. Public unless `METRICS_TOKEN` is set. */
export const metricsRoute: Route = {
  method: 'GET',
  path: '/metrics',
  summary: "The deployment's figures, as JSON or as Prometheus text",
  access: 'metrics-token',
  takes: { query },
  gives: metricsBodySchema,
  errors: ['invalid_parameter', 'key_invalid'],
  async handle(call) {
    const { services, request } = call
    const { metricsToken } = services.config
    if (metricsToken !== null && !(await matchesKey(request.headers.get('Authorization'), metricsToken))) {
      return err({ code: 'key_invalid' })
    }
    return answerMetrics(call)
  },
}

/** The figures, to who may see them. */
export async function answerMetrics(call: Call): Promise<Result<Response, WireError>> {
  const { services, edgeLocation } = call
  const format = formatOf(call)
  if (!format.ok) return format
  const reading = await services.metrics.read(edgeLocation)
  if (format.value === 'json') {
    return ok(respondJson(renderJson(reading, edgeLocation, services.clock.now())))
  }
  const headers = { 'Content-Type': textContentTypes[format.value], 'Cache-Control': 'no-store' }
  return ok(new Response(renderPrometheus(reading, format.value), { headers }))
}

/** What `format` asks for; else what `Accept` does, as Prometheus sends it; else JSON. */
function formatOf({ url, request }: Call): Result<'json' | TextFormat, WireError> {
  const given = queryOf(url)
  if (!given.ok) return given
  const asked = parseInput(query, given.value, 'invalid_parameter')
  if (!asked.ok) return asked
  if (asked.value.format === 'json') return ok('json')
  const accept = request.headers.get('Accept') ?? ''
  if (accept.includes('openmetrics-text')) return ok('openmetrics')
  const wantsText = asked.value.format === 'prometheus' || accept.includes('text/plain')
  return ok(wantsText ? 'prometheus' : 'json')
}
