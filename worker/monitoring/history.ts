import { z } from 'zod'
import type { Sample } from '../../shared/contract/monitoring.ts'
import { sampleSchema } from '../../shared/contract/monitoring.ts'
import type { SpanSums } from '../alerts/observation.ts'
import type { BookStorage } from '../ledger/book.ts'
import type { Totals } from '../metrics/totals.ts'
import { addSums, type KeptSample, sampleOf } from './sample.ts'
import { totalsSince } from './totals-since.ts'

/** The last hour of the deployment: samples for plots and alerts, and sums over windows. */
export interface History {
  /** Takes the sum of all that was ever counted, as of `atMs`; answers what is new in it. */
  note(totals: Totals, atMs: number): Totals
  /** The latest sample; null before the first. */
  latest(): Sample | null
  /** Oldest first: ten seconds each, of the last minutes one second each. */
  samplesAfter(atMs: number | null): Sample[]
  sumsOver(windowSeconds: number, nowMs: number): SpanSums
  /** What was counted in the last `windowMs`, and how long that really is: less while the figures are young. */
  windowOf(windowMs: number): { readonly totals: Totals; readonly spanMs: number }
}

const fineMs = { kept: 300_000 }
const coarseMs = { each: 10_000, kept: 3_600_000 }
/** Sums that windows are counted from: by ten seconds for five minutes, then by the minute. */
const markMs = { near: 10_000, nearKept: 310_000, far: 60_000 }
/** One more than the samples of an hour, each ten seconds. */
const coarseMax = coarseMs.kept / coarseMs.each + 1

const schema = `
  create table if not exists monitoring_samples (at_ms integer primary key, body text not null);`

const count = z.number().nonnegative()
const keptSampleSchema: z.ZodType<KeptSample> = z.object({
  shown: sampleSchema,
  sums: z.object({ requests: count, hits: count, errors: count, durationMs: count, violations: count }),
})
const rowSchema = z.object({ body: z.string() })

interface Mark {
  readonly atMs: number
  readonly totals: Totals
}

const noSums: SpanSums = { requests: 0, hits: 0, errors: 0, durationMs: 0, violations: 0 }

/**
 * Bounded by time: 300 samples of a second, 360 of ten seconds, some 90 sums. Only the coarse samples are stored, a row in ten
 * seconds: after a restart the plots go on, and windows begin anew. `totals` is the sum as the object begins.
 */
export function createHistory(storage: BookStorage, totals: Totals, nowMs: number): History {
  const run = (statement: string, ...values: (string | number)[]) => [
    ...storage.sql.exec(statement, ...values),
  ]
  storage.transactionSync(() => run(schema))
  const fine: KeptSample[] = []
  const coarse = readCoarse(run)
  const marks: Mark[] = [{ atMs: nowMs, totals }]
  let last: Mark = { atMs: nowMs, totals }
  let lastCoarse: Mark = last

  function noteCoarse(mark: Mark): void {
    const sample = sampleOf(
      totalsSince(mark.totals, lastCoarse.totals),
      mark.atMs,
      mark.atMs - lastCoarse.atMs,
    )
    lastCoarse = mark
    coarse.push(sample)
    dropOlder(coarse, mark.atMs - coarseMs.kept)
    run('insert or replace into monitoring_samples values (?, ?)', mark.atMs, JSON.stringify(sample))
    run('delete from monitoring_samples where at_ms < ?', mark.atMs - coarseMs.kept)
    marks.push(mark)
    thinOut(marks, mark.atMs)
  }

  /** Coarse ones, and from where the fine ones begin those instead. */
  function all(): KeptSample[] {
    const fineFromMs = fine[0] === undefined ? Number.POSITIVE_INFINITY : startOf(fine[0])
    return [...coarse.filter(({ shown }) => shown.at_ms <= fineFromMs), ...fine]
  }

  return {
    note(sum, atMs) {
      const news = totalsSince(sum, last.totals)
      if (atMs <= last.atMs) return news
      fine.push(sampleOf(news, atMs, atMs - last.atMs))
      last = { atMs, totals: sum }
      if (atMs - lastCoarse.atMs >= coarseMs.each) noteCoarse(last)
      // Up to the end of a coarse one, so that the two join on.
      const coveredMs = coarse.findLast(({ shown }) => shown.at_ms <= atMs - fineMs.kept)?.shown.at_ms
      if (coveredMs !== undefined) dropOlder(fine, coveredMs + 1)
      return news
    },
    latest: () => fine.at(-1)?.shown ?? null,
    samplesAfter: (atMs) =>
      all()
        .map(({ shown }) => shown)
        .filter((sample) => atMs === null || sample.at_ms > atMs),
    sumsOver: (windowSeconds, atMs) =>
      all()
        .filter(({ shown }) => shown.at_ms > atMs - windowSeconds * 1_000)
        .reduce((sum, { sums }) => addSums(sum, sums), noSums),
    windowOf(windowMs) {
      const from = marks.findLast(({ atMs }) => atMs <= last.atMs - windowMs) ?? marks[0] ?? last
      return { totals: totalsSince(last.totals, from.totals), spanMs: last.atMs - from.atMs }
    },
  }
}

function readCoarse(run: (statement: string, ...values: (string | number)[]) => unknown[]): KeptSample[] {
  return run('select body from monitoring_samples order by at_ms desc limit ?', coarseMax)
    .map((row) => keptSampleSchema.safeParse(JSON.parse(rowSchema.parse(row).body)))
    .flatMap((sample) => (sample.success ? [sample.data] : []))
    .reverse()
}

function dropOlder(samples: KeptSample[], thanMs: number): void {
  const keptFrom = samples.findIndex(({ shown }) => shown.at_ms >= thanMs)
  samples.splice(0, keptFrom < 0 ? samples.length : keptFrom)
}

/** Past the near marks one a minute is kept, and one beyond the hour, so that the hour can be counted. */
function thinOut(marks: Mark[], nowMs: number): void {
  const kept: Mark[] = []
  for (const mark of marks) {
    const isNear = nowMs - mark.atMs <= markMs.nearKept
    const last = kept.at(-1)
    if (last === undefined || isNear || mark.atMs - last.atMs >= markMs.far) kept.push(mark)
  }
  const beyond = kept.findLastIndex(({ atMs }) => nowMs - atMs >= coarseMs.kept)
  marks.splice(0, marks.length, ...kept.slice(Math.max(0, beyond)))
}

function startOf({ shown }: KeptSample): number {
  return shown.at_ms - shown.seconds * 1_000
}
