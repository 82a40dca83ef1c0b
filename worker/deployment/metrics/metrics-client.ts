import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { Recorder } from '../../events.ts'
import type { Figures, FlushId, Receipt } from './figures.ts'
import type { Gauges } from './gauges.ts'
import { createRecorder } from './recorder.ts'
import type { Totals } from './totals.ts'

/** The deployment's figures; or, with the overview out of reach, this isolate's latest alone. */
export interface Reading extends Totals {
  /** Whether everything that was confirmed to anybody is in it, and what this isolate counted. */
  readonly isComplete: boolean
  /** Null where the overview is out of reach. */
  readonly figures: Figures | null
}

/** Metrics as the Worker's other rooms see them. Nothing here ever rejects. `location`: the isolate's, always the same. */
export interface MetricsClient {
  readonly recorder: Recorder
  /** How this isolate's parts stand is told with each batch from now on. */
  observe(look: () => Gauges): void
  /** For `waitUntil`, after an answer; null where there is nothing to wait for. */
  flushSoon(location: string): Promise<void> | null
  /** Everything counted so far in the deployment, what this isolate has just counted included. */
  read(location: string): Promise<Reading>
}

/** What a shard answers to a call; the Durable Object's stub fits it. */
export interface ShardStub {
  add(id: FlushId, location: string, totals: Totals, gauges: Gauges): Promise<Receipt>
}

export interface OverviewStub {
  read(location: string): Promise<Figures>
}

/** A binding, as far as it is used. */
interface StubNamespace<Id, Stub> {
  idFromName(name: string): Id
  get(id: Id): Stub
}

/** There is one overview. */
export const overviewName = 'deployment'

export function createMetricsClient<ShardId, OverviewId>(
  shards: StubNamespace<ShardId, ShardStub>,
  overviews: StubNamespace<OverviewId, OverviewStub>,
  clock: Clock,
): MetricsClient {
  let home: string | null = null
  let look: () => Gauges = () => ({})

  /** What a store answers, or null where it does not in time. A stub is got anew each time: a broken one stays broken. */
  function call<Stub, Id, Value>(
    namespace: StubNamespace<Id, Stub>,
    name: string,
    use: (store: Stub) => Promise<Value>,
  ): Promise<Value | null> {
    const attempt = async () => use(namespace.get(namespace.idFromName(name)))
    return withinDeadline(clock, limits.metricsStoreDeadlineMs, () => attempt().catch(() => null), null)
  }

  const recorder = createRecorder({
    writer: crypto.randomUUID(),
    clock,
    async send(id, totals) {
      if (home === null) return null
      const location = home
      return call(shards, location, (shard) => shard.add(id, location, totals, look()))
    },
  })

  return {
    recorder,
    observe(how) {
      look = how
    },
    flushSoon(location) {
      // A batch whose fate is unknown is known to one shard alone: the first location stays.
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
