import { createApp } from '../../../worker/app.ts'
import type { Env } from '../../../worker/env.ts'
import { createServices, type Services } from '../../../worker/services.ts'

export { MetricsStore } from '../../../worker/deployment/metrics/metrics-store.ts'
export { MetricsOverview } from '../../../worker/deployment/metrics-overview.ts'
export { Ledger } from '../../../worker/ledger/ledger.ts'

let services: Services | null = null

/** The production Worker without its counting. The difference is what counting costs. */
const app = createApp((env: Env) => {
  services ??= createServices(env, () => ({
    recorder: { record: () => undefined },
    causes: { count: () => undefined },
    observe: () => undefined,
    flushSoon: () => null,
    read: async () => ({ counters: {}, durations: {}, isComplete: false, figures: null }),
  }))
  return services
})

export default app
