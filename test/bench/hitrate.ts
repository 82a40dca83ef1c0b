import { parseArgs } from 'node:util'
import { answerDigestsAtOnce } from '../simulation/digests.ts'
import { startMs } from '../simulation/scheduler.ts'
import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { createBoardcache } from './hitrate-boardcache.ts'
import type { Design, Operations } from './hitrate-designs.ts'
import { createDeleteByPattern, createTtlOnly } from './hitrate-plain.ts'
import { type Best, type Figures, tableOf } from './hitrate-table.ts'
import { createTagCheck } from './hitrate-tag-check.ts'
import { type TracedRead, type TracedWrite, type TraceKind, traceOf } from './hitrate-trace.ts'
import { createGround, type Ground } from './hitrate-world.ts'

/**
 * `npm run bench:hitrate` compares how often four designs answer the same reads from a cache, how current their answers are
 * and what they cost, beside a cache that knows when its entries change. Everything is simulated except Boardcache's own
 * code. `-- --reads 100000` makes it shorter, `-- --seed 2` uses another trace, and `-- --trace polling --design boardcache`
 * runs a part of it.
 */
const readsDefault = 600_000
/** The first part of the trace fills the caches and is not counted. */
const warmUpShare = 1 / 3
/** How long the world continues after the last read. */
const restMs = 30_000

const designs = {
  ttl: createTtlOnly,
  pattern: createDeleteByPattern,
  'tag-check': createTagCheck,
  boardcache: createBoardcache,
} as const

const { values } = parseArgs({
  options: {
    reads: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'string', default: '' },
    design: { type: 'string', default: '' },
  },
})
const reads = Number(values.reads ?? readsDefault)
const seed = Number(values.seed ?? 1)

answerDigestsAtOnce()
for (const kind of ['polling', 'independent'] as const) {
  if (!kind.startsWith(values.trace)) continue
  const figures: Figures[] = []
  const writes = [...readTrace(kind)].filter((item) => item.kind === 'write')
  for (const [name, create] of Object.entries(designs))
    if (name.startsWith(values.design)) figures.push(await measure(create, kind, createGround(seed, writes)))
  console.log(tableOf({ kind, seed, figures, best: clairvoyant(kind, createGround(seed, writes)) }))
}

function readTrace(kind: TraceKind): Generator<TracedRead | TracedWrite> {
  return traceOf({ kind, reads, dice: createDice(createRandom(seed)) })
}

async function measure(
  create: (ground: Ground) => Design,
  kind: TraceKind,
  ground: Ground,
): Promise<Figures> {
  const design = create(ground)
  const tally = createTally(ground, design)
  const trace = readTrace(kind)
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
  const { scheduler, content, spent } = ground
  const committedAtMs: number[] = [0]
  const acknowledgedAtMs: number[] = []
  const stalenessMs: number[] = []
  const waitedFor = new Set<object>()
  const countFrom = Math.floor(reads * warmUpShare)
  let [asked, counted, refused, hits, unproven, pastAcknowledgementMs, written] = [0, 0, 0, 0, 0, 0, 0]
  let before = { reads: { ...spent.reads }, writes: { ...spent.writes }, written }

  async function read(traced: TracedRead): Promise<void> {
    asked += 1
    if (asked === countFrom) before = { reads: { ...spent.reads }, writes: { ...spent.writes }, written }
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
    if (got.value.query === null) hits += 1
    else waitedFor.add(got.value.query)
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
      written += 1
      const commit = content.write(write)
      committedAtMs[commit] = scheduler.now()
      void design.report(write).then(() => {
        acknowledgedAtMs[commit] = scheduler.now()
      })
    },
    figures: (): Figures => ({
      ...{ name: design.name, reads: counted, refused, unproven, hits, pastAcknowledgementMs },
      stalenessMs: stalenessMs.sort((a, b) => a - b),
      queriesWaitedFor: waitedFor.size,
      spent: { reads: since(before.reads, spent.reads), writes: since(before.writes, spent.writes) },
      writes: written - before.written,
    }),
  }
}

function since(before: Operations, now: Operations): Operations {
  const spent = { ...now }
  for (const name of Object.keys(spent) as (keyof Operations)[]) spent[name] -= before[name]
  return spent
}

/**
 * A cache for all locations at once, without bounds and lifetimes, that drops an entry exactly when its contents
 * change.
 */
function clairvoyant(kind: TraceKind, { content }: Ground): Best {
  const held = new Map<string, number>()
  const countFrom = Math.floor(reads * warmUpShare)
  let [asked, hits] = [0, 0]
  for (const item of readTrace(kind)) {
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
