import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { ImportReport } from '../../../shared/contract/contacts.ts'
import { rejectedLineSchema } from '../../../shared/contract/imports.ts'
import { type ContactId, contactIdSchema, type ImportId, importIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { importContacts } from '../../contacts/import-contacts.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { JobFailure, JobHandler, RunningJob } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'
import { cancelledReason } from '../run-job.ts'
import { performOnce, tellProgress } from './effects.ts'
import { isCancelled, isHandedBack } from './handed-back.ts'
import { createBatchWriter } from './import-batches.ts'
import { createRejections, type Rejections } from './import-rejections.ts'

interface ImportsParts {
  readonly database: QueueDatabase
  readonly files: FileStore
  readonly clock: Clock
}

const jobSchema = z.strictObject({ importId: importIdSchema })

const begunSchema = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('ok'),
    file: z.string(),
    sizeBytes: z.int().nonnegative(),
    lines: z.int(),
    created: z.int(),
    updated: z.int(),
    rejected: z.int(),
    ignored: z.int(),
    rejections: z.array(rejectedLineSchema),
  }),
  z.object({ outcome: z.enum(['done', 'given_up', 'not_found']) }),
])
type Begun = Extract<z.output<typeof begunSchema>, { outcome: 'ok' }>
type End = Extract<ImportReport, { type: 'done' | 'stopped' }>

/**
 * Imports the contacts of a stored file. Each batch is written in one transaction with how far the import is, so a run that follows one
 * that died continues after its last batch and writes no line twice. A contact without an id gets one that follows from the import and
 * its line. A run that is given up, or that another one has followed, writes nothing more.
 */
export function createImportsHandler(parts: ImportsParts): JobHandler {
  return async (job) => {
    const parsed = jobSchema.safeParse(job.data)
    if (!parsed.success)
      return err({ kind: 'permanent', reason: 'the data of the job are not those of an import' })
    return runImport(parts, job, parsed.data.importId)
  }
}

async function runImport(parts: ImportsParts, job: RunningJob, importId: ImportId): ReturnType<JobHandler> {
  const [row] = await parts.database.query<{ begun: unknown }>(
    'select private.import_begin($1, $2, $3, $4) as begun',
    [job.workspaceId, importId, job.id, job.run],
  )
  const begun = begunSchema.parse(row?.begun)
  if (begun.outcome === 'done') return ok({ importId })
  if (begun.outcome !== 'ok') {
    const reason = begun.outcome === 'not_found' ? 'there is no such import to run' : 'the run was given up'
    return err({ kind: 'permanent', reason })
  }
  const rejections = createRejections(begun)
  const written = await writeLines(parts, job, importId, begun, rejections)
  if (!written.ok) {
    if (isHandedBack(job)) return written
    const failure: JobFailure = isCancelled(job)
      ? { kind: 'permanent', reason: cancelledReason }
      : written.error
    await parts.database.query('select private.import_fail($1, $2, $3, $4)', [
      ...[job.workspaceId, importId, job.run],
      failure.reason,
    ])
    return err(failure)
  }
  const end = written.value
  const { lines, created, updated, rejected } = end
  const finished = await performOnce(job, async (database) => {
    await database.query('select private.import_finish($1, $2, $3)', [
      ...[job.workspaceId, importId],
      {
        ...{ status: end.type, lines, rejected, rejections: rejections.first() },
        ...(end.type === 'stopped' ? { stoppedAtLine: end.from, failure: end.reason } : {}),
      },
    ])
    return ok(true)
  })
  return finished.ok ? ok({ importId, lines, created, updated, rejected }) : finished
}

/** Writes what the import has not written yet. */
async function writeLines(
  { database, files, clock }: ImportsParts,
  job: RunningJob,
  importId: ImportId,
  begun: Begun,
  rejections: Rejections,
): Promise<Result<End, JobFailure>> {
  const file = await files.get(begun.file, job.signal)
  if (!file.ok) {
    return file.error.kind === 'not_found'
      ? err({ kind: 'permanent', reason: 'the file is not there any more' })
      : err({ kind: 'again', reason: 'the file could not be read' })
  }
  let bytesRead = 0
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytesRead += chunk.length
      controller.enqueue(chunk)
    },
  })
  const batches = createBatchWriter({ database, job, importId, rejections, bytesRead: () => bytesRead })
  let end: End | null = null
  await importContacts({
    contacts: batches,
    deliver: async () => null,
    clock,
    // The relay delivers what the batches leave in the outbox.
    writer: { callerToken: null, callerKey: 'imports', workspaceId: job.workspaceId },
    body: file.value.pipeThrough(counted),
    linesMax: limits.importLinesMax,
    from: begun,
    idOf: (line) => contactIdOf(job.workspaceId, importId, line),
    report(report) {
      rejections.add(report)
      if (report.type === 'progress') void tellProgress(job, bytesRead / begun.sizeBytes)
      if (report.type === 'done' || report.type === 'stopped') end = report
    },
  })
  return outcomeOf(end, batches.failure())
}

function outcomeOf(end: End | null, failure: JobFailure | null): Result<End, JobFailure> {
  if (failure !== null) return err(failure)
  if (end === null) throw new Error('an import ends with a report')
  if (end.type === 'done') return ok(end)
  if (end.reason === 'database_unavailable') return err({ kind: 'again', reason: 'the database was away' })
  if (end.reason === 'upload_broken_off') return err({ kind: 'again', reason: 'the file could not be read' })
  return ok(end)
}

/** The id of the contact of a line that names none: the same in every run. */
function contactIdOf(workspaceId: string, importId: string, line: number): ContactId {
  const digest = createHash('sha256')
    .update(JSON.stringify([workspaceId, importId, line]))
    .digest('hex')
  return contactIdSchema.parse(`import-${digest.slice(0, 32)}`)
}
