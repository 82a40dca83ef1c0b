import type { Observation, PartStatus, SpanSums } from '../../worker/deployment/alerts/observation.ts'

const heardOf: PartStatus = { awayMs: 0, heardAtMs: null, calls: 0 }

export const busy: SpanSums = {
  requests: 1_000,
  hits: 950,
  errors: 0,
  durationMs: 20_000,
  violations: 0,
  mail: { received: 100, failed: 0, processed: 100, processingMs: 5_000 },
}

/** A healthy deployment, with the test's changes. */
export function observationOf(
  atMs: number,
  changes: Partial<Omit<Observation, 'atMs' | 'over'>> & { readonly sums?: Partial<SpanSums> } = {},
): Observation {
  const { sums, ...others } = changes
  return {
    atMs,
    over: () => ({ ...busy, ...sums }),
    parts: { edge_cache: heardOf, kv: heardOf, redis: heardOf, ledger: heardOf, origin: heardOf },
    outbox: { oldestAgeMs: 0 },
    queues: { outbox: 0, origin_queries: 0 },
    jobs: { messages: { waiting: 0, oldestWaitingMs: 0, ended: 100, failed: 0 } },
    redisMemory: {},
    ...others,
  }
}
