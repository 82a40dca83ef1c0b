import { z } from 'zod'
import type { ContactCreation } from '../../../shared/contract/contacts.ts'
import type { ImportId } from '../../../shared/ids.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { type ImportedBatch, importedBatchSchema } from '../../contacts/contact-writer.ts'
import type { Failure } from '../../failures.ts'
import type { Writer } from '../../outbox/delivered-writes.ts'
import type { JobFailure, RunningJob } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'
import type { Rejections } from './import-rejections.ts'

interface BatchWriter {
  importBatch(
    writer: Writer,
    contacts: readonly ContactCreation[],
    lines: readonly number[],
  ): Promise<Result<ImportedBatch, Failure>>
  /** Why this run may not write any more; null if it may. */
  failure(): JobFailure | null
}

interface BatchWriterOptions {
  readonly database: QueueDatabase
  readonly job: RunningJob
  readonly importId: ImportId
  readonly rejections: Rejections
  bytesRead(): number
}

const writtenSchema = z.union([
  z.object({ outcome: z.enum(['done', 'given_up', 'forbidden']) }),
  importedBatchSchema.extend({ outcome: z.literal('ok') }),
])

/** Ends the import: its caller looks at `failure`. */
const ended: Failure = { kind: 'forbidden' }

/** Writes the batches of an import, each in one transaction with how far the import is. */
export function createBatchWriter(options: BatchWriterOptions): BatchWriter {
  const { database, job, importId, rejections, bytesRead } = options
  let failure: JobFailure | null = null

  return {
    failure: () => failure,
    async importBatch({ workspaceId }, contacts, lines) {
      if (job.signal.aborted) {
        failure = { kind: 'again', reason: 'the import was ended before it was complete' }
        return err(ended)
      }
      const last = Math.max(...lines)
      const position = {
        ...{ lines: last, bytesRead: bytesRead(), ...rejections.upTo(last) },
        lineOf: Object.fromEntries(contacts.map(({ id }, index) => [id, lines[index]])),
      }
      const written = await query(database, [
        ...[workspaceId, importId, job.id, job.run],
        ...[JSON.stringify(contacts), JSON.stringify(position)],
      ])
      if (!written.ok) return written
      const batch = writtenSchema.parse(written.value)
      if (batch.outcome === 'ok') {
        const { created, updated, rejected, ignored } = batch
        return ok({ created, updated, rejected, ignored, outbox: [] })
      }
      if (batch.outcome !== 'forbidden') failure = { kind: 'permanent', reason: 'the run was given up' }
      return err(ended)
    },
  }
}

async function query(database: QueueDatabase, values: readonly unknown[]): Promise<Result<unknown, Failure>> {
  try {
    const [row] = await database.query<{ written: unknown }>(
      'select private.import_batch($1, $2, $3, $4, $5, $6) as written',
      values,
    )
    return ok(row?.written)
  } catch (error) {
    return err(failureOf(error))
  }
}

/**
 * A constraint's refusal and an invalid value (classes 23 and 22 of Postgres's codes) are faults of the lines. Anything else may pass:
 * the connection, a deadlock, a statement that took too long.
 */
function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? `${error.code}` : ''
  if (code.startsWith('23')) return { kind: 'out_of_bounds' }
  return code.startsWith('22') ? { kind: 'invalid', code } : { kind: 'unavailable' }
}
