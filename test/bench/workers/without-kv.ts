import { createApp } from '../../../worker/app.ts'
import type { Env } from '../../../worker/env.ts'
import { createServices, type Services } from '../../../worker/services.ts'

export { MetricsStore } from '../../../worker/deployment/metrics/metrics-store.ts'
export { MetricsOverview } from '../../../worker/deployment/metrics-overview.ts'
export { Ledger } from '../../../worker/ledger/ledger.ts'

/** A KV that stores nothing and finds nothing, so that the tiers behind it can be measured by themselves. */
const emptyKv = { get: async () => null, put: async () => undefined, delete: async () => undefined }

let services: Services | null = null

/** The production Worker without its KV. */
const app = createApp((env: Env) => {
  services ??= createServices(Object.assign({ ...env }, { BOARD_CACHE: emptyKv }))
  return services
})

export default app
