import { z } from 'zod'
import type { BoardReport, Hottest, WorkspaceStatistics } from '../../../../shared/contract/figures.ts'
import { limits } from '../../../../shared/limits.ts'
import type { SketchOver, WorkspaceHours } from './cause-book.ts'
import type { SketchRow, Tally } from './sketch.ts'
import { addTallies, noTally } from './sketch.ts'

/** The question of a key, as the isolates write it (cause-tally.ts). */
const shownSchema = z.object({
  workspaceId: z.string().nullable().default(null),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  hidden: z.array(z.string()).default([]),
})

interface HottestOver {
  readonly keys: SketchOver
  readonly boards: SketchOver
  readonly missing: SketchOver
}

/** The most read keys and boards, and the workspaces with the most misses, in the form of the contract. */
export function describeHottest({ keys, boards, missing }: HottestOver, nowMs: number): Hottest {
  return {
    from_ms: keys.fromMs,
    to_ms: nowMs,
    reads: keys.reads,
    keys: {
      unlisted_max: unlistedMax(keys),
      rows: topOf(keys).map((row) => {
        const [digest, text] = splitOnce(row.name)
        const { workspaceId, params, hidden } = questionIn(text)
        const resource = Object.keys(row.tallies)[0] ?? ''
        return { digest, resource, workspace_id: workspaceId, params, hidden, ...countedOf(row, keys) }
      }),
    },
    boards: { unlisted_max: unlistedMax(boards), rows: topOf(boards).map((row) => boardOf(row, boards)) },
    workspaces: {
      unlisted_max: unlistedMax(missing),
      rows: topOf(missing).map((row) => {
        const { misses, errors } = sumOf(row)
        const resources = Object.entries(row.tallies)
          .map(([resource, tally]) => ({ resource, misses: tally.misses }))
          .sort((left, right) => right.misses - left.misses)
        return {
          ...{ workspace_id: row.name, misses, errors },
          misses_max: Math.max(misses, row.excess + missing.sketch.missedMax),
          resources: resources.slice(0, resourcesShownMax),
        }
      }),
    },
  }
}

export function describeBoard(boards: SketchOver, name: string, nowMs: number): BoardReport {
  const row = boards.sketch.tracked.find((each) => each.name === name)
  const resources = Object.entries(row?.tallies ?? {}).map(([resource, { reads, misses, errors }]) => ({
    ...{ resource, reads, misses, errors },
  }))
  return {
    ...{ from_ms: boards.fromMs, to_ms: nowMs },
    board: row === undefined ? null : boardOf(row, boards),
    unlisted_max: boards.sketch.missedMax,
    resources: resources.sort((left, right) => right.reads - left.reads),
  }
}

export function describeWorkspace(
  { fromMs, hours, missedMax }: WorkspaceHours,
  nowMs: number,
): WorkspaceStatistics {
  const resources = new Map<string, Tally>()
  for (const { tallies } of hours) {
    for (const [resource, tally] of Object.entries(tallies))
      resources.set(resource, addTallies(resources.get(resource) ?? noTally, tally))
  }
  return {
    ...{ from_ms: fromMs, to_ms: nowMs, unlisted_max: missedMax },
    whole: ownReads([...resources.values()].reduce(addTallies, noTally)),
    hours: hours.map(({ atMs, tallies }) => ({
      at_ms: atMs,
      ...ownReads(Object.values(tallies).reduce(addTallies, noTally)),
    })),
    resources: [...resources]
      .map(([resource, tally]) => ({ resource, ...ownReads(tally) }))
      .sort((left, right) => right.reads - left.reads),
  }
}

const resourcesShownMax = 3

/** The rows that may be the greatest, by the most that they can have. */
function topOf({ sketch }: SketchOver): SketchRow[] {
  return ranked(sketch.tracked).slice(0, limits.causesShownMax)
}

/** A row past the shown ones may have as much as this, and so may anything that is not tracked. */
function unlistedMax({ sketch }: SketchOver): number {
  const next = ranked(sketch.tracked)[limits.causesShownMax]
  return sketch.missedMax + (next?.excess ?? 0)
}

function ranked(rows: readonly SketchRow[]): SketchRow[] {
  return [...rows].sort((left, right) => right.excess - left.excess)
}

function boardOf(row: SketchRow, boards: SketchOver): Hottest['boards']['rows'][number] {
  const [workspaceId, boardId] = splitOnce(row.name)
  return { workspace_id: workspaceId, board_id: boardId, ...countedOf(row, boards) }
}

function countedOf(row: SketchRow, { sketch }: SketchOver) {
  const { reads, misses, errors, durationMs } = sumOf(row)
  return {
    ...{ reads, misses, errors },
    reads_max: Math.max(reads, row.excess + sketch.missedMax),
    hit_rate: reads === 0 ? null : (reads - misses) / reads,
    avg_ms: reads === 0 ? null : durationMs / reads,
  }
}

function sumOf({ tallies }: SketchRow): Tally {
  return Object.values(tallies).reduce(addTallies, noTally)
}

function ownReads({ reads, misses, errors, durationMs }: Tally) {
  const hits = reads - misses
  return {
    ...{ reads, hits, misses, errors },
    hit_rate: reads === 0 ? null : hits / reads,
    avg_ms: reads === 0 ? null : durationMs / reads,
  }
}

function questionIn(text: string): z.output<typeof shownSchema> {
  const parsed = shownSchema.safeParse(JSON.parse(text))
  return parsed.success ? parsed.data : { workspaceId: null, params: {}, hidden: [] }
}

/** The text before the first space, and the text behind it. */
function splitOnce(name: string): readonly [string, string] {
  const at = name.indexOf(' ')
  return at < 0 ? [name, ''] : [name.slice(0, at), name.slice(at + 1)]
}
