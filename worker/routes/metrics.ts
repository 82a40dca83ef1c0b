import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { matchesKey } from '../auth/internal-key.ts'
import { metricsBodySchema, renderJson, renderPrometheus } from '../metrics/render.ts'
import { parseInput } from './input.ts'
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
    const { services, request, edgeLocation } = call
    const { metricsToken } = services.config
    if (metricsToken !== null && !(await matchesKey(request.headers.get('Authorization'), metricsToken))) {
      return err({ code: 'key_invalid' })
    }
    const format = formatOf(call)
    if (!format.ok) return format
    const totals = await services.metrics.read()
    if (format.value === 'json')
      return ok(respondJson(renderJson(totals, edgeLocation, services.clock.now())))
    const headers = { 'Content-Type': openMetricsType, 'Cache-Control': 'no-store' }
    return ok(new Response(renderPrometheus(totals), { headers }))
  },
}

const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

function formatOf({ query: given, request }: Call): Result<'json' | 'prometheus', WireError> {
  const asked = parseInput(query, given, 'invalid_parameter')
  if (!asked.ok) return asked
  const accept = request.headers.get('Accept') ?? ''
  const wantsText = /openmetrics-text|text\/plain/.test(accept)
  return ok(asked.value.format ?? (wantsText ? 'prometheus' : 'json'))
}
