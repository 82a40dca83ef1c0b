import { limits } from '../../../../shared/limits.ts'
import type { GrowingSketch, SketchData } from './sketch.ts'
import { createSketch, mergeSketches } from './sketch.ts'

/**
 * Where reads and misses come from, as plain data for RPC and storage. It is kept apart from the metrics: these names are of
 * workspaces, boards and keys, and none of them ever becomes a label. Keys contain no contact data (entry/key.ts).
 */
export interface Causes {
  /** Versions of the Worker that counted this. */
  readonly versions: readonly string[]
  /** All reads that were counted. */
  readonly reads: number
  /** The most read keys, named `<key> <question as JSON>`. */
  readonly keys: SketchData
  /** The most read boards, named `<workspace> <board>`. */
  readonly boards: SketchData
  /** The workspaces with the most reads, and those with the most misses. */
  readonly workspaces: SketchData
  readonly missing: SketchData
}

export const sketchNames = ['keys', 'boards', 'workspaces', 'missing'] as const
export type SketchName = (typeof sketchNames)[number]

/** Makes a value for each sketch. */
export function bySketch<Value>(make: (name: SketchName) => Value): Record<SketchName, Value> {
  return {
    keys: make('keys'),
    boards: make('boards'),
    workspaces: make('workspaces'),
    missing: make('missing'),
  }
}

export function mergeCauses(all: readonly Causes[], capacity: number): Causes {
  return {
    versions: [...new Set(all.flatMap(({ versions }) => versions))].slice(-limits.causesVersionsMax),
    reads: all.reduce((sum, { reads }) => sum + reads, 0),
    ...bySketch((name) =>
      mergeSketches(
        all.map((one) => one[name]),
        capacity,
      ),
    ),
  }
}

export function createSketches(capacity: number): Record<SketchName, GrowingSketch> {
  return bySketch(() => createSketch(capacity))
}
