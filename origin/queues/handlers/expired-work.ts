import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { JobHandler, RunningJob } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'

interface ExpiredWorkParts {
  readonly database: QueueDatabase
  readonly files: FileStore
}

/** Files that are removed by one call of the store. */
const filesAtOnce = 100

/**
 * Removes files that have expired, and then the rows that nobody reads any more, a bounded number of each. A file's row is deleted
 * after the file, so a run that ends in between is made up for by the next one.
 */
export async function removeExpiredWork(
  { database, files }: ExpiredWorkParts,
  { signal }: Pick<RunningJob, 'signal'>,
): ReturnType<JobHandler> {
  let filesRemoved = 0
  while (filesRemoved < limits.expiredRowsMax) {
    signal.throwIfAborted()
    const rows = await database.query<{ name: string }>(
      'select name from private.stored_files where expires_at <= now() order by expires_at limit $1',
      [filesAtOnce],
    )
    const names = rows.map(({ name }) => name)
    if (names.length === 0) break
    const removed = await files.remove(names, signal)
    if (!removed.ok) return err({ kind: 'again', reason: 'the expired files could not be removed' })
    await database.query('delete from private.stored_files where name = any ($1)', [names])
    filesRemoved += names.length
  }
  const [row] = await database.query<{ rows: number }>('select private.remove_expired_work($1) as rows', [
    limits.expiredRowsMax,
  ])
  return ok({ filesRemoved, rowsRemoved: row?.rows ?? 0 })
}
