import { createHash } from 'node:crypto'
import { notificationJobSchema } from '../../../shared/contract/notifications.ts'
import { err, ok } from '../../../shared/result.ts'
import type { JobHandler } from '../handler.ts'
import { performOnce } from './effects.ts'

/**
 * Keeps a notification for its user, and makes it an event for the workspace's webhook endpoints, in one transaction. A notification has
 * the id of its job, so a job that runs twice makes one.
 */
export function createNotificationsHandler(): JobHandler {
  return async (job) => {
    const parsed = notificationJobSchema.safeParse(job.data)
    if (!parsed.success)
      return err({ kind: 'permanent', reason: 'the data of the job are not those of a notification' })
    const { userId, kind, title, body, subject } = parsed.data
    const notificationId = `job-${createHash('sha256').update(job.id).digest('hex').slice(0, 32)}`
    const kept = await performOnce(job, async (database) => {
      const { rows } = await database.query(
        `select private.notify(w.id, $2, $3, $4, $5, $6, $7, $8) from public.workspaces w where w.id = $1`,
        [
          ...[job.workspaceId, userId, notificationId, kind, title],
          ...[body, subject?.type ?? null, subject?.id ?? null],
        ],
      )
      return rows.length > 0 ? ok(true) : err({ kind: 'permanent', reason: 'there is no such workspace' })
    })
    return kept.ok ? ok({ notificationId }) : kept
  }
}
