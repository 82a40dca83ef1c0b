import { z } from 'zod'
import { type WorkspaceId, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { AskedQuestion } from '../../cache/ahead/demand.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** A question that was in demand. `score` is what its demand came to at `atMs`, when it was told last. */
interface DemandedQuestion extends AskedQuestion {
  readonly score: number
  readonly atMs: number
}

/** What is known of a workspace's demand. */
interface WorkspaceDemand {
  readonly isScheduled: boolean
  readonly seenAtMs: number
  /** The beginning of the working hours that were prepared last; 0 if none were. */
  readonly beganAtMs: number
  readonly questions: readonly DemandedQuestion[]
}

/**
 * The questions that are in demand, so that they are known after a deploy and on the next working day. It holds parameters that keys show
 * too, and nothing else. It is bounded in workspaces, in questions and in their age. Demand of the last minutes may be lost if the object
 * ends.
 */
export interface DemandBook {
  /** Takes what an isolate told. A part that does not have the form of this release is left out. */
  take(told: readonly unknown[]): void
  /** The workspaces that want to be prepared for their working hours. */
  scheduled(): readonly { readonly workspaceId: WorkspaceId; readonly beganAtMs: number }[]
  noteBegan(workspaceId: WorkspaceId, beganAtMs: number): void
  workspaces(): readonly WorkspaceId[]
  /** The questions of a workspace that were in demand after an instant, at most `max`, those most in demand first. */
  inDemand(workspaceId: WorkspaceId, sinceMs: number, max: number): readonly AskedQuestion[]
  /** The release whose keys were loaded last; null if none was. */
  release(): string | null
  setRelease(release: string): void
  /** Writes what has changed. */
  write(): void
  /** The questions of all workspaces. */
  size(): number
}

const tables = `
  create table if not exists demand (workspace_id text primary key, demand text not null) without rowid;
  create table if not exists demand_release (only integer primary key check (only = 1), release text not null);`

const askedSchema = z.object({
  resource: z.string().max(limits.keyPartCharactersMax),
  params: z.string().max(limits.aheadParamsCharactersMax),
})
const toldSchema = z.object({
  workspaceId: workspaceIdSchema,
  isScheduled: z.boolean(),
  questions: z.array(askedSchema).max(limits.aheadQuestionsMax),
})
const demandSchema = z.object({
  isScheduled: z.boolean(),
  seenAtMs: z.number(),
  beganAtMs: z.number(),
  questions: z.array(askedSchema.extend({ score: z.number(), atMs: z.number() })),
})
const rowSchema = z.object({ workspace_id: workspaceIdSchema, demand: z.string() })

/** What a score comes to at an instant. */
export function scoreAt({ score, atMs }: Pick<DemandedQuestion, 'score' | 'atMs'>, nowMs: number): number {
  return score * 2 ** (-(nowMs - atMs) / limits.aheadHalfLifeMs)
}

export function openDemandBook(storage: SqlStorage, now: () => number): DemandBook {
  storage.sql.exec(tables)
  const known = readAll(storage)
  /** When each row was written, by the instant at which its demand was seen. */
  const written = new Map([...known].map(([workspaceId, { seenAtMs }]) => [workspaceId, seenAtMs]))
  const changed = new Set<WorkspaceId>()
  let release = readRelease(storage)

  function forget(workspaceId: WorkspaceId): void {
    known.delete(workspaceId)
    written.delete(workspaceId)
    changed.delete(workspaceId)
    storage.sql.exec('delete from demand where workspace_id = ?', workspaceId)
  }

  function makeRoom(): void {
    const nowMs = now()
    for (const [workspaceId, { seenAtMs }] of known) {
      if (nowMs - seenAtMs > limits.aheadKeptMs) forget(workspaceId)
    }
    // The order of a Map is that of insertion, and a workspace that is seen is inserted again.
    for (const workspaceId of known.keys()) {
      if (known.size < limits.aheadWorkspacesMax) break
      forget(workspaceId)
    }
  }

  function takeOne({ workspaceId, isScheduled, questions }: z.output<typeof toldSchema>): void {
    const before = known.get(workspaceId)
    if (before === undefined && known.size >= limits.aheadWorkspacesMax) makeRoom()
    const nowMs = now()
    const next = {
      ...{ isScheduled, seenAtMs: nowMs, beganAtMs: before?.beganAtMs ?? 0 },
      questions: mergedDemand(before?.questions ?? [], questions, nowMs),
    }
    known.delete(workspaceId)
    known.set(workspaceId, next)
    const isSame =
      before?.isScheduled === isScheduled && nameAll(before.questions) === nameAll(next.questions)
    const isOld = nowMs - (written.get(workspaceId) ?? 0) >= limits.aheadWriteEveryMs
    if (!isSame || isOld) changed.add(workspaceId)
  }

  return {
    take(told) {
      for (const each of told.slice(0, limits.aheadToldWorkspacesMax)) {
        const parsed = toldSchema.safeParse(each)
        if (parsed.success) takeOne(parsed.data)
      }
    },
    scheduled: () =>
      [...known].flatMap(([workspaceId, { isScheduled, beganAtMs }]) =>
        isScheduled ? [{ workspaceId, beganAtMs }] : [],
      ),
    noteBegan(workspaceId, beganAtMs) {
      const demand = known.get(workspaceId)
      if (demand === undefined) return
      known.set(workspaceId, { ...demand, beganAtMs })
      changed.add(workspaceId)
    },
    workspaces: () => [...known.keys()].reverse(),
    inDemand: (workspaceId, sinceMs, max) =>
      (known.get(workspaceId)?.questions ?? [])
        .filter(({ atMs }) => atMs >= sinceMs)
        .slice(0, max)
        .map(({ resource, params }) => ({ resource, params })),
    release: () => release,
    size: () => [...known.values()].reduce((sum, { questions }) => sum + questions.length, 0),
    setRelease(next) {
      release = next
      storage.sql.exec('insert or replace into demand_release values (1, ?)', next)
    },
    write() {
      if (changed.size === 0) return
      const rows = [...changed].slice(0, limits.aheadRowsAtOnceMax)
      storage.transactionSync(() => {
        for (const workspaceId of rows) {
          const text = JSON.stringify(known.get(workspaceId))
          storage.sql.exec('insert or replace into demand values (?, ?)', workspaceId, text)
        }
      })
      for (const workspaceId of rows) {
        changed.delete(workspaceId)
        written.set(workspaceId, known.get(workspaceId)?.seenAtMs ?? 0)
      }
    },
  }
}

/** The questions with what was told now, those most in demand first. */
export function mergedDemand(
  before: readonly DemandedQuestion[],
  told: readonly AskedQuestion[],
  nowMs: number,
): DemandedQuestion[] {
  const questions = new Map(before.map((each) => [nameOf(each), each]))
  for (const { resource, params } of told) {
    const known = questions.get(nameOf({ resource, params }))
    const score = (known === undefined ? 0 : scoreAt(known, nowMs)) + 1
    questions.set(nameOf({ resource, params }), { resource, params, score, atMs: nowMs })
  }
  return [...questions.values()]
    .filter(({ atMs }) => nowMs - atMs <= limits.aheadKeptMs)
    .sort((one, other) => scoreAt(other, nowMs) - scoreAt(one, nowMs))
    .slice(0, limits.aheadQuestionsMax)
}

const nameOf = ({ resource, params }: AskedQuestion) => `${resource} ${params}`
const nameAll = (questions: readonly AskedQuestion[]) => questions.map(nameOf).sort().join('\n')

/** Rows of a form that this release does not know are left out, and are written over. */
function readAll(storage: SqlStorage): Map<WorkspaceId, WorkspaceDemand> {
  const rows = [...storage.sql.exec('select workspace_id, demand from demand')].flatMap((row) => {
    const { workspace_id: workspaceId, demand } = rowSchema.parse(row)
    const parsed = demandSchema.safeParse(JSON.parse(demand))
    return parsed.success ? [[workspaceId, parsed.data] as const] : []
  })
  return new Map(rows.sort(([, one], [, other]) => one.seenAtMs - other.seenAtMs))
}

function readRelease(storage: SqlStorage): string | null {
  const [row] = [...storage.sql.exec('select release from demand_release')]
  return row === undefined ? null : z.object({ release: z.string() }).parse(row).release
}
