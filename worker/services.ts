import type { Bearer } from '../shared/auth/bearer.ts'
import { createBearer } from '../shared/auth/bearer.ts'
import type { Clock } from '../shared/clock.ts'
import { systemClock } from '../shared/clock.ts'
import type { Memberships } from './auth/membership.ts'
import { createMemberships } from './auth/membership.ts'
import { withPrefetch } from './cache/ahead/next-page.ts'
import { withRenewal } from './cache/ahead/renewal.ts'
import { createUnaskedLoads } from './cache/ahead/unasked.ts'
import type { Ask } from './cache/ask.ts'
import { createAsk } from './cache/ask.ts'
import { withConsistencyChecks } from './cache/check.ts'
import { createLoader } from './cache/load.ts'
import { withOwnAnswers } from './cache/own.ts'
import { createReader } from './cache/read.ts'
import type { SettingsReader } from './cache/settings-reader.ts'
import { createSettingsReader } from './cache/settings-reader.ts'
import { createStore } from './cache/store.ts'
import type { Config } from './config.ts'
import { parseConfig } from './config.ts'
import { isolateGauges } from './deployment/metrics/isolate-gauges.ts'
import type { MetricsClient } from './deployment/metrics/metrics-client.ts'
import { createMetricsClient, overviewName } from './deployment/metrics/metrics-client.ts'
import { createMonitoringClient, type MonitoringClient } from './deployment/monitoring-client.ts'
import { etagOf } from './entry/entry.ts'
import type { Env } from './env.ts'
import type { Recorder } from './events.ts'
import type { LedgerClient } from './ledger/client.ts'
import { createLedgerClient } from './ledger/client.ts'
import { createSharedViews } from './ledger/shared-views.ts'
import { createViews } from './ledger/view.ts'
import type { Origin } from './outbound/origin-client.ts'
import { createOrigin } from './outbound/origin-client.ts'
import type { RateLimits } from './rate-limits/rate-limits.ts'
import { createRateLimits } from './rate-limits/rate-limits.ts'
import type { Tiers } from './tiers/tiers.ts'
import { createTiers } from './tiers/tiers.ts'

/** The parts of the Worker, put together once an isolate. */
export interface Services {
  readonly config: Config
  readonly clock: Clock
  readonly metrics: MetricsClient
  readonly monitoring: MonitoringClient
  readonly bearer: Bearer
  readonly memberships: Memberships
  readonly rateLimits: RateLimits
  readonly ledger: LedgerClient
  readonly origin: Origin
  readonly tiers: Tiers
  readonly settings: SettingsReader
  readonly ask: Ask
  /** The dashboard's files; null where the Worker runs without them. */
  readonly assets: Fetcher | null
}

/** `createMetrics` is there for the benchmark of what counting costs. */
export function createServices(
  env: Env,
  createMetrics: (
    shards: Env['METRICS'],
    overviews: Env['METRICS_OVERVIEW'],
    clock: Clock,
  ) => MetricsClient = createMetricsClient,
): Services {
  const config = parseConfig(env)
  const clock = systemClock
  const metrics = createMetrics(env.METRICS, env.METRICS_OVERVIEW, clock)
  const { recorder } = metrics
  const ledger = createLedgerClient(
    (workspaceId) => env.LEDGER.get(env.LEDGER.idFromName(workspaceId)),
    clock,
    recorder,
  )
  const origin = createOrigin({
    url: config.originUrl,
    internalAuthKey: config.internalAuthKey,
    clock,
    recorder,
  })
  const tiers = createTiers({
    namespace: env.BOARD_CACHE,
    cache: caches.default,
    config,
    clock,
    recorder,
  })
  metrics.observe(() => isolateGauges(tiers, origin))
  const { settings, ask } = createReadPath({ config, clock, recorder, ledger, origin, tiers })

  return {
    config,
    clock,
    metrics,
    monitoring: createMonitoringClient(
      () => env.METRICS_OVERVIEW.get(env.METRICS_OVERVIEW.idFromName(overviewName)),
      clock,
    ),
    ...createDoor(env, { config, clock, recorder, origin }),
    ledger,
    origin,
    tiers,
    settings,
    ask,
    assets: env.ASSETS ?? null,
  }
}

type DoorOptions = Pick<Services, 'config' | 'clock' | 'origin'> & { readonly recorder: Recorder }

/** What a caller passes on the way in: the token, the limits, the membership. */
function createDoor(
  env: Env,
  { config, clock, recorder, origin }: DoorOptions,
): Pick<Services, 'bearer' | 'memberships' | 'rateLimits'> {
  const { issuer, audience, secret, jwksUrl } = config.jwt
  return {
    bearer: createBearer({
      ...{ issuer, audience, jwksUrl, clock },
      jwtSecret: secret,
      unknownKey: 'token_invalid',
      fetch: (url, init) => fetch(url, init),
    }),
    memberships: createMemberships({
      clock,
      recorder,
      ask: (principal, workspaceId, requestId, trace) =>
        origin.membership(workspaceId, { token: principal.token, requestId, ...(trace && { trace }) }),
    }),
    rateLimits: createRateLimits({
      config,
      platform: { user: env.USER_RATE_LIMIT, workspace: env.WORKSPACE_RATE_LIMIT },
      clock,
      recorder,
    }),
  }
}

interface ReadPathOptions extends Pick<Services, 'config' | 'clock' | 'ledger' | 'origin'> {
  readonly recorder: Recorder
  readonly tiers: Tiers
}

/** How a question is answered: read, checked for a share of all; and what will be asked for next is there already. */
function createReadPath(options: ReadPathOptions): Pick<Services, 'settings' | 'ask'> {
  const { config, clock, recorder, ledger, origin, tiers } = options
  const { slots } = tiers
  const { random } = Math
  const shared = createSharedViews(caches.default, clock)
  const views = createViews({ ledger, clock, boundMs: config.stalenessBoundMs, shared })
  const store = createStore(slots, { clock, recorder })
  const { staleIfErrorSeconds } = config
  const load = createLoader({ views, store, clock, staleIfErrorSeconds, etagOf })
  const reader = createReader({ slots, views, load, store, clock, random })
  const settings = createSettingsReader(reader, origin, views, clock)
  const checked = withConsistencyChecks(createAsk(reader, settings, origin), {
    views,
    origin,
    recorder,
    clock,
    sampleRate: config.consistencySampleRate,
    random,
    report: console.error,
  })
  const unasked = createUnaskedLoads({ settings, clock })
  const ask = withRenewal(withPrefetch(checked, unasked), { again: checked, unasked, clock })
  return { settings, ask: withOwnAnswers(ask) }
}
