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

/** The demand of a workspace, as it is kept. */
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

/** The score of a question at an instant. */
export function scoreAt({ score, atMs }: Pick<DemandedQuestion, 'score' | 'atMs'>, nowMs: number): number {
  return score * 2 ** (-(nowMs - atMs) / limits.aheadHalfLifeMs)
}

export function openDemandBook(storage: SqlStorage, now: () => number): DemandBook {
  return new StoredDemand(storage, now)
}

class StoredDemand implements DemandBook {
  private readonly storage: SqlStorage
  private readonly now: () => number
  /** A workspace that is seen is inserted again, so the first one is the one that was seen longest ago. */
  private readonly known: Map<WorkspaceId, WorkspaceDemand>
  /** The instant of the demand that each row has. */
  private readonly written: Map<WorkspaceId, number>
  private readonly changed = new Set<WorkspaceId>()
  private releaseNow: string | null

  constructor(storage: SqlStorage, now: () => number) {
    this.storage = storage
    this.now = now
    storage.sql.exec(tables)
    this.known = readAll(storage)
    this.written = new Map([...this.known].map(([workspaceId, { seenAtMs }]) => [workspaceId, seenAtMs]))
    this.releaseNow = readRelease(storage)
  }

  take(told: readonly unknown[]): void {
    for (const each of told.slice(0, limits.aheadToldWorkspacesMax)) {
      const parsed = toldSchema.safeParse(each)
      if (parsed.success) this.takeOne(parsed.data)
    }
  }

  scheduled(): { workspaceId: WorkspaceId; beganAtMs: number }[] {
    return [...this.known].flatMap(([workspaceId, { isScheduled, beganAtMs }]) =>
      isScheduled ? [{ workspaceId, beganAtMs }] : [],
    )
  }

  noteBegan(workspaceId: WorkspaceId, beganAtMs: number): void {
    const demand = this.known.get(workspaceId)
    if (demand === undefined) return
    this.known.set(workspaceId, { ...demand, beganAtMs })
    this.changed.add(workspaceId)
  }

  workspaces(): WorkspaceId[] {
    return [...this.known.keys()].reverse()
  }

  inDemand(workspaceId: WorkspaceId, sinceMs: number, max: number): AskedQuestion[] {
    return (this.known.get(workspaceId)?.questions ?? [])
      .filter(({ atMs }) => atMs >= sinceMs)
      .slice(0, max)
      .map(({ resource, params }) => ({ resource, params }))
  }

  release(): string | null {
    return this.releaseNow
  }

  setRelease(release: string): void {
    this.releaseNow = release
    this.storage.sql.exec('insert or replace into demand_release (only, release) values (1, ?)', release)
  }

  size(): number {
    return [...this.known.values()].reduce((sum, { questions }) => sum + questions.length, 0)
  }

  write(): void {
    if (this.changed.size === 0) return
    const rows = [...this.changed].slice(0, limits.aheadRowsAtOnceMax)
    this.storage.transactionSync(() => {
      for (const workspaceId of rows) {
        const text = JSON.stringify(this.known.get(workspaceId))
        const statement = 'insert or replace into demand (workspace_id, demand) values (?, ?)'
        this.storage.sql.exec(statement, workspaceId, text)
      }
    })
    for (const workspaceId of rows) {
      this.changed.delete(workspaceId)
      this.written.set(workspaceId, this.known.get(workspaceId)?.seenAtMs ?? 0)
    }
  }

  private takeOne({ workspaceId, isScheduled, questions }: z.output<typeof toldSchema>): void {
    const { known, changed } = this
    const before = known.get(workspaceId)
    if (before === undefined && known.size >= limits.aheadWorkspacesMax) this.makeRoom()
    const nowMs = this.now()
    const next = {
      ...{ isScheduled, seenAtMs: nowMs, beganAtMs: before?.beganAtMs ?? 0 },
      questions: mergedDemand(before?.questions ?? [], questions, nowMs),
    }
    known.delete(workspaceId)
    known.set(workspaceId, next)
    const isSame =
      before?.isScheduled === isScheduled && nameAll(before.questions) === nameAll(next.questions)
    const isOld = nowMs - (this.written.get(workspaceId) ?? 0) >= limits.aheadWriteEveryMs
    if (!isSame || isOld) changed.add(workspaceId)
  }

  private makeRoom(): void {
    const nowMs = this.now()
    for (const [workspaceId, { seenAtMs }] of this.known) {
      const isFull = this.known.size >= limits.aheadWorkspacesMax
      if (isFull || nowMs - seenAtMs > limits.aheadKeptMs) this.forget(workspaceId)
    }
  }

  private forget(workspaceId: WorkspaceId): void {
    this.known.delete(workspaceId)
    this.written.delete(workspaceId)
    this.changed.delete(workspaceId)
    this.storage.sql.exec('delete from demand where workspace_id = ?', workspaceId)
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
