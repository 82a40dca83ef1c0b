import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type ExportFormat, exportFormatSchema } from '../../../shared/contract/exports.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { boardIdSchema, deploymentId, exportIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { readWholeContactRow } from '../../contacts/contact-rows.ts'
import type { UnfitValues } from '../../database/rows.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { JobFailure, JobHandler, RunningJob } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'
import { scheduledNames } from '../queues.ts'
import { cancelledReason } from '../run-job.ts'
import { performOnce, tellProgress } from './effects.ts'
import { removeExpiredWork } from './expired-work.ts'
import { exportLines } from './export-lines.ts'
import { isCancelled, isHandedBack } from './handed-back.ts'

interface ExportsParts {
  readonly database: QueueDatabase
  readonly files: FileStore
  readonly unfitValues: UnfitValues
}

/** A job of the API's `export_create`, or one that was added as such and says itself what to export. */
const jobSchema = z.union([
  z.strictObject({ exportId: exportIdSchema }),
  z.strictObject({ format: exportFormatSchema, boardId: boardIdSchema.nullable().default(null) }),
])

/**
 * Writes the contacts of a board or of a workspace into a file, and removes what has expired. A file has each contact at most once,
 * and each that was there from the beginning to the end of the run, as it was when it was read. A run that is given up, or one that
 * comes after another that ended, leaves no file.
 */
export function createExportsHandler(parts: ExportsParts): JobHandler {
  return async (job) => {
    if (job.name === scheduledNames.removeExpired && job.workspaceId === deploymentId)
      return removeExpiredWork(parts, job)
    const parsed = jobSchema.safeParse(job.data)
    if (!parsed.success)
      return err({ kind: 'permanent', reason: 'the data of the job are not those of an export' })
    const exportId = 'exportId' in parsed.data ? parsed.data.exportId : `job-${digestOf(job.id)}`
    const asked = 'exportId' in parsed.data ? null : parsed.data
    return new ExportRun(parts, job, exportId).run(asked)
  }
}

interface Asked {
  readonly format: ExportFormat
  readonly boardId: string | null
}

const begunSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('ok'), boardId: z.string().nullable(), format: exportFormatSchema }),
  z.object({ outcome: z.enum(['done', 'given_up', 'not_found', 'board_not_found']) }),
])

const refusals = {
  not_found: 'there is no such export',
  board_not_found: 'the board does not exist any more',
  given_up: 'the run was given up',
} as const

class ExportRun {
  private readonly parts: ExportsParts
  private readonly job: RunningJob
  private readonly exportId: string
  private contacts = 0
  private sizeBytes = 0

  constructor(parts: ExportsParts, job: RunningJob, exportId: string) {
    this.parts = parts
    this.job = job
    this.exportId = exportId
  }

  async run(asked: Asked | null): ReturnType<JobHandler> {
    const { job, exportId } = this
    const name = `exports/${digestOf(job.workspaceId)}-${digestOf(exportId)}-${randomUUID()}`
    const begun = await this.begin(asked, name)
    if (begun.outcome === 'done') return ok({ exportId })
    if (begun.outcome !== 'ok') return this.fail({ kind: 'permanent', reason: refusals[begun.outcome] })
    const written = await this.parts.files.put(
      name,
      ReadableStream.from(this.chunks(begun)),
      exportLines[begun.format].contentType,
      job.signal,
    )
    if (!written.ok) {
      const reason = job.signal.aborted
        ? 'the export was ended before it was complete'
        : 'the file could not be stored'
      return this.fail({ kind: 'again', reason })
    }
    const finish = [job.workspaceId, exportId, name, this.contacts, this.sizeBytes]
    const finished = await performOnce(job, async (database) => {
      await database.query('select private.export_finish($1, $2, $3, $4, $5)', finish)
      return ok(true)
    })
    if (finished.ok && finished.value !== null)
      return ok({ exportId, contacts: this.contacts, sizeBytes: this.sizeBytes })
    // The file that counts is another run's. If this one cannot be removed now, it is when it expires.
    await this.parts.files.remove([name], AbortSignal.timeout(limits.queryDeadlineMs))
    return finished.ok ? ok({ exportId }) : finished
  }

  private async begin(asked: Asked | null, name: string): Promise<z.output<typeof begunSchema>> {
    const { job, exportId } = this
    const [row] = await this.parts.database.query<{ begun: unknown }>(
      'select private.export_begin($1, $2, $3, $4, $5, $6, $7) as begun',
      [job.workspaceId, exportId, asked?.boardId ?? null, asked?.format ?? null, job.id, job.run, name],
    )
    return begunSchema.parse(row?.begun)
  }

  /** The bytes of the file, some hundred contacts at a time: the next are read when the store has taken the last. */
  private async *chunks({ boardId, format }: Asked): AsyncGenerator<Uint8Array> {
    const { job } = this
    const { head, lineOf } = exportLines[format]
    const encoder = new TextEncoder()
    const total = await this.contactsOf(job.workspaceId, boardId)
    let after = ''
    let text = head
    for (;;) {
      job.signal.throwIfAborted()
      const rows = await this.page(boardId, after)
      const contacts = await this.parts.unfitValues.during('export', async (note) =>
        rows.map(({ contact }) => readWholeContactRow(contact, note)),
      )
      const bytes = encoder.encode(text + contacts.map(lineOf).join(''))
      text = ''
      this.contacts += rows.length
      this.sizeBytes += bytes.length
      if (bytes.length > 0) yield bytes
      const last = rows.at(-1)
      if (last === undefined || rows.length < limits.exportFetchRows) return
      after = last.id
      await this.tell(total)
    }
  }

  private page(boardId: string | null, after: string) {
    return this.parts.database.query<{ id: string; contact: unknown }>(
      `select contact ->> 'id' as id, contact from private.export_contacts($1, $2, $3, $4) contact`,
      [this.job.workspaceId, boardId, after, limits.exportFetchRows],
    )
  }

  /** How many contacts there are, as far as the sums say. */
  private async contactsOf(workspaceId: WorkspaceId, boardId: string | null): Promise<number> {
    const [row] = await this.parts.database.query<{ contacts: string }>(
      `select coalesce(sum(t.contacts), 0) as contacts from private.contact_tallies t
       where t.workspace_id = $1 and ($2::text is null or t.board_id = $2)`,
      [workspaceId, boardId],
    )
    return Number(row?.contacts ?? 0)
  }

  private async tell(total: number): Promise<void> {
    const { job, exportId, contacts } = this
    await tellProgress(job, contacts / Math.max(total, contacts))
    await this.parts.database.query('select private.export_progress($1, $2, $3, $4)', [
      ...[job.workspaceId, exportId],
      ...[job.run, contacts],
    ])
  }

  /** Says in the export's row that this run failed, and whether another one follows. */
  private async fail(ended: JobFailure): ReturnType<JobHandler> {
    const { job } = this
    const failure: JobFailure = isCancelled(job) ? { kind: 'permanent', reason: cancelledReason } : ended
    const isLast = failure.kind === 'permanent' || job.attempt >= job.attemptsMax
    const isOver = isLast && !isHandedBack(job)
    await this.parts.database.query('select private.export_fail($1, $2, $3, $4, $5)', [
      ...[job.workspaceId, this.exportId, job.run],
      ...[isOver, failure.reason],
    ])
    return err(failure)
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
