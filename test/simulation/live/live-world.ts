import { livePing, livePong } from '../../../shared/contract/live.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { createDice, type Dice } from '../../support/dice.ts'
import { createRandom } from '../../support/random.ts'
import { createDatabase, type Database } from '../database.ts'
import { boardIds, workspaceIds } from '../questions.ts'
import { BrokenPromise, createRecords, type Records } from '../records.ts'
import { createScheduler, type Scheduler } from '../scheduler.ts'
import { createTrace, type Trace } from '../trace.ts'
import { createWay, goodWay, type Way } from '../way.ts'
import { type Browsers, createBrowsers } from './browsers.ts'
import { createDoor } from './door.ts'
import { createFailures, type Failures } from './failures.ts'
import { createHttp } from './http.ts'
import type { EndHandlers, Line } from './lines.ts'
import { createLiveChecker, type LiveChecker, type Watcher } from './live-checker.ts'
import type { LiveHappening } from './live-happenings.ts'
import { createLiveHubs, type LiveHubs } from './live-hubs.ts'
import { createLiveLedgers, type LiveLedgers } from './live-ledgers.ts'
import type { SentRequest } from './tab.ts'
import { createWriters, type Writers } from './writers.ts'

/** Everything in one run of live boards. */
export interface LiveWorld {
  readonly dice: Dice
  readonly scheduler: Scheduler
  readonly trace: Trace<LiveHappening>
  readonly failures: Failures
  readonly checker: LiveChecker
  readonly ways: Ways
  readonly ledgers: LiveLedgers
  readonly hubs: LiveHubs
  readonly writers: Writers
  readonly browsers: Browsers
  databaseOf(workspaceId: WorkspaceId): Database
  /** Lets time pass, and throws a promise that was found broken meanwhile. */
  pass(ms: number): Promise<void>
}

/** The networks between the parts, by the callers. */
interface Ways {
  /** From the relay to the ledgers. A change that is told late counts from when it was told, so its faults are no failures. */
  readonly relay: Way
  /** From a ledger to its hubs, and from a hub to its ledger. */
  readonly teller: Way
  readonly watch: Way
  readonly origin: Way
  /** From browsers to the Worker: requests, and connections to a hub. */
  readonly http: Way
  readonly door: Way
}

const stalenessBoundMs = 1_000
const usual = { ...goodWay, slowShare: 0 }

export function createLiveWorld(seed: number, tell: ((line: string) => void) | null): LiveWorld {
  const scheduler = createScheduler()
  const dice = createDice(createRandom(seed))
  const trace = createTrace<LiveHappening>(scheduler.now, tell)
  const isOriginSlow = dice.happens(0.3)
  const failures = createFailures(scheduler.now, isOriginSlow ? 3_000 : 1_000)
  const records = createRecords(scheduler.now)
  const watching = createWatching()
  const databaseOf = createDatabases()
  const ways: Ways = {
    relay: createWay(scheduler, dice, usual),
    teller: createWay(scheduler, dice, usual),
    watch: createWay(scheduler, dice, usual),
    origin: createWay(scheduler, dice, isOriginSlow ? { ...usual, latencyMs: [1, 500] } : usual),
    http: createWay(scheduler, dice, usual),
    door: createWay(scheduler, dice, usual),
  }
  const writers: Writers = createWriters({
    ...{ scheduler, dice, records, databaseOf },
    lookMaxMs: dice.pick([20, 300]),
    note: (what) => trace.note('committed', () => what),
    advance: (workspaceId, events) => ways.relay.cross(() => ledgers.advance(workspaceId, events)),
  })
  const checker = createLiveChecker({
    ...{ records, failures },
    nowMs: scheduler.now,
    historyOf: (workspaceId, place) => databaseOf(workspaceId).historyOf(place),
    membershipsOf: writers.membershipsOf,
  })
  const ledgers: LiveLedgers = createLiveLedgers({
    ...{ scheduler, dice, records, watched: watching.watch },
    tell: (hubName, told) => hubs.tell(hubName, told),
    proof: (workspaceId) => ways.relay.cross(() => writers.provedAtMs(workspaceId)),
  })
  const hubs = createLiveHubs({
    ...{ scheduler, dice, trace, ways, ledgers, checker, databaseOf, watched: watching.watch },
  })
  const browsers = createBrowsers({
    ...{ scheduler, dice, trace, failures, checker },
    newestVersion: (workspaceId) => ledgers.headOf(workspaceId).version,
    ...entrances({ scheduler, dice, trace, records, ways, ledgers, hubs, databaseOf }),
  })
  return {
    ...{ dice, scheduler, trace, failures, checker, ways, ledgers, hubs, writers, browsers, databaseOf },
    pass: (ms) =>
      scheduler.run(scheduler.now() + ms, () => {
        watching.watch(browsers.check)
        watching.check()
      }),
  }
}

/** Remembers the first broken promise, with which the run ends. */
function createWatching() {
  let broken: BrokenPromise | null = null
  return {
    watch(work: () => void): void {
      try {
        work()
      } catch (error) {
        if (!(error instanceof BrokenPromise)) throw error
        broken ??= error
      }
    },
    check() {
      if (broken !== null) throw broken
    },
  }
}

function createDatabases(): (workspaceId: WorkspaceId) => Database {
  const databases = new Map(workspaceIds.map((id) => [id, createDatabase(id)]))
  for (const database of databases.values())
    database.commit((tables) => {
      for (const id of boardIds) tables.boardIds.add(id)
    })
  return (workspaceId) => {
    const database = databases.get(workspaceId)
    if (database === undefined) throw new Error(`there is no workspace ${workspaceId}`)
    return database
  }
}

interface Inside
  extends Pick<LiveWorld, 'scheduler' | 'dice' | 'trace' | 'ways' | 'ledgers' | 'hubs' | 'databaseOf'> {
  readonly records: Records
}

/** The two ways of browsers into the Worker. */
function entrances({ scheduler, dice, trace, records, ways, ledgers, hubs, databaseOf }: Inside) {
  const door = createDoor({
    ...{ scheduler, dice, trace, stalenessBoundMs, databaseOf, hubs },
    headOf: ledgers.headOf,
    answeredByPlatform: (text) => (text === livePing ? livePong : null),
  })
  const http = createHttp({
    ...{ dice, records, stalenessBoundMs, databaseOf },
    nowMs: scheduler.now,
    headOf: ledgers.headOf,
    isMember: door.isMember,
  })
  return {
    send({ client, workspaceId }: Watcher, request: SentRequest) {
      const { path, minVersion } = request
      trace.note('http', () => `${client} asks for ${path} at ${minVersion}`)
      return ways.http
        .cross(() => http.answer(workspaceId, request))
        .then((answer) => {
          trace.note('http', () => `${client} gets ${answer.status}`)
          return answer
        })
    },
    async connect(watcher: Watcher, token: string, handlers: EndHandlers, began: (line: Line) => void) {
      trace.note('door', () => `${watcher.client} knocks`)
      const outcome = await ways.door.cross(() => door.connect(watcher, token, handlers, began))
      trace.note('door', () => `${watcher.client} is ${outcome}`)
      return outcome
    },
  }
}
