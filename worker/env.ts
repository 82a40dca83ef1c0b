import type { MetricsShard } from './deployment/metrics/figures.ts'
import type { MetricsOverview } from './deployment/monitoring-contract.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { PlatformLimit } from './rate-limits/platform-decision.ts'

/** What wrangler.toml binds. Every other setting is a variable or secret, read by `parseConfig` alone. */
export interface Env {
  readonly BOARD_CACHE: KVNamespace
  readonly LEDGER: DurableObjectNamespace<Ledger>
  readonly METRICS: DurableObjectNamespace<MetricsShard>
  readonly METRICS_OVERVIEW: DurableObjectNamespace<MetricsOverview>
  /** The dashboard's files; absent where the Worker runs without them. */
  readonly ASSETS?: Fetcher
  /** The platform's own limits, which count a location alone: for while Redis is away. */
  readonly USER_RATE_LIMIT?: PlatformLimit
  readonly WORKSPACE_RATE_LIMIT?: PlatformLimit
  readonly VERSION?: { readonly id: string; readonly tag: string }
}
