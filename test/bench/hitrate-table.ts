import type { Operations, Spent } from './hitrate-designs.ts'
import { type Bill, billOf, pricesDate } from './hitrate-prices.ts'
import type { TraceKind } from './hitrate-trace.ts'

/** The measurements of a design on a trace. */
export interface Figures {
  readonly name: string
  readonly reads: number
  readonly writes: number
  readonly refused: number
  readonly hits: number
  /**
   * For each answer that lacks a write which was committed before its read: for how many milliseconds that write had
   * been committed. Ascending.
   */
  readonly stalenessMs: readonly number[]
  /** The longest time after the acknowledgement of a write at which a reader still got something older as current. */
  readonly pastAcknowledgementMs: number
  /** Answers that say that they could not be proved current. */
  readonly unproven: number
  /** The queries that a reader waited for. The others ran behind an answer. */
  readonly queriesWaitedFor: number
  readonly spent: Spent
}

/** The measurements of a cache without bounds that knows every change. */
export interface Best {
  readonly hitRate: number
  readonly originQueries: number
}

interface TableOptions {
  readonly kind: TraceKind
  readonly seed: number
  readonly figures: readonly Figures[]
  readonly best: Best
}

/** The writes of a day at the trace's rate: 500 reads a second, and a write for 200 of them. */
const writesADay = (500 * 86_400) / 200

/** One table in Markdown with the designs as columns. */
export function tableOf({ kind, seed, figures, best }: TableOptions): string {
  const columns = figures.map(columnOf)
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))]
  const ofBest = new Map([
    ['hit rate', percent(best.hitRate)],
    ['origin queries', thousands(best.originQueries)],
  ])
  const rows = names.map((name) => [name, ...[...columns, ofBest].map((column) => column.get(name) ?? '')])
  const head = [kind, ...figures.map(({ name }) => name), 'clairvoyant']
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const about = `${kind}: ${thousands(figures[0]?.reads ?? 0)} reads after warm-up, seed ${seed}, prices of ${pricesDate}`
  return `\n${about}\n\n${lines.join('\n')}`
}

function columnOf({ reads, writes, hits, stalenessMs, spent, ...figures }: Figures): Map<string, string> {
  const bill = billOf(sumOf(spent))
  const aDay = (billOf(spent.writes).total / writes) * writesADay
  return new Map([
    ['hit rate', percent(hits / reads)],
    ['stale reads', percent(stalenessMs.length / reads)],
    [
      'stale for, p50 / p99',
      `${seconds(quantile(stalenessMs, 0.5))} / ${seconds(quantile(stalenessMs, 0.99))}`,
    ],
    ['longest after the acknowledgement, as current', seconds(figures.pastAcknowledgementMs)],
    ['answers that say they are not proved; refused', `${figures.unproven}; ${figures.refused}`],
    ['origin queries', thousands(spent.reads.originQueries)],
    ['of which a reader waited for', thousands(figures.queriesWaitedFor)],
    ['$ for a million reads', dollars((bill.total / reads) * 1_000_000)],
    ...billLines(bill, reads),
    ['$ for telling a day of writes (216,000)', dollars(aDay)],
  ])
}

function billLines({ total: _total, ...parts }: Bill, reads: number): [string, string][] {
  return Object.entries(parts).map(([name, part]) => [
    `of which ${name}`,
    dollars((part / reads) * 1_000_000),
  ])
}

function sumOf({ reads, writes }: Spent): Operations {
  const sum = { ...reads }
  for (const name of Object.keys(sum) as (keyof Operations)[]) sum[name] += writes[name]
  return sum
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function dollars(amount: number): string {
  return amount.toFixed(2)
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(2)} s` : `${Math.round(ms / 1_000)} s`
}

function thousands(count: number): string {
  return count.toLocaleString('en-US')
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.floor((ascending.length - 1) * share)] ?? 0
}
