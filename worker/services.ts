import type { Bearer } from '../shared/auth/bearer.ts'
import { createBearer } from '../shared/auth/bearer.ts'
import type { Clock } from '../shared/clock.ts'
import { systemClock } from '../shared/clock.ts'
import { createEmailSender, type EmailSender } from './auth/email-sender.ts'
import type { Memberships } from './auth/membership.ts'
import { createMemberships } from './auth/membership.ts'
import { createVoicePlatform, type VoicePlatform } from './auth/voice-platform.ts'
import type { AnswerQuestion } from './cache/answer.ts'
import { createReadPath } from './cache/read-path.ts'
import type { SettingsReader } from './cache/settings-reader.ts'
import type { Config } from './config.ts'
import { parseConfig } from './config.ts'
import { isolateGauges } from './deployment/metrics/isolate-gauges.ts'
import type { MetricsClient } from './deployment/metrics/metrics-client.ts'
import { createMetricsClient } from './deployment/metrics/metrics-client.ts'
import { createMonitoringClient, type MonitoringClient } from './deployment/monitoring-client.ts'
import { etagOf } from './entry/entry.ts'
import type { Env } from './env.ts'
import type { Recorder } from './events.ts'
import { createEdgeCounts } from './inbound-email/edge-counts.ts'
import { createKnownMail } from './inbound-email/known-mail.ts'
import type { MailParts } from './inbound-email/take-mail.ts'
import { createReadActivity, type ReadActivity } from './ledger/activity-client.ts'
import type { LedgerClient } from './ledger/ledger-client.ts'
import { createHeal, createLedgerClient } from './ledger/ledger-client.ts'
import { createMarksClient, type MarksClient, marksName } from './ledger/marks-client.ts'
import { createSharedViews } from './ledger/shared-views.ts'
import type { Views } from './ledger/view.ts'
import type { LiveClient } from './live/live-client.ts'
import { createLiveClient } from './live/live-client.ts'
import type { Origin } from './outbound/origin-client.ts'
import { createNearness, type Nearness } from './outbound/regions/nearness.ts'
import { createDeploymentOrigins, type RegionOrigin } from './outbound/regions/regional-origin.ts'
import { overviewName } from './platform/object-names.ts'
import type { RateLimits } from './rate-limits/rate-limits.ts'
import { createRateLimits } from './rate-limits/rate-limits.ts'
import type { RedisDatabases } from './redis/databases.ts'
import { createRedisDatabases, createRegionRedis, type RegionRedis } from './redis/databases.ts'
import type { Tiers } from './tiers/tiers.ts'
import { createTiers } from './tiers/tiers.ts'

/** The parts of the Worker. Each isolate creates them once. */
export interface Services {
  readonly config: Config
  readonly clock: Clock
  readonly metrics: MetricsClient
  readonly monitoring: MonitoringClient
  readonly bearer: Bearer
  readonly memberships: Memberships
  readonly rateLimits: RateLimits
  readonly voicePlatform: VoicePlatform
  readonly emailSender: EmailSender
  readonly ledger: LedgerClient
  /** Reads what the ledger of a workspace has written down. */
  readonly readActivity: ReadActivity
  readonly views: Views
  /** The hubs of live boards. */
  readonly live: LiveClient
  readonly marks: MarksClient
  readonly origin: Origin
  readonly regions: Regions
  /** Every Redis of the deployment, and the namespaces on them. */
  readonly redis: RedisDatabases
  readonly tiers: Tiers
  readonly settings: SettingsReader
  /** Takes inbound e-mail. */
  readonly mail: MailParts
  /** Answers the question of a resource. */
  readonly answer: AnswerQuestion
  /** The dashboard's files; null if the Worker runs without them. */
  readonly assets: Fetcher | null
}

/** Creates the parts of an isolate. A benchmark passes its own `createMetrics` to measure the cost of counting. */
export function createServices(
  env: Env,
  createMetrics: (
    shards: Env['METRICS'],
    overviews: Env['METRICS_OVERVIEW'],
    clock: Clock,
    version: string,
  ) => MetricsClient = createMetricsClient,
): Services {
  const config = parseConfig(env)
  const clock = systemClock
  const metrics = createMetrics(env.METRICS, env.METRICS_OVERVIEW, clock, config.version)
  const { recorder } = metrics
  const { ledger, readActivity, marks, live } = createLedgers(env, clock, recorder)
  const regions = createRegions(config, clock, recorder)
  const { origin } = regions
  const redis = createRedisDatabases(config.redis, clock, (url, init) => fetch(url, init))
  const tiers = createTiers({
    namespace: env.BOARD_CACHE,
    cache: caches.default,
    redisServers: redis.servers,
    ...{ regions: regions.tiers, config },
    clock,
    recorder,
  })
  const { METRICS_OVERVIEW: overviews } = env
  const monitoring = createMonitoringClient(() => overviews.get(overviews.idFromName(overviewName)), clock)
  metrics.observe(() => isolateGauges(tiers, origin, redis.servers, regions.origins))
  const { settings, answer, views } = createReadPath({
    ...{ clock, recorder, ledger, origin, etagOf, random: Math.random, report: console.error },
    sharedViews: createSharedViews(caches.default, clock),
    slots: tiers.slots,
    stalenessBoundMs: config.stalenessBoundMs,
    staleIfErrorSeconds: config.staleIfErrorSeconds,
    consistencySampleRate: config.consistencySampleRate,
    instant: marks.instant,
    noteViolation: monitoring.noteViolation,
    tellDemand: config.loadAheadQuestionsMax === 0 ? undefined : monitoring.tellDemand,
    heal: createHeal((workspaceId) => env.LEDGER.get(env.LEDGER.idFromName(workspaceId)), clock),
  })

  return {
    config,
    clock,
    metrics,
    monitoring,
    ...createDoor(env, { config, clock, recorder, origin, views, redis }),
    ledger,
    readActivity,
    views,
    live,
    marks,
    ...{ origin, regions, redis, tiers },
    settings,
    mail: {
      ...{ clock, recorder, origin },
      known: createKnownMail({ namespace: redis.namespaces.emailCache, clock }),
      counts: createEdgeCounts(origin, clock),
    },
    answer,
    assets: env.ASSETS ?? null,
  }
}

/** The regions of the deployment; where there is one, nothing but its origin. */
interface Regions {
  readonly nearness: Nearness | null
  readonly origin: Origin
  readonly origins: readonly RegionOrigin[]
  readonly redis: readonly RegionRedis[]
  readonly tiers: Parameters<typeof createTiers>[0]['regions']
}

function createRegions(config: Config, clock: Clock, recorder: Recorder): Regions {
  const { regions } = config
  const nearness = regions === null ? null : createNearness([regions.first, ...regions.others])
  const { origin, regions: origins } = createDeploymentOrigins(config, {
    ...{ clock, recorder },
    ...(nearness === null ? {} : { order: nearness.order }),
  })
  const redis = createRegionRedis(regions, clock, (url, init) => fetch(url, init))
  const tiers =
    regions === null || nearness === null
      ? undefined
      : { firstName: regions.first.name, others: redis, order: nearness.order }
  return { nearness, origin, origins, redis, tiers }
}

/** Creates the clients of the objects that know what has changed: the ledgers, the marks, and the hubs of live boards. */
function createLedgers(
  env: Env,
  clock: Clock,
  recorder: Recorder,
): Pick<Services, 'ledger' | 'readActivity' | 'marks' | 'live'> {
  return {
    ledger: createLedgerClient(
      (workspaceId) => env.LEDGER.get(env.LEDGER.idFromName(workspaceId)),
      clock,
      recorder,
    ),
    readActivity: createReadActivity(
      (workspaceId) => env.LEDGER.get(env.LEDGER.idFromName(workspaceId)),
      clock,
    ),
    marks: createMarksClient(() => env.MARKS.get(env.MARKS.idFromName(marksName)), clock),
    live: createLiveClient((hubName) => env.LIVE.get(env.LIVE.idFromName(hubName)), clock),
  }
}

interface DoorOptions extends Pick<Services, 'config' | 'clock' | 'origin' | 'redis'> {
  readonly recorder: Recorder
  readonly views: Views
}

/** Creates the parts that the door uses: the check of tokens, the rate limits and the memberships. */
function createDoor(
  env: Env,
  { config, clock, recorder, origin, views, redis }: DoorOptions,
): Pick<Services, 'bearer' | 'memberships' | 'rateLimits' | 'voicePlatform' | 'emailSender'> {
  const { issuer, audience, secret, jwksUrl } = config.jwt
  return {
    bearer: createBearer({
      ...{ issuer, audience, jwksUrl, clock },
      jwtSecret: secret,
      unknownKey: 'token_invalid',
      fetch: (url, init) => fetch(url, init),
    }),
    memberships: createMemberships({
      ...{ clock, recorder, views, boundMs: config.stalenessBoundMs },
      lookUp({ principal: { userId, token }, workspaceId, stamp, requestId, trace }) {
        const version = stamp === null ? null : `${stamp.ledgerId}:${stamp.version}`
        return origin.membership(workspaceId, version, {
          ...{ kind: 'member', userId, token, requestId },
          ...(trace && { trace }),
        })
      },
    }),
    voicePlatform: createVoicePlatform(config, clock),
    emailSender: createEmailSender(config, clock),
    rateLimits: createRateLimits({
      config,
      namespace: redis.namespaces.rateLimit,
      platform: { user: env.USER_RATE_LIMIT, workspace: env.WORKSPACE_RATE_LIMIT },
      clock,
      recorder,
    }),
  }
}
