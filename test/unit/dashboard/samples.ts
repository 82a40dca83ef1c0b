import type { Sample } from '../../../shared/contract/monitoring.ts'

export const nowhere = { memory: 0, edge_cache: 0, cloudflare_kv: 0, redis_cache: 0, database: 0 }

/** A sample of the live figures in which nothing was read. */
export function sampleAt(at_ms: number, more: Partial<Sample> = {}): Sample {
  return {
    at_ms,
    seconds: 1,
    requests: 0,
    errors: 0,
    client_errors: 0,
    hit_rate: null,
    avg_ms: null,
    p50_ms: null,
    p95_ms: null,
    p99_ms: null,
    sources: nowhere,
    ...more,
  }
}
