import { createApp } from './app.ts'
import type { Env } from './env.ts'
import type { Services } from './services.ts'
import { createServices } from './services.ts'

export { MetricsStore } from './deployment/metrics/metrics-store.ts'
export { MetricsOverview } from './deployment/metrics-overview.ts'
export { Ledger } from './ledger/ledger.ts'
export { Marks } from './ledger/marks.ts'
export { LiveHub } from './live/live-hub.ts'

let isolateServices: Services | null = null

/** Creates the services at the first request, since the bindings are only known then, and keeps them as long as the isolate. */
function servicesOf(env: Env): Services {
  isolateServices ??= createServices(env)
  return isolateServices
}

export default createApp(servicesOf) satisfies ExportedHandler<Env>
