import { percentile } from '../support/percentile.ts'
import type { AnsweredMail } from './mail-load.ts'
import type { LongestQueue } from './mail-watch.ts'

/** The answers to some messages, and what Postgres did meanwhile if that was measured. */
export interface Measured {
  readonly answers: readonly AnsweredMail[]
  /** The share of a core that all of Postgres's processes used. */
  readonly cores?: number
  readonly queue?: LongestQueue & { readonly drainedMs: number }
}

export interface Row {
  readonly name: string
  readonly ours: Measured
  readonly plain: Measured
  readonly goals: { readonly p95MsMax?: number; readonly coresMax?: number }
}

const columns = [
  ...['', 'messages', 'answered 200', 'queued (202)', 'failed', 'p50 ms', 'p95 ms', 'p99 ms', 'goal'],
  ...['plain failed', 'plain p50 ms', 'plain p95 ms', 'p95 : plain', 'Postgres, cores', 'plain', 'queue'],
]

/** Prints the table, and answers the goals that were missed, a sentence each. */
export function printTable(rows: readonly Row[]): string[] {
  print(columns)
  print(columns.map(() => '---'))
  for (const row of rows) print(cellsOf(row))
  return rows.flatMap(missedIn)
}

function print(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

function cellsOf({ name, ours, plain, goals }: Row): (string | number)[] {
  const status = (wanted: number) => ours.answers.filter((answer) => answer.status === wanted).length
  return [
    ...[name, ours.answers.length, status(200), status(202), failuresIn(ours)],
    ...[0.5, 0.95, 0.99].map((share) => shown(timeAt(ours, share))),
    goalOf(goals),
    ...[failuresIn(plain), ...[0.5, 0.95].map((share) => shown(timeAt(plain, share)))],
    shown(timeAt(ours, 0.95) / timeAt(plain, 0.95), 2),
    ...[shown(ours.cores, 2), shown(plain.cores, 2)],
    queueOf(ours),
  ]
}

function goalOf({ p95MsMax, coresMax }: Row['goals']): string {
  const goals = [
    ...(p95MsMax === undefined ? [] : [`p95 ≤ ${p95MsMax} ms`]),
    ...(coresMax === undefined ? [] : [`< ${coresMax} cores`]),
    'none failed',
  ]
  return goals.join(', ')
}

function queueOf({ queue }: Measured): string {
  if (queue === undefined) return ''
  const { waitingMax, oldestMsMax, drainedMs } = queue
  return `at most ${waitingMax}, the oldest ${shown(oldestMsMax)} ms, empty ${shown(drainedMs)} ms after`
}

function missedIn({ name, ours, goals: { p95MsMax, coresMax } }: Row): string[] {
  const failures = failuresIn(ours)
  const p95Ms = timeAt(ours, 0.95)
  const cores = ours.cores ?? Number.NaN
  return [
    ...(failures > 0 ? [`${name}: ${failures} messages were not taken`] : []),
    // A figure that is not there has not met its goal either.
    ...(p95MsMax !== undefined && !(p95Ms <= p95MsMax)
      ? [`${name}: the p95 is ${shown(p95Ms)} ms, above ${p95MsMax} ms`]
      : []),
    ...(coresMax !== undefined && !(cores < coresMax)
      ? [`${name}: Postgres used ${shown(cores, 2)} cores, not less than ${coresMax}`]
      : []),
  ]
}

function failuresIn({ answers }: Measured): number {
  return answers.filter(({ status }) => status !== 200 && status !== 202).length
}

function timeAt({ answers }: Measured, share: number): number {
  return percentile(
    answers.map(({ durationMs }) => durationMs),
    share,
  )
}

/** Empty for a figure that is not there. */
function shown(figure = Number.NaN, digits = 1): string {
  return Number.isNaN(figure) ? '' : figure.toFixed(digits)
}
