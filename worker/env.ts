import type { MetricsShard } from './deployment/metrics/figures.ts'
import type { MetricsOverview } from './deployment/monitoring-contract.ts'
import type { HubObject } from './ledger/hub-messages.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Marks } from './ledger/marks.ts'
import type { PlatformLimit } from './rate-limits/platform-decision.ts'

/** The bindings of wrangler.toml. All other settings are variables and secrets, which only `parseConfig` reads. */
export interface Env {
  readonly BOARD_CACHE: KVNamespace
  readonly LEDGER: DurableObjectNamespace<Ledger>
  readonly MARKS: DurableObjectNamespace<Marks>
  readonly LIVE: DurableObjectNamespace<HubObject>
  readonly METRICS: DurableObjectNamespace<MetricsShard>
  readonly METRICS_OVERVIEW: DurableObjectNamespace<MetricsOverview>
  /** The dashboard's files; absent if the Worker runs without them. */
  readonly ASSETS?: Fetcher
  /** The platform's rate limits. They count one location only and are used while Redis cannot be reached. */
  readonly USER_RATE_LIMIT?: PlatformLimit
  readonly WORKSPACE_RATE_LIMIT?: PlatformLimit
  readonly VERSION?: { readonly id: string; readonly tag: string }
}
