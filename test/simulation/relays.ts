import type { Failure } from '../../origin/failures.ts'
import type { Delivery } from '../../origin/outbox/delivery.ts'
import { createMarker } from '../../origin/outbox/marker.ts'
import { createRelay } from '../../origin/outbox/relay.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { Mark, MarkAnswer } from '../../shared/contract/marks.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Recorder } from '../../worker/events.ts'
import { invalidateEach } from '../../worker/ledger/invalidate.ts'
import type { MarkBook } from '../../worker/ledger/mark-book.ts'
import type { Dice } from '../support/dice.ts'
import type { Cluster } from './cluster.ts'
import type { Isolate } from './isolate.ts'
import { createLivingClock, during, heardWhileAlive, type Life } from './life.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trace } from './trace.ts'
import type { Way } from './way.ts'

/** The processes that run production's relay and its marks. */
export interface Relays {
  /** Kills a process with everything that it was doing, and starts another one after a while. */
  kill(index: number, backInMs: number): void
  /** Lets the calls of a process leave only after a while, even those that it has given up by then. */
  stall(index: number, forMs: number): void
  /** Replaces all processes by new ones, which run until the end. */
  replaceAll(): void
}

interface RelaysOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly cluster: Cluster
  readonly markBook: () => MarkBook
  /** The way from the processes to the database, and the way to the Worker. */
  readonly databaseWay: Way
  readonly workerWay: Way
  readonly marksWay: Way
  /** Two processes may run at once. */
  readonly processes: number
  anyIsolate(): Isolate
  beginLife(isolate: Isolate): Life
}

const recorder: Recorder = { record() {} }
const logger = { info: () => undefined, warn: () => undefined }

export function createRelays(options: RelaysOptions): Relays {
  const { scheduler, processes } = options
  const lives: ProcessLife[] = []

  function begin(index: number): void {
    const life = { isOver: false, stalledUntilMs: 0 }
    lives[index] = life
    const clock = createLivingClock(scheduler, options.dice.between(-500, 500))
    during({ isOver: () => life.isOver }, () => startProcess(withStalls(options, life), clock))
  }
  for (let index = 0; index < processes; index += 1) begin(index)

  const end = (index: number) => {
    const life = lives[index]
    if (life !== undefined) life.isOver = true
  }
  return {
    kill(index, backInMs) {
      const killed = lives[index]
      end(index)
      scheduler.schedule(() => {
        if (lives[index] === killed) begin(index)
      }, backInMs)
    },
    stall(index, forMs) {
      const life = lives[index]
      if (life !== undefined) life.stalledUntilMs = scheduler.now() + forMs
    },
    replaceAll() {
      for (let index = 0; index < processes; index += 1) {
        end(index)
        begin(index)
      }
    },
  }
}

interface ProcessLife {
  isOver: boolean
  stalledUntilMs: number
}

/** The ways of a process. While it is stalled, no call leaves. */
function withStalls(options: RelaysOptions, life: ProcessLife): RelaysOptions {
  const { scheduler, databaseWay, workerWay, marksWay } = options
  const stalling = (way: Way): Way => ({
    ...way,
    async cross(act) {
      const waitMs = life.stalledUntilMs - scheduler.now()
      if (waitMs > 0) await new Promise<void>((resolve) => void scheduler.schedule(resolve, waitMs))
      return way.cross(act)
    },
  })
  return {
    ...options,
    databaseWay: stalling(databaseWay),
    workerWay: stalling(workerWay),
    marksWay: stalling(marksWay),
  }
}

function startProcess(options: RelaysOptions, clock: Clock): void {
  const { cluster, dice, databaseWay } = options
  const asked = <Value>(
    work: () => Promise<Result<Value, Failure>>,
    deadlineMs: number = limits.outboxDeadlineMs,
  ) =>
    withinDeadline<Result<Value, Failure>>(
      clock,
      deadlineMs,
      () => heardWhileAlive(databaseWay.cross(work)).catch(() => err({ kind: 'unavailable' })),
      err({ kind: 'timeout' }),
    )
  const { marks } = cluster
  const outbox = cluster.outbox(() => marker.marked)
  const common = { clock, random: dice.random, logger }
  const relay = createRelay({
    ...common,
    outbox: {
      async look() {
        const looked = await asked(() => outbox.look(), limits.outboxWaitDeadlineMs)
        if (!looked.ok) options.trace.happened('a look is not answered')
        return looked
      },
      claim: (rowsMax) => asked(() => outbox.claim(rowsMax)),
      read: (keys) => asked(() => outbox.read(keys)),
      acknowledge: (keys) => asked(() => outbox.acknowledge(keys)),
      release: (keys) => asked(() => outbox.release(keys)),
      fail: (failures) => asked(() => outbox.fail(failures)),
      state: () => asked(() => outbox.state()),
    },
    delivery: deliveryOf(options, clock),
  })
  const marker = createMarker({
    ...common,
    source: {
      take: () => asked(() => marks.take()),
      untold: (of) => asked(() => marks.untold(of)),
      moveEverything: () => asked(() => marks.moveEverything()),
    },
    post: (mark) =>
      withinDeadline<Result<MarkAnswer, 'timeout' | 'unreachable'>>(
        clock,
        limits.markDeadlineMs,
        () =>
          heardWhileAlive(options.marksWay.cross(() => taken(options, mark))).then(ok, () =>
            err('unreachable' as const),
          ),
        err('timeout'),
      ),
    wakeRelay: () => relay.wake(),
  })
  relay.start()
  marker.start()
}

function taken({ markBook, trace, cluster }: RelaysOptions, mark: Mark | null): MarkAnswer {
  const answer = markBook().take(mark)
  const { outcome } = answer
  if (outcome !== 'none') trace.happened(`a mark is ${outcome}`)
  if (outcome === 'taken' && mark !== null) cluster.noteMarked(mark)
  if (outcome === 'taken' && mark !== null && mark.except.length > 0)
    trace.happened('a mark is taken with exceptions')
  return answer
}

/** Production's handling of a batch of the outbox, in some isolate. */
function deliveryOf({ workerWay, anyIsolate, beginLife }: RelaysOptions, clock: Clock): Delivery {
  return {
    post: (events) =>
      withinDeadline<Awaited<ReturnType<Delivery['post']>>>(
        clock,
        limits.relayDeadlineMs,
        async () => {
          const arrive = () => {
            const isolate = anyIsolate()
            return during(beginLife(isolate), () => invalidateEach(isolate.ledger, recorder, events))
          }
          const outcomes = await heardWhileAlive(workerWay.cross(arrive)).catch(() => null)
          if (outcomes === null) return err('unreachable')
          const durable = outcomes.flatMap((outcome) =>
            outcome.status === 200 ? [[outcome.eventId, outcome.version] as const] : [],
          )
          return ok(new Map(durable))
        },
        err('timeout'),
      ),
  }
}
