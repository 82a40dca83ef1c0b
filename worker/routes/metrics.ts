import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { matchesKey } from '../auth/internal-key.ts'
import { renderPrometheus, type TextFormat, textContentTypes } from '../deployment/metrics/prometheus.ts'
import { metricsBodySchema, renderJson } from '../deployment/metrics/render.ts'
import { respondJson } from '../http/answers.ts'
import { parseInput, queryOf } from '../http/input.ts'
import { negotiate, type Offered } from '../http/negotiation.ts'
import type { Call, OpenRoute } from '../http/route.ts'

const query = z.strictObject({ format: z.enum(['json', 'prometheus']).optional() })

type Format = 'json' | TextFormat

/**
 * JSON first, which is the default. Of the text formats a range may name the version that they have, and any escaping:
 * there is nothing in our names to escape, so every scheme gives the same text.
 */
const formats: readonly [Offered<Format>, ...Offered<Format>[]] = [
  { name: 'json', type: 'application/json', has: isUtf8 },
  { name: 'openmetrics', type: 'application/openmetrics-text', has: isTextOf('1.0.0') },
  { name: 'prometheus', type: 'text/plain', has: isTextOf('0.0.4') },
]

function isUtf8(parameter: string, value: string): boolean {
  return parameter === 'charset' && value === 'utf-8'
}

function isTextOf(version: string) {
  return (parameter: string, value: string) =>
    isUtf8(parameter, value) || (parameter === 'version' && value === version) || parameter === 'escaping'
}

/** `GET /metrics`: the figures of the whole deployment. Public unless `METRICS_TOKEN` is set. */
export const metricsRoute: OpenRoute = {
  method: 'GET',
  path: '/metrics',
  summary: "The deployment's figures, as JSON or as Prometheus text",
  access: 'metrics-token',
  takes: { query },
  gives: metricsBodySchema,
  errors: ['invalid_parameter', 'key_invalid'],
  async variantOf(call) {
    const { metricsToken } = call.services.config
    const authorization = call.request.headers.get('Authorization')
    if (metricsToken !== null && !(await matchesKey(authorization, metricsToken))) {
      return err({ code: 'key_invalid' })
    }
    return formatOf(call)
  },
  handle: answerMetrics,
}

/** The figures, to who may see them. */
export async function answerMetrics(call: Call): Promise<Result<Response, WireError>> {
  const { services, edgeLocation } = call
  const format = formatOf(call)
  if (!format.ok) return format
  const reading = await services.metrics.read(edgeLocation)
  const response =
    format.value === 'json'
      ? respondJson(renderJson(reading, edgeLocation, services.clock.now()))
      : respondText(renderPrometheus(reading, format.value), textContentTypes[format.value])
  response.headers.set('Vary', 'Accept')
  return ok(response)
}

function respondText(text: string, contentType: string): Response {
  return new Response(text, { headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' } })
}

/** What `format` asks for, of the text formats the one that `Accept` prefers; else what `Accept` does. */
function formatOf({ url, request }: Call): Result<Format, WireError> {
  const given = queryOf(url)
  if (!given.ok) return given
  const asked = parseInput(query, given.value, 'invalid_parameter')
  if (!asked.ok) return asked
  const { format } = asked.value
  if (format === 'json') return ok(format)
  const accept = request.headers.get('Accept')
  return ok(format === undefined ? negotiate(accept, formats) : negotiate(accept, textFormats))
}

/** The older of the two is the default: any scraper reads it. */
const textFormats: readonly [Offered<TextFormat>, ...Offered<TextFormat>[]] = [
  { name: 'prometheus', type: 'text/plain', has: isTextOf('0.0.4') },
  { name: 'openmetrics', type: 'application/openmetrics-text', has: isTextOf('1.0.0') },
]
