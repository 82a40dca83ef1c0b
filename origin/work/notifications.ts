import { z } from 'zod'
import { fromOpaqueText, toOpaqueText } from '../../shared/contract/cursor.ts'
import {
  type NotificationPage,
  type NotificationsQuery,
  type NotificationsRead,
  notificationCursorSchema,
  notificationSchema,
  notificationsMarkedSchema,
} from '../../shared/contract/notifications.ts'
import type { UserId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { Writer } from '../outbox/delivered-writes.ts'
import type { CallOfWriter } from './call-of-writer.ts'

/** The notifications of a user in a workspace (shared/contract/notifications.ts). */
export interface Notifications {
  page(writer: Writer, userId: UserId, query: NotificationsQuery): Promise<Result<NotificationPage, Failure>>
  mark(
    writer: Writer,
    userId: UserId,
    read: NotificationsRead,
  ): Promise<Result<z.output<typeof notificationsMarkedSchema>, Failure>>
}

/** One more than a page shows that another page follows. */
const pageSchema = z.object({
  notifications: z.array(notificationSchema).max(limits.notificationsPerPage + 1),
  unread: z.int(),
})

export function createNotifications(call: CallOfWriter): Notifications {
  return {
    async page(writer, userId, { unread, cursor }) {
      const after = cursor === undefined ? null : fromOpaqueText(notificationCursorSchema, cursor)
      if (after !== null && !after.ok) return err({ kind: 'invalid_cursor' })
      const read = await call(writer, 'reads', pageSchema, 'notifications_page', {
        p_user: userId,
        p_unread: unread === 'true',
        p_after: after?.value.createdAt ?? null,
        p_after_id: after?.value.id ?? null,
      })
      if (!read.ok) return read
      const notifications = read.value.notifications.slice(0, limits.notificationsPerPage)
      const last = notifications.at(-1)
      const hasMore = read.value.notifications.length > notifications.length && last !== undefined
      const nextCursor = hasMore ? toOpaqueText({ createdAt: last.createdAt, id: last.id }) : null
      return ok({ notifications, unread: read.value.unread, nextCursor })
    },
    mark: (writer, userId, read) =>
      call(writer, 'writes', notificationsMarkedSchema, 'notifications_mark', {
        p_user: userId,
        p_ids: 'ids' in read ? read.ids : null,
        p_until: 'until' in read ? read.until : null,
      }),
  }
}
