import fc from 'fast-check'
import type { CacheEvent, LimitOutcome } from '../../../../worker/events.ts'

const durationMs = fc.integer({ min: 0, max: 20_000 })
const failures = ['timeout', 'unavailable', 'rate-limited', 'corrupt', 'too-large', 'breaker-open'] as const
const tier = fc.constantFrom('memory' as const, 'edge-cache' as const, 'kv' as const, 'redis' as const)

export function readEvent(
  status: 'HIT' | 'STALE' | 'MISS' | 'BYPASS',
  source: 'memory' | 'edge_cache' | 'cloudflare_kv' | 'redis_cache' | 'database',
  durationMs = 10,
): CacheEvent {
  return { kind: 'read', resource: 'contact-list', httpStatus: 200, served: { status, source }, durationMs }
}

export function failedRead(httpStatus: number): CacheEvent {
  return { kind: 'read', resource: 'contact-counts', httpStatus, durationMs: 5 }
}

/** Any event. */
export const cacheEvent: fc.Arbitrary<CacheEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('read' as const),
    resource: fc.constantFrom('contact-list' as const, 'contact-counts' as const),
    httpStatus: fc.constantFrom(200, 304, 404, 503),
    viewAgeMs: fc.nat(1_000),
    served: fc.record({
      status: fc.constantFrom('HIT' as const, 'STALE' as const, 'MISS' as const, 'BYPASS' as const),
      source: fc.constantFrom('cloudflare_kv' as const, 'redis_cache' as const, 'database' as const),
    }),
    durationMs,
  }),
  fc.constantFrom(failedRead(400), failedRead(503)),
  fc.record({
    kind: fc.constant('tier-get' as const),
    tier,
    outcome: fc.constantFrom('hit' as const, 'miss' as const, ...failures),
    durationMs,
  }),
  fc.record({
    kind: fc.constant('tier-put' as const),
    tier,
    outcome: fc.constantFrom('done' as const, 'skipped' as const, ...failures),
  }),
  fc.record({
    kind: fc.constant('breaker' as const),
    tier,
    side: fc.constantFrom('get' as const, 'put' as const),
    state: fc.constantFrom('closed' as const, 'open' as const, 'half-open' as const),
  }),
  fc.record({
    kind: fc.constant('ledger' as const),
    call: fc.constantFrom('since' as const, 'advance' as const),
    outcome: fc.constantFrom('done' as const, 'timeout' as const, 'unavailable' as const),
    durationMs,
  }),
  fc.record({
    kind: fc.constant('origin' as const),
    outcome: fc.constantFrom('done' as const, 'not-found' as const, 'overloaded' as const),
    durationMs,
  }),
  fc.record({
    kind: fc.constant('request' as const),
    method: fc.constantFrom('GET' as const, 'POST' as const, 'other' as const),
    route: fc.constantFrom('/metrics', '/api/boards/{boardId}/contacts', 'none'),
    httpStatus: fc.constantFrom(200, 404, 500),
    durationMs,
  }),
  fc.record({
    kind: fc.constant('entry-stored' as const),
    tier,
    cause: fc.constantFrom('fill' as const, 'back-fill' as const),
    bodyBytes: fc.nat(1_000_000),
  }),
  fc.record({ kind: fc.constant('eviction' as const), tier }),
  fc.record({
    kind: fc.constant('consistency' as const),
    outcome: fc.constantFrom('consistent' as const, 'excused' as const, 'violated' as const),
    staleMs: durationMs,
  }),
  fc.record({
    kind: fc.constant('call-answered' as const),
    contextSource: fc.constantFrom(
      'cache' as const,
      'database' as const,
      'stale' as const,
      'partial' as const,
      'defaults' as const,
    ),
  }),
  fc.record({
    kind: fc.constant('mail' as const),
    way: fc.constantFrom('json' as const, 'mime' as const, 'routing' as const),
    result: fc.constantFrom(
      'processed' as const,
      'queued' as const,
      'duplicate-redis' as const,
      'failed' as const,
    ),
    durationMs,
  }),
  fc.record({
    kind: fc.constant('rate-limited' as const),
    scope: fc.constantFrom(...(['user', 'workspace', 'call-number', 'call-organization'] as const)),
    outcome: fc.constantFrom<LimitOutcome>(
      'refused',
      'refused-by-platform',
      'passed-by-platform',
      'let-through',
    ),
  }),
  fc.record({
    kind: fc.constant('invalidation' as const),
    events: fc.nat(500),
    tags: fc.nat(2_000),
  }),
)
