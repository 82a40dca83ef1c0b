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
import { median } from './median.ts'

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
    designs: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.enum(designs)).min(1)),
    rounds: z.coerce.number().int().min(1).max(20),
    sockets: z.coerce.number().int().min(10).max(limits.liveSocketsMax),
    idleSeconds: z.coerce.number().min(1).max(600),
    seconds: z.coerce.number().min(1).max(120),
  })
  .parse(
    parseArgs({
      options: {
        only: { type: 'string', default: '' },
        designs: { type: 'string', default: designs.join(',') },
        rounds: { type: 'string', default: '3' },
        sockets: { type: 'string', default: '2000' },
        idleSeconds: { type: 'string', default: '60' },
        seconds: { type: 'string', default: '15' },
      },
    }).values,
  )

const fewPerSecond = 1
const manyPerSecond = 5
const ledgerSeconds = 15
const openSpreadMs = { few: 1_000, many: 10_000 } as const
/** The effects of opening end before anything is measured. */
const openedMs = 2_000

interface Measured {
  readonly idle: Phase
  readonly rounds: readonly Phase[]
  /** Frames that came to a viewer while nothing was written and while something was, for the price of acknowledging them. */
  readonly framesAViewer: { readonly idleSecond: number; readonly write: number }
}

type ByDesign<Value> = ReadonlyMap<DesignName, Value>

async function measureFew(bench: Bench): Promise<ByDesign<Measured>> {
  const idles = new Map<DesignName, Phase>()
  const rounds = new Map<DesignName, Phase[]>()
  for (let round = 0; round < options.rounds; round += 1)
    for (const design of options.designs) {
      const { watching, currentMs } = await bench.live.open(
        design,
        viewersOfWorkspace,
        'several',
        openSpreadMs.few,
      )
      if (currentMs.includes(null)) throw new Error(`not all viewers could be opened: ${design}`)
      await wait(openedMs)
      if (!idles.has(design)) idles.set(design, await measureIdle(bench, design, options.idleSeconds))
      const writes = { writes: options.seconds * fewPerSecond, perSecond: fewPerSecond }
      const measured = await measureWrites(bench, {
        design,
        watching,
        viewers: viewersOfWorkspace,
        ...writes,
      })
      rounds.set(design, [...(rounds.get(design) ?? []), measured])
      console.log(`round ${round + 1}, ${design}: ${listed(measured.tally)}`)
    }
  return new Map(
    [...idles].map(([design, idle]) => {
      const own = rounds.get(design) ?? []
      return [design, { idle, rounds: own, framesAViewer: framesOf(idle, own) }]
    }),
  )
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

function printFew(table: Table, measured: ByDesign<Measured>): void {
  table.head(`${viewersOfWorkspace} viewers`, 'writes', 'p50 ms', 'p99 ms', 'longest ms', 'missing', 'wrong')
  for (const [design, { rounds }] of measured) printLatencies(table, design, rounds)
  table.head(
    'requests',
    'of viewers, a write',
    'of the relay',
    'to the origin',
    'all',
    'of an idle viewer, a minute',
  )
  for (const [design, { idle, rounds }] of measured) {
    const each = rounds.map((round) => requestsAWrite(round, idle))
    const viewers = median(each.map((of) => of.viewers))
    const relay = median(each.map((of) => of.relay))
    const origin = median(each.map((of) => of.origin))
    const all = viewers + relay + origin
    const idleMinute = ((idle.counts['request viewer'] ?? 0) * 60) / idle.seconds / viewersOfWorkspace
    table.row(design, ...[viewers, relay, origin, all, idleMinute].map((requests) => shown(requests, 2)))
    if (design !== 'live') continue
    table.expect('requests a write', all, goals.requestsAWrite)
    table.expect('requests of an idle viewer', idleMinute, 0)
    judgeFew(table, rounds)
  }
}

function judgeFew(table: Table, rounds: readonly Phase[]): void {
  const { p50, p99 } = latencies(rounds)
  table.expect('commit to frame, p50 ms', p50, goals.fewMs.p50)
  table.expect('commit to frame, p99 ms', p99, goals.fewMs.p99)
  for (const { missing, wrong } of rounds) {
    table.expect('commit to frame, missing', missing, 0)
    table.expectNothing('commit to frame', wrong)
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
    console.log(`round ${round + 1}, ${viewers} sockets: ${listed(phases.at(-1)?.tally ?? {})}`)
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
  table.expect('commit to frame at many sockets, p99 ms', latencies(phases).p99, goals.manyMs.p99)
  for (const { missing, wrong } of phases) {
    table.expect('commit to frame at many sockets, missing', missing, 0)
    table.expectNothing('commit to frame at many sockets', wrong)
  }
  printLedger(
    table,
    await measureLedger(bench, { phases: rounds + 1, seconds: ledgerSeconds, perSecond: manyPerSecond }),
  )
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
    const [ours, polling, refetch] = designs.map((design) => measured.get(design))
    if (ours !== undefined && polling !== undefined && refetch !== undefined)
      printMonths(table, {
        live: monthOfDesign('live', ours),
        polling: monthOfDesign('polling', polling),
        refetch: monthOfDesign('refetch', refetch),
      })
  }
  if (options.only !== 'few') await measureMany(table, bench)
} finally {
  await live.stop()
}
for (const missed of table.missed) console.log(`MISSED: ${missed}`)
if (table.missed.length > 0) process.exitCode = 1
