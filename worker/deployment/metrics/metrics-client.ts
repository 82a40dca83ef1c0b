import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { Recorder } from '../../events.ts'
import { overviewName } from '../../platform/object-names.ts'
import type { Causes } from './causes/cause-batch.ts'
import { type CauseTally, createCauseTally, sealCauses } from './causes/cause-tally.ts'
import type { Figures, FlushId, Receipt } from './figures.ts'
import type { Gauges } from './gauges.ts'
import { createRecorder } from './recorder.ts'
import type { Totals } from './totals.ts'

/** The deployment's figures or, while the overview is out of reach, only what this isolate has not handed over yet. */
export interface Reading extends Totals {
  /** Whether the totals contain everything that was confirmed to any isolate, and everything this isolate counted. */
  readonly isComplete: boolean
  /** Null while the overview is out of reach. */
  readonly figures: Figures | null
}

/**
 * Metrics as the other rooms of the Worker use them. Nothing here rejects. `location` is the isolate's and never
 * changes.
 */
export interface MetricsClient {
  readonly recorder: Recorder
  /** Counts where reads and misses come from, apart from the metrics. */
  readonly causes: Pick<CauseTally, 'count'>
  /** From now on each batch carries the gauges that `look` returns. */
  observe(look: () => Gauges): void
  /** For `waitUntil` after an answer; null if there is nothing to wait for. */
  flushSoon(location: string): Promise<void> | null
  /** Everything counted so far in the deployment, including what this isolate has just counted. */
  read(location: string): Promise<Reading>
}

/** The calls to a shard. The Durable Object's stub has this type. */
export interface ShardStub {
  add(id: FlushId, location: string, totals: Totals, gauges: Gauges, causes?: Causes | null): Promise<Receipt>
}

export interface OverviewStub {
  read(location: string): Promise<Figures>
}

/** The part of a binding that is used. */
interface StubNamespace<Id, Stub> {
  idFromName(name: string): Id
  get(id: Id): Stub
}

/** `version` is that of this Worker, and tells the deploys apart. A hub, which answers no reads, needs none. */
export function createMetricsClient<ShardId, OverviewId>(
  shards: StubNamespace<ShardId, ShardStub>,
  overviews: StubNamespace<OverviewId, OverviewStub>,
  clock: Clock,
  version = 'unknown',
): MetricsClient {
  let home: string | null = null
  let look: () => Gauges = () => ({})

  /**
   * Calls an object; null if it does not answer in time. Each call gets a new stub, since a broken stub stays broken.
   */
  function call<Stub, Id, Value>(
    namespace: StubNamespace<Id, Stub>,
    name: string,
    use: (store: Stub) => Promise<Value>,
  ): Promise<Value | null> {
    const attempt = async () => use(namespace.get(namespace.idFromName(name)))
    return withinDeadline(clock, limits.metricsStoreDeadlineMs, () => attempt().catch(() => null), null)
  }

  const causes = createCauseTally(version)
  const recorder = createRecorder({
    writer: crypto.randomUUID(),
    clock,
    causes,
    async send(id, totals, open) {
      if (home === null) return null
      const location = home
      const sealed = open === null ? null : await sealCauses(open)
      return call(shards, location, (shard) => shard.add(id, location, totals, look(), sealed))
    },
  })

  return {
    recorder,
    causes,
    observe(how) {
      look = how
    },
    flushSoon(location) {
      // A batch that was sent but not confirmed is known to one shard only, so the isolate keeps its first location.
      home ??= location
      return recorder.flushSoon()
    },
    async read(location) {
      home ??= location
      const shard = home
      const isFlushed = await recorder.flushNow()
      const figures = await call(overviews, overviewName, (overview) => overview.read(shard))
      if (figures === null) return { ...recorder.unconfirmed(), isComplete: false, figures: null }
      return { ...figures.totals, isComplete: isFlushed && figures.shardsAway === 0, figures }
    },
  }
}
