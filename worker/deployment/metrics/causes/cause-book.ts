import { z } from 'zod'
import { limits } from '../../../../shared/limits.ts'
import type { SqlStorage } from '../../../platform/sql-storage.ts'
import type { SketchName } from './cause-batch.ts'
import { bySketch, createSketches, sketchNames } from './cause-batch.ts'
import type { CauseDelivery } from './cause-relay.ts'
import type { GrowingSketch, SketchData, SketchRow } from './sketch.ts'
import { mergeSketches, sketchSchema } from './sketch.ts'

/**
 * Where the deployment's reads and misses come from, by hour: the running hour in memory, which is stored every few minutes, and finished
 * hours in SQLite. A restart loses the minutes since the running hour was stored. This serves to find causes: nothing is billed by it.
 */
export interface CauseBook {
  /** Takes a delivery of a location once. */
  take(location: string, delivery: CauseDelivery, nowMs: number): void
  /** Finishes hours that have ended, and stores the running one if it is time. */
  tick(nowMs: number): void
  /** One sketch over the last hours, the running one included. */
  over(name: Exclude<SketchName, 'workspaces'>, hours: number, nowMs: number): SketchOver
  /** The hours of one workspace, oldest first, those without reads left out. */
  ofWorkspace(workspaceId: string, hours: number, nowMs: number): WorkspaceHours
}

export interface SketchOver {
  /** The first hour that is included. */
  readonly fromMs: number
  /** All reads, also of what is not tracked. */
  readonly reads: number
  readonly sketch: SketchData
}

export interface WorkspaceHours {
  readonly fromMs: number
  readonly hours: readonly { readonly atMs: number; readonly tallies: SketchRow['tallies'] }[]
  /** The reads that may be missing, because more workspaces than are tracked were read within an hour. */
  readonly missedMax: number
}

export const hourMs = 3_600_000

export function hourOf(atMs: number): number {
  return Math.floor(atMs / hourMs) * hourMs
}

const schema = `
  create table if not exists cause_now (name text primary key, hour_ms integer not null, reads integer not null,
    body text not null) without rowid;
  create table if not exists cause_hours (hour_ms integer not null, name text not null, reads integer not null,
    body text not null, primary key (hour_ms, name)) without rowid;
  create table if not exists workspace_hours (hour_ms integer not null, workspace text not null, body text not null,
    primary key (hour_ms, workspace)) without rowid;`

const sketchText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(sketchSchema)
const rowSchema = z.object({
  name: z.enum(sketchNames),
  hour_ms: z.int(),
  reads: z.int(),
  body: sketchText,
})
const oneRow = z.object({ body: sketchText })

/** The running hour. */
interface Running {
  hourMs: number
  reads: number
  sketches: Record<SketchName, GrowingSketch>
}

export function openCauseBook(storage: SqlStorage, nowMs: number): CauseBook {
  return new StoredCauseBook(storage, nowMs)
}

class StoredCauseBook implements CauseBook {
  private readonly storage: SqlStorage
  private readonly seen = new Map<string, { readonly instance: string; readonly sequence: number }>()
  private running: Running
  private isChanged = false
  private storedAtMs: number

  constructor(storage: SqlStorage, nowMs: number) {
    this.storage = storage
    this.storedAtMs = nowMs
    storage.transactionSync(() => this.rows(schema))
    this.running = emptyHour(hourOf(nowMs))
    for (const row of this.rows('select * from cause_now')) {
      const { name, hour_ms, reads, body } = rowSchema.parse(row)
      this.running.hourMs = hour_ms
      this.running.reads = reads
      this.running.sketches[name].merge(body)
    }
  }

  take(location: string, { instance, sequence, causes }: CauseDelivery, nowMs: number): void {
    const last = this.seen.get(location)
    if (last?.instance === instance && sequence <= last.sequence) return
    this.turn(nowMs)
    this.seen.set(location, { instance, sequence })
    this.running.reads += causes.reads
    for (const name of sketchNames) this.running.sketches[name].merge(causes[name])
    this.isChanged = true
  }

  tick(nowMs: number): void {
    this.turn(nowMs)
    if (!this.isChanged || nowMs - this.storedAtMs < limits.causesStoredEveryMs) return
    this.storage.transactionSync(() => {
      const { hourMs: atMs, reads } = this.running
      for (const name of sketchNames) {
        const text = JSON.stringify(this.running.sketches[name].data())
        this.rows(
          'insert or replace into cause_now (name, hour_ms, reads, body) values (?, ?, ?, ?)',
          name,
          atMs,
          reads,
          text,
        )
      }
    })
    this.isChanged = false
    this.storedAtMs = nowMs
  }

  over(name: Exclude<SketchName, 'workspaces'>, hours: number, nowMs: number): SketchOver {
    this.turn(nowMs)
    const fromMs = firstHour(hours, nowMs)
    const finished = this.rows('select * from cause_hours where hour_ms >= ? and name = ?', fromMs, name).map(
      (row) => rowSchema.parse(row),
    )
    const sketches = [...finished.map(({ body }) => body), this.running.sketches[name].data()]
    return {
      fromMs,
      reads: finished.reduce((sum, { reads }) => sum + reads, this.running.reads),
      sketch: mergeSketches(sketches, limits.causesKeptMax),
    }
  }

  ofWorkspace(workspaceId: string, hours: number, nowMs: number): WorkspaceHours {
    this.turn(nowMs)
    const fromMs = firstHour(hours, nowMs)
    const { sketches } = this.running
    let missedMax = sketches.workspaces.data().missedMax
    const found: { atMs: number; tallies: SketchRow['tallies'] }[] = []
    // The key begins with the hour, so each hour is one lookup and the whole table is never read.
    for (let atMs = fromMs; atMs < this.running.hourMs; atMs += hourMs) {
      const row = this.one(
        'select body from workspace_hours where hour_ms = ? and workspace = ?',
        atMs,
        workspaceId,
      )
      missedMax +=
        this.one(`select body from cause_hours where hour_ms = ? and name = 'workspaces'`, atMs)?.missedMax ??
        0
      const tallies = row?.tracked[0]?.tallies
      if (tallies !== undefined) found.push({ atMs, tallies })
    }
    const now = sketches.workspaces.tracked.get(workspaceId)
    if (now !== undefined) found.push({ atMs: this.running.hourMs, tallies: now.tallies })
    return { fromMs, hours: found, missedMax }
  }

  /** Begins a new hour if the running one is over. It is one transaction: a finished hour is never stored in part. */
  private turn(nowMs: number): void {
    const startMs = hourOf(nowMs)
    if (startMs <= this.running.hourMs) return
    const { hourMs: endedMs, reads, sketches } = this.running
    this.storage.transactionSync(() => {
      if (reads > 0)
        this.finish(
          endedMs,
          reads,
          bySketch((name) => sketches[name].data()),
        )
      this.rows('delete from cause_now')
      const [dayMs, weekMs] = [limits.causesHoursMax, limits.workspaceHoursMax].map(
        (hours) => startMs - hours * hourMs,
      )
      this.rows(`delete from cause_hours where hour_ms < ? and name <> 'workspaces'`, dayMs ?? 0)
      this.rows('delete from cause_hours where hour_ms < ?', weekMs ?? 0)
      this.rows('delete from workspace_hours where hour_ms < ?', weekMs ?? 0)
    })
    this.running = emptyHour(startMs)
    this.isChanged = false
    this.storedAtMs = nowMs
  }

  private finish(atMs: number, reads: number, sketches: Record<SketchName, SketchData>): void {
    const { missedMax, tracked } = sketches.workspaces
    // Workspaces get a row each, because the statistics of one must not cost the reading of all.
    const stored = { ...sketches, workspaces: { missedMax, tracked: [] } }
    for (const name of sketchNames) {
      const text = JSON.stringify(stored[name])
      this.rows(
        'insert or replace into cause_hours (hour_ms, name, reads, body) values (?, ?, ?, ?)',
        atMs,
        name,
        reads,
        text,
      )
    }
    for (const row of tracked) {
      const text = JSON.stringify({ missedMax, tracked: [row] })
      this.rows(
        'insert or replace into workspace_hours (hour_ms, workspace, body) values (?, ?, ?)',
        atMs,
        row.name,
        text,
      )
    }
  }

  private one(statement: string, ...values: (string | number)[]): SketchData | null {
    const [row] = this.rows(statement, ...values)
    return row === undefined ? null : oneRow.parse(row).body
  }

  private rows(statement: string, ...values: (string | number)[]) {
    return [...this.storage.sql.exec(statement, ...values)]
  }
}

function emptyHour(atMs: number): Running {
  return { hourMs: atMs, reads: 0, sketches: createSketches(limits.causesKeptMax) }
}

/** The first of the last `hours` hours, of which the running one is the last. */
function firstHour(hours: number, nowMs: number): number {
  return hourOf(nowMs) - (hours - 1) * hourMs
}
