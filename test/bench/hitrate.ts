import { parseArgs } from 'node:util'
import { startMs } from '../simulation/scheduler.ts'
import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { createBoardcache } from './hitrate-boardcache.ts'
import type { Design } from './hitrate-designs.ts'
import { createDeleteByPattern, createTtlOnly } from './hitrate-plain.ts'
import { billOf, pricesDate } from './hitrate-prices.ts'
import { type TracedRead, type TracedWrite, type TraceKind, traceOf } from './hitrate-trace.ts'
import { createGround, type Ground } from './hitrate-world.ts'

/**
 * `npm run bench:hitrate` compares how often three designs answer the same reads from a cache, how current their
 * answers are and what they cost, beside a cache that knows when its entries change. Everything is simulated except
 * Boardcache's own code. `-- --reads 100000` makes it shorter, `-- --seed 2` uses another trace.
 */
const readsDefault = 600_000
/** The first part of the trace fills the caches and is not counted. */
const warmUpShare = 1 / 3
/** How long the world continues after the last read. */
const restMs = 30_000

interface Figures {
  readonly name: string
  readonly reads: number
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
  readonly originQueries: number
  readonly bill: ReturnType<typeof billOf>
}

const { values } = parseArgs({ options: { reads: { type: 'string' }, seed: { type: 'string' } } })
const reads = Number(values.reads ?? readsDefault)
const seed = Number(values.seed ?? 1)

for (const kind of ['polling', 'independent'] as const) {
  const figures: Figures[] = []
  for (const create of [createTtlOnly, createDeleteByPattern, createBoardcache])
    figures.push(await measure(create, kind))
  print(kind, figures, clairvoyant(kind))
}

async function measure(create: (ground: Ground) => Design, kind: TraceKind): Promise<Figures> {
  const ground = createGround(seed)
  const design = create(ground)
  const tally = createTally(ground, design)
  const trace = traceOf({ kind, reads, dice: createDice(createRandom(seed)) })
  const { scheduler } = ground
  let endMs = 0
  const goOn = (): void => {
    const next = trace.next()
    if (next.done === true) return
    endMs = next.value.atMs
    scheduler.schedule(
      () => {
        if (next.value.kind === 'read') tally.read(next.value)
        else tally.write(next.value)
        goOn()
      },
      startMs + next.value.atMs - scheduler.now(),
    )
  }
  goOn()
  // The trace's end is known only when the trace has been read to its end.
  for (let untilMs = startMs; untilMs <= startMs + endMs + restMs; untilMs = scheduler.now() + restMs)
    await scheduler.run(untilMs, () => {})
  return tally.figures()
}

function createTally(ground: Ground, design: Design) {
  const { scheduler, content, operations } = ground
  const committedAtMs: number[] = [0]
  const acknowledgedAtMs: number[] = []
  const stalenessMs: number[] = []
  const countFrom = Math.floor(reads * warmUpShare)
  let [asked, counted, refused, hits, unproven, pastAcknowledgementMs] = [0, 0, 0, 0, 0, 0]
  let before = { ...operations }

  async function read(traced: TracedRead): Promise<void> {
    asked += 1
    if (asked === countFrom) before = { ...operations }
    const isCounted = asked > countFrom
    const atMs = scheduler.now()
    const changes = content.changesOf(traced.workspace, traced.view)
    const got = await design.read(traced)
    if (!isCounted) return
    counted += 1
    if (!got.ok) {
      refused += 1
      return
    }
    if (got.value.isCached) hits += 1
    if (!got.value.isProven) unproven += 1
    const missing = changes[got.value.changes]
    if (missing === undefined || (committedAtMs[missing] ?? 0) >= atMs) return
    stalenessMs.push(atMs - (committedAtMs[missing] ?? 0))
    if (got.value.isProven)
      pastAcknowledgementMs = Math.max(pastAcknowledgementMs, atMs - (acknowledgedAtMs[missing] ?? atMs))
  }

  return {
    read: (traced: TracedRead) => void read(traced),
    write(write: TracedWrite) {
      const commit = content.write(write)
      committedAtMs[commit] = scheduler.now()
      void design.report(write).then(() => {
        acknowledgedAtMs[commit] = scheduler.now()
      })
    },
    figures(): Figures {
      const spent = Object.fromEntries(
        Object.entries(operations).map(([name, count]) => [
          name,
          count - before[name as keyof typeof before],
        ]),
      )
      const used = { ...operations, ...spent }
      return {
        ...{ name: design.name, reads: counted, refused, unproven, hits, pastAcknowledgementMs },
        stalenessMs: stalenessMs.sort((a, b) => a - b),
        originQueries: used.originQueries,
        bill: billOf(used, counted),
      }
    },
  }
}

/**
 * A cache for all locations at once, without bounds and lifetimes, that drops an entry exactly when its contents
 * change.
 */
function clairvoyant(kind: TraceKind): { readonly hitRate: number; readonly originQueries: number } {
  const { content } = createGround(seed)
  const held = new Map<string, number>()
  const countFrom = Math.floor(reads * warmUpShare)
  let [asked, hits] = [0, 0]
  for (const item of traceOf({ kind, reads, dice: createDice(createRandom(seed)) })) {
    if (item.kind === 'write') {
      content.write(item)
      continue
    }
    asked += 1
    const { workspace, view } = item
    const name = JSON.stringify([workspace, view])
    const changes = content.changesOf(workspace, view).length
    if (asked > countFrom && held.get(name) === changes) hits += 1
    held.set(name, changes)
  }
  const counted = reads - countFrom
  return { hitRate: hits / counted, originQueries: counted - hits }
}

function print(kind: TraceKind, figures: readonly Figures[], best: ReturnType<typeof clairvoyant>): void {
  console.log(
    `\n${kind}: ${figures[0]?.reads} reads after warm-up, seed ${seed}; dollars for a million reads, prices of ${pricesDate}`,
  )
  const columns = [
    ...figures.map((figure) => [figure.name, columnOf(figure)] as const),
    ['clairvoyant', { 'hit rate': percent(best.hitRate), 'origin queries': best.originQueries }] as const,
  ]
  const rows: Record<string, Record<string, string | number>> = {}
  for (const [name, column] of columns)
    for (const [what, figure] of Object.entries(column)) rows[what] = { ...rows[what], [name]: figure }
  console.table(rows)
}

function columnOf(figures: Figures): Record<string, string | number> {
  const { reads: all, stalenessMs, bill } = figures
  const dollars = Object.entries(bill).map(([name, amount]) => [`$ ${name}`, amount.toFixed(2)])
  return {
    'hit rate': percent(figures.hits / all),
    'stale reads': percent(stalenessMs.length / all),
    'stale for, p50 (ms)': quantile(stalenessMs, 0.5),
    'stale for, p99 (ms)': quantile(stalenessMs, 0.99),
    'as current after acknowledgement, most (ms)': figures.pastAcknowledgementMs,
    'origin queries': figures.originQueries,
    unproven: figures.unproven,
    refused: figures.refused,
    ...Object.fromEntries(dollars),
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.floor((ascending.length - 1) * share)] ?? 0
}
