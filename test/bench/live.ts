import { cpus, loadavg } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import { type DesignName, designs } from './live-clients.ts'
import {
  type Bench,
  measureIdle,
  measureLedger,
  measureReturn,
  measureWrites,
  type Phase,
  startBench,
} from './live-measures.ts'
import { type Month, monthOf, viewersOfWorkspace } from './live-prices.ts'
import { startLiveStack } from './live-stack.ts'
import {
  goals,
  latencies,
  listed,
  printLatencies,
  printLedger,
  printMonths,
  printReturn,
  requestsAWrite,
  shown,
  Table,
} from './live-table.ts'

/**
 * `npm run bench:live` measures live boards on the local stack with real sockets, beside a design that polls every ten seconds and one
 * that pushes tags and lets all refetch. All three have the same Worker, database, viewers and writes. The viewers are a process of their
 * own. `--only few` compares the designs with 200 viewers and reckons a month of each, `--only many` measures one hub with 2,000 sockets,
 * the calls of a ledger beside it, and the return of all of them. The run fails if a goal is missed or a viewer ends with anything but
 * the database's content.
 */
const options = z
  .object({
    only: z.enum(['', 'few', 'many']),
    rounds: z.coerce.number().int().min(1).max(20),
    sockets: z.coerce.number().int().min(10).max(limits.liveSocketsMax),
    idleSeconds: z.coerce.number().min(1).max(600),
    seconds: z.coerce.number().min(1).max(120),
  })
  .parse(
    parseArgs({
      options: {
        only: { type: 'string', default: '' },
        rounds: { type: 'string', default: '3' },
        sockets: { type: 'string', default: '2000' },
        idleSeconds: { type: 'string', default: '60' },
        seconds: { type: 'string', default: '15' },
      },
    }).values,
  )

const fewPerSecond = 2
const manyPerSecond = 5
const ledgerPhases = { phases: 5, seconds: 6 } as const
const openSpreadMs = { few: 1_000, many: 10_000 } as const
/** What opening causes ends before anything is measured. */
const openedMs = 2_000

interface Measured {
  readonly idle: Phase
  readonly rounds: readonly Phase[]
  /** Frames that came to a viewer while nothing was written and while something was, for the price of acknowledging them. */
  readonly framesAViewer: { readonly idleSecond: number; readonly write: number }
}

async function measureFew(bench: Bench): Promise<Readonly<Record<DesignName, Measured>>> {
  const idles: Partial<Record<DesignName, Phase>> = {}
  const rounds: Record<DesignName, Phase[]> = { live: [], polling: [], refetch: [] }
  for (let round = 0; round < options.rounds; round += 1)
    for (const design of designs) {
      const { watching, currentMs } = await bench.live.open(
        design,
        viewersOfWorkspace,
        'several',
        openSpreadMs.few,
      )
      if (currentMs.includes(null)) throw new Error(`not all viewers could be opened: ${design}`)
      await wait(openedMs)
      idles[design] ??= await measureIdle(bench, design, options.idleSeconds)
      const writes = { writes: options.seconds * fewPerSecond, perSecond: fewPerSecond }
      rounds[design].push(
        await measureWrites(bench, { design, watching, viewers: viewersOfWorkspace, ...writes }),
      )
    }
  const of = (design: DesignName): Measured => {
    const idle = idles[design]
    if (idle === undefined) throw new Error(`nothing was measured of ${design}`)
    return { idle, rounds: rounds[design], framesAViewer: framesOf(idle, rounds[design]) }
  }
  return { live: of('live'), polling: of('polling'), refetch: of('refetch') }
}

function framesOf(idle: Phase, rounds: readonly Phase[]) {
  const frames = ({ tally }: Phase) =>
    Object.entries(tally)
      .filter(([name]) => name.startsWith('frames '))
      .reduce((sum, [, times]) => sum + times, 0)
  const writes = rounds.reduce((sum, phase) => sum + phase.writes, 0)
  const written = rounds.reduce((sum, phase) => sum + frames(phase), 0)
  return {
    idleSecond: frames(idle) / idle.seconds / viewersOfWorkspace,
    write: written / writes / viewersOfWorkspace,
  }
}

function printFew(table: Table, measured: Readonly<Record<DesignName, Measured>>): void {
  table.head(`${viewersOfWorkspace} viewers`, 'writes', 'p50 ms', 'p99 ms', 'longest ms', 'missing', 'wrong')
  for (const design of designs) printLatencies(table, design, measured[design].rounds)
  const { p50, p99 } = latencies(measured.live.rounds)
  table.expect('commit to frame, p50 ms', p50, goals.fewMs.p50)
  table.expect('commit to frame, p99 ms', p99, goals.fewMs.p99)
  for (const { missing, wrong } of measured.live.rounds) {
    table.expect('commit to frame, missing', missing, 0)
    table.expectNothing('commit to frame', wrong)
  }
  table.head(
    'requests',
    'of viewers, a write',
    'of the relay',
    'to the origin',
    'all',
    'of an idle viewer, a minute',
  )
  for (const design of designs) {
    const { idle, rounds } = measured[design]
    const each = rounds.map((round) => requestsAWrite(round, idle))
    const middle = (of: (requests: (typeof each)[number]) => number) =>
      each.map(of).toSorted((one, other) => one - other)[Math.floor(each.length / 2)] ?? Number.NaN
    const all = middle(({ viewers, relay, origin }) => viewers + relay + origin)
    const idleMinute = ((idle.counts['request viewer'] ?? 0) * 60) / idle.seconds / viewersOfWorkspace
    const cells = [
      middle(({ viewers }) => viewers),
      middle(({ relay }) => relay),
      middle(({ origin }) => origin),
      all,
    ]
    table.row(design, ...cells.map((requests) => shown(requests, 2)), shown(idleMinute, 2))
    if (design !== 'live') continue
    table.expect('requests a write', all, goals.requestsAWrite)
    table.expect('requests of an idle viewer', idleMinute, 0)
  }
}

/** A heartbeat of a socket, which the platform answers by itself. */
const heartbeatsAnHour = 120

function monthOfDesign(design: DesignName, { idle, rounds, framesAViewer }: Measured): Month {
  const sum = (of: (phase: Phase) => number) => rounds.reduce((total, phase) => total + of(phase), 0)
  const written: Record<string, number> = {}
  for (const { counts } of rounds)
    for (const [name, times] of Object.entries(counts)) written[name] = (written[name] ?? 0) + times
  const framesAnHour = 3_600 * (framesAViewer.idleSecond + framesAViewer.write * 0.2)
  const acknowledgements = design === 'live' ? framesAnHour / limits.liveSeenEvery : 0
  return monthOf({
    ...{ idle: idle.counts, idleSeconds: idle.seconds, written },
    writes: sum(({ writes }) => writes),
    writtenSeconds: sum(({ seconds }) => seconds),
    hubSecondsAWrite: design === 'live' ? sum(({ wholeMs }) => wholeMs) / rounds.length / 1_000 : 0,
    messagesAnHour: design === 'polling' ? 0 : heartbeatsAnHour + acknowledgements,
  })
}

async function measureMany(table: Table, bench: Bench): Promise<void> {
  const { sockets: viewers, rounds, seconds } = options
  const { watching, currentMs } = await bench.live.open('live', viewers, 'one', openSpreadMs.many)
  const refused = currentMs.filter((ms) => ms === null).length
  table.expect(`opening ${viewers} sockets, not current`, refused, 0)
  await wait(openedMs)
  const phases: Phase[] = []
  for (let round = 0; round < rounds; round += 1) {
    const writes = { writes: seconds * manyPerSecond, perSecond: manyPerSecond }
    phases.push(await measureWrites(bench, { design: 'live', watching, viewers, ...writes }))
  }
  table.head(
    `${viewers} sockets, ${manyPerSecond} writes/s`,
    'writes',
    'p50 ms',
    'p99 ms',
    'longest ms',
    'missing',
    'wrong',
  )
  printLatencies(table, 'live', phases)
  console.log(`\nframes and requests of the last round: ${listed(phases.at(-1)?.tally ?? {})}`)
  table.expect('commit to frame at many sockets, p99 ms', latencies(phases).p99, goals.manyMs.p99)
  for (const { missing, wrong } of phases) {
    table.expect('commit to frame at many sockets, missing', missing, 0)
    table.expectNothing('commit to frame at many sockets', wrong)
  }
  printLedger(table, await measureLedger(bench, { ...ledgerPhases, perSecond: manyPerSecond }))
  printReturn(table, await measureReturn(bench, limits.liveReturnSpreadMs))
}

const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}; ` +
    `${options.rounds} rounds`,
)
const table = new Table()
const live = await startLiveStack()
try {
  const bench = await startBench(live)
  if (options.only !== 'many') {
    const measured = await measureFew(bench)
    printFew(table, measured)
    printMonths(table, {
      live: monthOfDesign('live', measured.live),
      polling: monthOfDesign('polling', measured.polling),
      refetch: monthOfDesign('refetch', measured.refetch),
    })
  }
  if (options.only !== 'few') await measureMany(table, bench)
} finally {
  await live.stop()
}
for (const missed of table.missed) console.log(`MISSED: ${missed}`)
if (table.missed.length > 0) process.exitCode = 1
