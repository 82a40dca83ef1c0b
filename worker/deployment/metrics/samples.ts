import { bySource } from '../../../shared/contract/tier-names.ts'
import { limits } from '../../../shared/limits.ts'
import type { ReadSums, Sample } from './figures.ts'
import { addMailSums } from './mail-sums.ts'
import { readSums } from './read-sums.ts'
import type { Totals } from './totals.ts'
import { emptyTotals, mergeTotals } from './totals.ts'

/** The events of the last hour: one sample a second for the latest minutes, longer spans before. */
export interface Samples {
  add(sample: Sample): void
  newest(): Sample | null
  /** The samples that ended after `afterMs`, oldest first; with 0, the whole hour. */
  since(afterMs: number): readonly Sample[]
  /**
   * Everything counted in the last `windowSeconds` up to the latest sample. `spanMs` is the time that this really
   * covers.
   */
  over(windowSeconds: number): { readonly spanMs: number; readonly totals: Totals }
  /** The reads in the same window. This does not touch the histograms, which makes it cheap. */
  sumsOver(windowSeconds: number): ReadSums
}

/**
 * How long samples are kept as they are, how long they are kept at all, and the span into which they are merged in
 * between.
 */
const fineMs = limits.samplesFineSeconds * 1_000
const keptMs = limits.samplesKeptSeconds * 1_000
export const coarseMs = limits.samplesCoarseSeconds * 1_000

/** Continues from the stored samples. Holds some hundred samples of each kind at most. */
export function createSamples(kept: readonly Sample[]): Samples {
  let coarse: Sample[] = [...kept]
  let fine: Sample[] = []

  const bucketOf = ({ atMs }: Sample) => Math.floor(atMs / coarseMs)

  /** Merges whole spans only, so that a sample that was given out never changes. */
  function putTogether(nowMs: number): void {
    const lastBucket = Math.floor((nowMs - fineMs) / coarseMs)
    const old = fine.findIndex((sample) => bucketOf(sample) >= lastBucket)
    if (old <= 0) return
    const leaving = fine.slice(0, old)
    fine = fine.slice(old)
    for (const group of Map.groupBy(leaving, bucketOf).values()) coarse.push(mergeSamples(group))
  }

  const within = (windowSeconds: number): Sample[] => {
    const newestMs = fine.at(-1)?.atMs ?? coarse.at(-1)?.atMs ?? 0
    return [...coarse, ...fine].filter(({ atMs }) => atMs > newestMs - windowSeconds * 1_000)
  }

  return {
    add(sample) {
      fine.push(sample)
      putTogether(sample.atMs)
      coarse = coarse.filter(({ atMs }) => atMs > sample.atMs - keptMs)
    },
    newest: () => fine.at(-1) ?? coarse.at(-1) ?? null,
    since: (afterMs) => [...coarse, ...fine].filter(({ atMs }) => atMs > afterMs),
    over(windowSeconds) {
      const { spanMs, totals } = mergeSamples(within(windowSeconds))
      return { spanMs, totals }
    },
    sumsOver: (windowSeconds) =>
      within(windowSeconds)
        .map(({ sums }) => sums)
        .reduce(addSums, noReads),
  }
}

/** Merges several samples, oldest first, into one. */
export function mergeSamples(samples: readonly Sample[]): Sample {
  const totals = samples.reduce((sum, sample) => mergeTotals(sum, sample.totals), emptyTotals())
  return {
    atMs: samples.at(-1)?.atMs ?? 0,
    spanMs: samples.reduce((sum, { spanMs }) => sum + spanMs, 0),
    totals,
    sums: readSums(totals),
  }
}

const noReads = readSums(emptyTotals())

function addSums(left: ReadSums, right: ReadSums): ReadSums {
  return {
    requests: left.requests + right.requests,
    hits: left.hits + right.hits,
    errors: left.errors + right.errors,
    clientErrors: left.clientErrors + right.clientErrors,
    violations: left.violations + right.violations,
    durationMs: left.durationMs + right.durationMs,
    sources: bySource((source) => left.sources[source] + right.sources[source]),
    mail: addMailSums(left.mail, right.mail),
  }
}
