import type { SampleColumns, Sample as ShownSample } from '../../../shared/contract/monitoring.ts'
import { bySource } from '../../../shared/contract/tier-names.ts'
import type { Sample } from '../metrics/figures.ts'
import { latencyOf } from '../metrics/render.ts'

/** Samples do not change, and each is shown many times. */
const shown = new WeakMap<Sample, ShownSample>()

/** A sample in the form of the contract. */
export function showSample(sample: Sample): ShownSample {
  const known = shown.get(sample)
  if (known !== undefined) return known
  const described = describe(sample)
  shown.set(sample, described)
  return described
}

function describe({ atMs, spanMs, totals, sums }: Sample): ShownSample {
  const latency = latencyOf(totals, 'read')
  const isEmpty = sums.requests === 0
  return {
    at_ms: atMs,
    seconds: spanMs / 1_000,
    requests: sums.requests,
    errors: sums.errors,
    client_errors: sums.clientErrors,
    hit_rate: isEmpty ? null : sums.hits / sums.requests,
    avg_ms: isEmpty ? null : latency.avg_ms,
    p50_ms: isEmpty ? null : latency.p50_ms,
    p95_ms: isEmpty ? null : latency.p95_ms,
    p99_ms: isEmpty ? null : latency.p99_ms,
    sources: sums.sources,
  }
}

/** Turns samples into columns. */
export function columnsOf(samples: readonly ShownSample[]): SampleColumns {
  const column = <Name extends keyof ShownSample>(name: Name) => samples.map((sample) => sample[name])
  return {
    at_ms: column('at_ms'),
    seconds: column('seconds'),
    requests: column('requests'),
    errors: column('errors'),
    client_errors: column('client_errors'),
    hit_rate: column('hit_rate'),
    avg_ms: column('avg_ms'),
    p50_ms: column('p50_ms'),
    p95_ms: column('p95_ms'),
    p99_ms: column('p99_ms'),
    sources: bySource((name) => samples.map(({ sources }) => sources[name])),
  }
}
