import { z } from 'zod'

/**
 * The most frequent of any number of things, in bounded memory (Agarwal et al., "Mergeable Summaries", PODS 2012: a Misra-Gries
 * summary). At most `capacity` things are tracked after a trim. With a total weight of N, `missedMax` is at most N / (capacity + 1),
 * and for everything, tracked or not:
 *
 *   the counted weight  ≤  the true weight  ≤  excess + missedMax   (of a thing that is not tracked: 0 ≤ true ≤ missedMax)
 *
 * So whatever has a larger share than 1 / (capacity + 1) is tracked, and up to `capacity` different things are counted exactly. Any
 * two sketches can be merged, and the bound holds for the result. It is plain data, so it survives JSON and RPC.
 */
interface Sketch {
  /** The most that anything may have been counted too little, and the most that something untracked may have. */
  readonly missedMax: number
  readonly tracked: ReadonlyMap<string, Tracked>
}

interface Tracked {
  /** The rank: it grows with each count and shrinks with each trim. */
  readonly excess: number
  /** The tallies since the thing is tracked, by resource. They are lower bounds. */
  readonly tallies: Readonly<Record<string, Tally>>
}

/** Reads, misses among them, answers with a status of 500 or above, and the time of all of them in milliseconds. */
export interface Tally {
  readonly reads: number
  readonly misses: number
  readonly errors: number
  readonly durationMs: number
}

export interface SketchRow extends Tracked {
  readonly name: string
}

/** A sketch as plain data. */
export interface SketchData {
  readonly missedMax: number
  readonly tracked: readonly SketchRow[]
}

const count = z.int().nonnegative()
const tallySchema = z.object({
  ...{ reads: count, misses: count, errors: count },
  durationMs: z.number().nonnegative(),
})

/** Checks a sketch that was read from storage. */
export const sketchSchema: z.ZodType<SketchData> = z.object({
  missedMax: count,
  tracked: z.array(
    z.object({
      name: z.string(),
      excess: count,
      tallies: z.record(z.string(), tallySchema),
    }),
  ),
})

/** A sketch that grows. Every operation costs a constant time on average. */
export interface GrowingSketch extends Sketch {
  /** Counts `weight` for a thing, with what happened. */
  add(name: string, weight: number, resource: string, tally: Tally): void
  merge(other: SketchData): void
  /** The sketch now, trimmed to its capacity. */
  data(): SketchData
  readonly isEmpty: boolean
}

export const noTally: Tally = { reads: 0, misses: 0, errors: 0, durationMs: 0 }

export function addTallies(left: Tally, right: Tally): Tally {
  return {
    reads: left.reads + right.reads,
    misses: left.misses + right.misses,
    errors: left.errors + right.errors,
    durationMs: left.durationMs + right.durationMs,
  }
}

export function createSketch(capacity: number): GrowingSketch {
  return new MisraGries(capacity)
}

/** Merges any number of sketches into one of this capacity. */
export function mergeSketches(sketches: readonly SketchData[], capacity: number): SketchData {
  const merged = createSketch(capacity)
  for (const sketch of sketches) merged.merge(sketch)
  return merged.data()
}

class MisraGries implements GrowingSketch {
  missedMax = 0
  readonly tracked = new Map<string, { excess: number; tallies: Record<string, Tally> }>()
  private readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get isEmpty(): boolean {
    return this.tracked.size === 0 && this.missedMax === 0
  }

  add(name: string, weight: number, resource: string, tally: Tally): void {
    const known = this.tracked.get(name)
    if (known !== undefined) {
      known.excess += weight
      known.tallies[resource] = addTallies(known.tallies[resource] ?? noTally, tally)
      return
    }
    this.tracked.set(name, { excess: weight, tallies: { [resource]: tally } })
    // Trimming at twice the capacity makes the cost of a count constant on average.
    if (this.tracked.size >= 2 * this.capacity) this.trim()
  }

  merge({ missedMax, tracked }: SketchData): void {
    for (const { name, excess, tallies } of tracked) {
      const known = this.tracked.get(name)
      if (known === undefined) {
        this.tracked.set(name, { excess, tallies: { ...tallies } })
        continue
      }
      known.excess += excess
      for (const [resource, tally] of Object.entries(tallies)) {
        known.tallies[resource] = addTallies(known.tallies[resource] ?? noTally, tally)
      }
    }
    this.missedMax += missedMax
    if (this.tracked.size >= 2 * this.capacity) this.trim()
  }

  data(): SketchData {
    this.trim()
    const tracked = [...this.tracked].map(([name, { excess, tallies }]) => ({
      ...{ name, excess },
      tallies: { ...tallies },
    }))
    return { missedMax: this.missedMax, tracked }
  }

  /**
   * Takes the rank of the first thing past the capacity from everything, and drops what has nothing left. At least `capacity` + 1 things
   * pay each unit by which `missedMax` grows, which proves the bound.
   */
  private trim(): void {
    if (this.tracked.size <= this.capacity) return
    const ranks = [...this.tracked.values()].map(({ excess }) => excess).sort((left, right) => right - left)
    const cut = ranks[this.capacity] ?? 0
    this.missedMax += cut
    for (const [name, thing] of this.tracked) {
      thing.excess -= cut
      if (thing.excess <= 0) this.tracked.delete(name)
    }
  }
}
