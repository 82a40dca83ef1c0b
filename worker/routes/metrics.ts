import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import { negotiate, type Offered } from '../../shared/contract/negotiation.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { renderPrometheus, type TextFormat, textContentTypes } from '../deployment/metrics/prometheus.ts'
import { metricsBodySchema, renderJson } from '../deployment/metrics/render.ts'
import { respondJson } from '../http/answers.ts'
import { type Call, defineRoute, type HeadersTaken, type InputOf } from '../http/route.ts'

const query = z.strictObject({ format: z.enum(['json', 'prometheus']).optional() })

type Format = 'json' | TextFormat

/**
 * JSON is first because it is the default. A range for a text format may name the format's version and any escaping: none of our
 * names needs escaping, so every scheme gives the same text.
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

/** The input that selects the format: the query, or else `Accept`. */
export const metricsTaken = {
  query,
  headers: {
    described: { Accept: 'Selects the format if the query does not.' },
    read: (headers) => ok(headers.get('Accept')),
  } satisfies HeadersTaken<'Accept', string | null>,
} as const

type MetricsInput = InputOf<typeof metricsTaken>

/** `GET /metrics`: the metrics of the whole deployment. Public unless `METRICS_TOKEN` is set. */
export const metricsRoute = defineRoute({
  method: 'GET',
  path: '/metrics',
  summary: 'The metrics of the deployment, as JSON or as Prometheus text',
  access: 'metrics-token',
  takes: metricsTaken,
  gives: metricsBodySchema,
  errors: ['invalid_parameter', 'key_invalid'],
  variantOf: formatOf,
  handle: answerMetrics,
})

/** Answers the metrics to a caller who was let in. */
export async function answerMetrics(call: Call<unknown, MetricsInput>): Promise<Result<Response, WireError>> {
  const { services, edgeLocation } = call
  const format = formatOf(call.input)
  const reading = await services.metrics.read(edgeLocation)
  const response =
    format === 'json'
      ? respondJson(renderJson(reading, edgeLocation, services.clock.now()))
      : respondText(renderPrometheus(reading, format), textContentTypes[format])
  response.headers.set('Vary', 'Accept')
  return ok(response)
}

function respondText(text: string, contentType: string): Response {
  return new Response(text, { headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' } })
}

/** The format that the query names; for `prometheus`, the text format that `Accept` prefers. Else the one that `Accept` prefers. */
function formatOf({ query: { format }, headers: accept }: MetricsInput): Format {
  if (format === 'json') return format
  return format === undefined ? negotiate(accept, formats) : negotiate(accept, textFormats)
}

/** The older of the two formats is the default, because every scraper reads it. */
const textFormats: readonly [Offered<TextFormat>, ...Offered<TextFormat>[]] = [
  { name: 'prometheus', type: 'text/plain', has: isTextOf('0.0.4') },
  { name: 'openmetrics', type: 'application/openmetrics-text', has: isTextOf('1.0.0') },
]
