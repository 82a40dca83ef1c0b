import type { Variables } from './config.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { MetricsStore } from './metrics/metrics-store.ts'

/** What wrangler.toml binds, and the variables and secrets, which `parseConfig` alone reads. */
export interface Env extends Variables {
  readonly BOARD_CACHE: KVNamespace
  readonly LEDGER: DurableObjectNamespace<Ledger>
  readonly METRICS: DurableObjectNamespace<MetricsStore>
  /** The dashboard's files; absent where the Worker runs without them. */
  readonly ASSETS?: Fetcher
}
