import { systemClock } from '../../../shared/clock.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { resources } from '../../../shared/resources/index.ts'
import { createReadPath } from '../../cache/read-path.ts'
import type { Config } from '../../config.ts'
import { etagOf } from '../../entry/entry.ts'
import { keyFormat } from '../../entry/key.ts'
import { createLedgerClient, type LedgerStub } from '../../ledger/ledger-client.ts'
import type { Origin } from '../../outbound/origin-client.ts'
import { createDeploymentOrigins } from '../../outbound/regions/regional-origin.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import { createRedisDatabases } from '../../redis/databases.ts'
import { createTiers } from '../../tiers/tiers.ts'
import { seriesOf } from '../metrics/families.ts'
import type { Gauges } from '../metrics/gauges.ts'
import type { MetricsClient } from '../metrics/metrics-client.ts'
import { createAheadDesk } from './ahead-desk.ts'
import { createAheadLoader } from './ahead-loader.ts'
import { openDemandBook } from './demand-book.ts'

/** The loads ahead of the whole deployment. */
export interface DeploymentAhead {
  take(told: readonly unknown[]): void
  tick(): number | null
  gauges(): Gauges
  /** Names a location that is in use, whose figures count the loads. */
  near(location: string): void
}

interface AheadOptions {
  readonly config: Config
  readonly storage: SqlStorage
  readonly namespace: KVNamespace
  readonly metrics: MetricsClient
  ledgerOf(workspaceId: WorkspaceId): LedgerStub
  hasOriginRoom(): boolean
  wake(inMs: number): void
}

/** Creates the loads ahead from the deployment's configuration. */
export function createDeploymentAhead(options: AheadOptions): DeploymentAhead {
  const { config, metrics, wake, hasOriginRoom } = options
  const { recorder } = metrics
  const clock = systemClock
  const { origin } = createDeploymentOrigins(config, { clock, recorder })
  const loader = createAheadLoader({
    ...{ path: createPath(options, origin), origin, clock },
    newId: () => crypto.randomUUID(),
  })
  metrics.observe(() => ({ isolates: 0 }))
  let location: string | null = null
  const book = openDemandBook(options.storage, () => clock.now())
  const desk = createAheadDesk({
    ...{ clock, wake, release: releaseOf(config.version), questionsMax: config.loadAheadQuestionsMax },
    book,
    mayLoad: () => hasOriginRoom() && !loader.isOriginAway(),
    load: (turn) => loader.load(turn).catch(() => 'failed'),
    hoursOf: (workspaceId) => loader.hoursOf(workspaceId).catch(() => null),
    count(why, outcome) {
      recorder.record({ kind: 'load-ahead', why, outcome })
      if (location !== null) void metrics.flushSoon(location)
    },
  })
  return {
    take: desk.take,
    tick: desk.tick,
    gauges: () => ({ [seriesOf('demand_questions', [])]: book.size() }),
    near(name) {
      location = name
      void metrics.flushSoon(name)
    },
  }
}

/** The read path of this object. It has no memory of its own: what it loads is for the isolates. */
function createPath(
  { config, namespace, metrics: { recorder }, ledgerOf }: AheadOptions,
  origin: Origin,
): ReturnType<typeof createReadPath> {
  const clock = systemClock
  const { slots } = createTiers({
    ...{ namespace, clock, recorder, cache: caches.default },
    config: { memoryCacheBytes: 0, isEdgeCacheEnabled: config.isEdgeCacheEnabled },
    redisServers: createRedisDatabases(config.redis, clock, (url, init) => fetch(url, init)).servers,
  })
  return createReadPath({
    ...{ clock, recorder, slots, origin, etagOf, random: Math.random, report: console.error },
    ledger: createLedgerClient(ledgerOf, clock, recorder),
    sharedViews: null,
    stalenessBoundMs: config.stalenessBoundMs,
    staleIfErrorSeconds: config.staleIfErrorSeconds,
    // Served answers are checked where they are served.
    consistencySampleRate: 0,
    ...{ instant: async () => null, heal: async () => false, noteViolation: async () => undefined },
  })
}

/** Names the keys and the code that run: the deployed version, the form of keys, and the version of each resource. */
function releaseOf(version: string): string {
  return [version, keyFormat, ...resources.map(({ name, version: form }) => `${name}@${form}`)].join(' ')
}
