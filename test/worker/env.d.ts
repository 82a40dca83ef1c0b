/**
 * The types of `env` and `exports` of cloudflare:workers in a test: the bindings of wrangler.toml, and the Worker
 * itself.
 */
declare namespace Cloudflare {
  type BoardcacheEnv = import('../../worker/env.ts').Env
  type BoardcacheModule = typeof import('../../worker/index.ts')

  interface Env extends BoardcacheEnv {}

  interface GlobalProps {
    mainModule: BoardcacheModule
    durableNamespaces: 'Ledger' | 'LiveHub' | 'Marks' | 'MetricsStore' | 'MetricsOverview'
  }
}
