import { percentile } from '../support/percentile.ts'
import type { DesignName } from './live-clients.ts'
import type { LedgerCalls, Phase, Return } from './live-measures.ts'
import { crowd, livePricesDate, type Month, type Used } from './live-prices.ts'
import type { Counts } from './live-stack.ts'
import { median } from './median.ts'

/** The goals of the live design (test/performance.md, "live boards"). */
export const goals = {
  fewMs: { p50: 120, p99: 300 },
  manyMs: { p99: 1_000 },
  requestsAWrite: 4,
  ledgerRatio: 1.5,
  returnMs: 2_000,
  dollarsRatio: 1 / 5,
} as const

/** Prints a row of the table, and notes the goals that were missed. */
export class Table {
  readonly missed: string[] = []

  row(...cells: readonly (string | number)[]): void {
    console.log(`| ${cells.join(' | ')} |`)
  }

  head(...cells: readonly string[]): void {
    console.log('')
    this.row(...cells)
    this.row(...cells.map(() => '---'))
  }

  /** A figure that is not there has not met its goal either. */
  expect(what: string, figure: number, max: number): void {
    if (!(figure <= max)) this.missed.push(`${what}: ${shown(figure, 2)}, above ${max}`)
  }

  expectNothing(what: string, wrong: Readonly<Record<string, number>>): void {
    for (const [name, times] of Object.entries(wrong)) this.missed.push(`${what}: ${times} × ${name}`)
  }
}

/** The latencies of several rounds: the medians of their percentiles. */
export function latencies(phases: readonly Phase[]): { p50: number; p99: number; worst: number } {
  const at = (share: number) => median(phases.map(({ arrivalsMs }) => percentile(arrivalsMs, share)))
  return {
    p50: at(0.5),
    p99: at(0.99),
    worst: Math.max(...phases.map(({ arrivalsMs }) => percentile(arrivalsMs, 1))),
  }
}

export function printLatencies(table: Table, name: string, phases: readonly Phase[]): void {
  const { p50, p99, worst } = latencies(phases)
  const missing = phases.reduce((sum, phase) => sum + phase.missing, 0)
  const wrong = Object.assign({}, ...phases.map((phase) => phase.wrong))
  const writes = phases.reduce((sum, phase) => sum + phase.writes, 0)
  table.row(name, writes, shown(p50), shown(p99), shown(worst), missing, listed(wrong))
}

/** The requests that a write causes: of its viewers, of the relay, and to the origin for what it changed. */
export interface RequestsAWrite {
  readonly viewers: number
  readonly relay: number
  readonly origin: number
}

/** Polls come with and without writes, so those of the same time without writes are taken off. */
export function requestsAWrite(phase: Phase, idle: Phase): RequestsAWrite {
  const each = (sum: (counts: Counts) => number) =>
    (sum(phase.counts) - (sum(idle.counts) * phase.seconds) / idle.seconds) / phase.writes
  const of = (pattern: RegExp) => (counts: Counts) =>
    Object.entries(counts)
      .filter(([name]) => pattern.test(name))
      .reduce((total, [, times]) => total + times, 0)
  return {
    viewers: each(of(/^request viewer$/)),
    relay: each(of(/^request relay .*invalidate$/)),
    origin: each(of(/^origin \//)),
  }
}

export function printLedger(table: Table, calls: readonly LedgerCalls[]): void {
  table.head('a call of a ledger, ms', 'p50', 'p99', 'p50 sending', 'p99 sending', 'p99 : p99')
  for (const { call, p50Ms, p99Ms } of calls) {
    const ratio = p99Ms.sending / p99Ms.quiet
    table.row(
      call,
      ...[p50Ms.quiet, p99Ms.quiet, p50Ms.sending, p99Ms.sending, ratio].map((ms) => shown(ms, 2)),
    )
    table.expect(`\`${call}\` while a hub sends, p99 : p99`, ratio, goals.ledgerRatio)
  }
}

export function printReturn(table: Table, { currentMs, statuses, requests, wrong }: Return): void {
  const tookMs = currentMs.filter((ms) => ms !== null)
  const at = (share: number) => shown(percentile(tookMs, share))
  table.head(
    'viewers that come back',
    'p50 ms',
    'p99 ms',
    'longest ms',
    'not current',
    'requests',
    'statuses',
    'wrong',
  )
  const never = currentMs.length - tookMs.length
  table.row(currentMs.length, at(0.5), at(0.99), at(1), never, requests, listed(statuses), listed(wrong))
  table.expect('coming back, the longest until current, ms', percentile(tookMs, 1), goals.returnMs)
  table.expect('coming back, never current', never, 0)
  table.expectNothing('coming back', wrong)
  const failures = Object.entries(statuses).filter(([name]) =>
    /^(?:sockets|requests) (?:0|[45]\d\d)$/.test(name),
  )
  table.expectNothing('coming back', Object.fromEntries(failures))
}

export function printMonths(table: Table, months: Readonly<Record<DesignName, Month>>): void {
  const { browsers, workspaces, writesASecond, openingsAnHour } = crowd
  console.log(
    `\n${browsers} browsers in ${workspaces} workspaces with ${writesASecond} writes/s each, ${openingsAnHour} opening of a socket an ` +
      `hour and browser, prices of ${livePricesDate}`,
  )
  table.head('dollars a month', 'live', 'polling', 'push and refetch')
  const designs = [months.live, months.polling, months.refetch]
  const line = (name: string, of: (month: Month) => number, digits = 0) =>
    table.row(name, ...designs.map((month) => shown(of(month), digits)))
  line('browsers that show something', ({ idle }) => idle)
  line('writes', ({ writes }) => writes)
  line('opening sockets', ({ openings }) => openings)
  line('total', ({ total }) => total)
  table.row('total : polling', ...designs.map(({ total }) => shown(total / months.polling.total, 3)))
  for (const [what, of] of [
    ['a write', ({ aWrite }: Month) => aWrite],
    ['a viewer in an idle hour', ({ aViewerHour }: Month) => aViewerHour],
  ] as const)
    for (const name of usedNames) line(`${what}: ${usedLabels[name]}`, (month) => of(month)[name], 3)
  table.expect('dollars, live : polling', months.live.total / months.polling.total, goals.dollarsRatio)
}

const usedLabels: Readonly<Record<keyof Used, string>> = {
  requests: 'requests',
  cpuMs: 'CPU ms',
  objectRequests: 'object requests',
  gigabyteSeconds: 'GB-s',
  rowsWritten: 'rows written',
  kvReads: 'KV reads',
  kvWrites: 'KV writes',
  redisCommands: 'Redis commands',
  originMegabytes: 'MB of the origin',
}
const usedNames = [
  ...(['requests', 'cpuMs', 'objectRequests', 'gigabyteSeconds', 'rowsWritten'] as const),
  ...(['kvReads', 'kvWrites', 'redisCommands', 'originMegabytes'] as const),
]

export function listed(named: Readonly<Record<string, number>>): string {
  const texts = Object.entries(named).map(([name, times]) => `${name}: ${times}`)
  return texts.length === 0 ? 'nothing' : texts.join(', ')
}

export function shown(figure: number, digits = 0): string {
  return Number.isNaN(figure) ? '' : figure.toFixed(digits)
}
