import { traceparentHeader, tracestateHeader } from '../../shared/contract/trace.ts'
import { explainHeader } from '../auth/admit.ts'
import { minVersionHeader } from '../cache/wish.ts'

const exposedHeaders =
  'ETag, Age, Cache-Status, Server-Timing, Retry-After, RateLimit, RateLimit-Policy, X-Request-ID, traceparent'

const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'X-Workspace-ID',
  'X-User-ID',
  minVersionHeader,
  'X-Request-ID',
  traceparentHeader,
  tracestateHeader,
  'If-None-Match',
  'Cache-Control',
  explainHeader,
  'Last-Event-ID',
].join(',')

const preflightSeconds = '86400'

/** Sets the headers with which a browser lets pages of the allowed origins read the answer (WHATWG Fetch, "CORS protocol"). */
export function letRead(headers: Headers, origin: string | null, allowedOrigins: readonly string[]): void {
  headers.append('Vary', 'Origin')
  if (origin === null || !allowedOrigins.includes(origin)) return
  headers.set('Access-Control-Allow-Origin', origin)
  headers.set('Access-Control-Expose-Headers', exposedHeaders)
}

/** Answers every OPTIONS request as a CORS preflight, which browsers send before some requests to another origin. */
export function preflight(
  origin: string | null,
  allowedOrigins: readonly string[],
  methods: readonly string[],
): Response {
  const headers = new Headers({
    'Access-Control-Max-Age': preflightSeconds,
    'Access-Control-Allow-Methods': methods.join(','),
    'Access-Control-Allow-Headers': allowedHeaders,
    Vary: 'Origin, Access-Control-Request-Headers',
  })
  if (origin !== null && allowedOrigins.includes(origin)) headers.set('Access-Control-Allow-Origin', origin)
  return new Response(null, { status: 204, statusText: 'No Content', headers })
}
