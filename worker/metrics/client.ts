import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Recorder } from './events.ts'
import type { FlushId } from './recorder.ts'
import { createRecorder } from './recorder.ts'
import type { Totals } from './totals.ts'

/** The deployment's figures; or, with the store out of reach, this isolate's latest alone. */
export interface Reading extends Totals {
  readonly isComplete: boolean
}

/** Metrics as the Worker's other rooms see them. Nothing here ever rejects. */
export interface MetricsClient {
  readonly recorder: Recorder
  /** For `waitUntil`, after an answer; null where there is nothing to wait for. */
  flushSoon(): Promise<void> | null
  /** Everything counted so far in the deployment, what this isolate has just counted included. */
  read(): Promise<Reading>
}

/** What the store answers to a call; the Durable Object's stub fits it. */
export interface MetricsStub {
  add(id: FlushId, totals: Totals): Promise<void>
  read(): Promise<Totals>
}

/** The binding, as far as it is used. */
interface MetricsNamespace<Id> {
  idFromName(name: string): Id
  get(id: Id): MetricsStub
}

/** All isolates write to one object. */
export const storeName = 'deployment'

export function createMetricsClient<Id>(namespace: MetricsNamespace<Id>, clock: Clock): MetricsClient {
  /** What the store answers, or null where it does not in time. A stub is got anew each time: a broken one stays broken. */
  function ask<Value>(question: (store: MetricsStub) => Promise<Value>): Promise<Value | null> {
    const attempt = async () => question(namespace.get(namespace.idFromName(storeName)))
    return withinDeadline(clock, limits.metricsStoreDeadlineMs, () => attempt().catch(() => null), null)
  }

  const recorder = createRecorder({
    writer: crypto.randomUUID(),
    clock,
    send: async (id, totals) => (await ask((store) => store.add(id, totals).then(() => true))) ?? false,
  })

  return {
    recorder,
    flushSoon: recorder.flushSoon,
    async read() {
      const isFlushed = await recorder.flushNow()
      const sum = isFlushed ? await ask((store) => store.read()) : null
      return sum === null ? { ...recorder.unconfirmed(), isComplete: false } : { ...sum, isComplete: true }
    },
  }
}
