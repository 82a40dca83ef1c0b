import { z } from 'zod'
import { notificationIdSchema, userIdSchema } from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { storedId, storedInstant } from '../resources/stored-values.ts'
import { text } from '../text.ts'

/**
 * Notifications of a user in a workspace. The CRM's backend and admins add them as jobs of the queue `notifications`; exports and
 * imports tell the user who asked for them. A new one is also sent to the workspace's webhook endpoints, as `notification.created`.
 *
 *   GET  /api/v1/notifications?unread=&cursor=   → the user's notifications, newest first, and how many are unread
 *   POST /api/v1/notifications/read              NotificationsRead → how many were marked, and how many are unread
 *
 * A member reads their own, and the backend those of the user in `X-User-ID`.
 */

/** The kind of a notification: `export.finished`, `import.finished`, or a word of the CRM's own. */
const kindSchema = z
  .string()
  .max(limits.notificationKindCharactersMax)
  .regex(/^[a-z][a-z0-9_.-]*$/, 'must be lower case letters, digits, ".", "_" and "-"')

/** The data of a job of the queue `notifications`. */
export const notificationJobSchema = z
  .strictObject({
    userId: userIdSchema,
    kind: kindSchema,
    title: text(1, limits.notificationTitleCharactersMax),
    body: text(0, limits.notificationBodyCharactersMax).default(''),
    /** The thing that it is about: an export, a contact, … */
    subject: z
      .strictObject({ type: kindSchema, id: text(1, 128) })
      .nullable()
      .default(null),
  })
  .meta({
    examples: [
      {
        userId: '00000000-0000-4000-8000-000000000002',
        kind: 'contact.assigned',
        title: 'A contact was assigned to you',
        subject: { type: 'contact', id: 'contact_000042' },
      },
    ],
  })

export const notificationSchema = z.object({
  id: storedId,
  kind: z.string(),
  title: z.string(),
  body: z.string(),
  subject: z.object({ type: z.string(), id: z.string() }).nullable(),
  createdAt: storedInstant,
  readAt: storedInstant.nullable(),
})
export type Notification = z.output<typeof notificationSchema>

export const notificationPageSchema = z.object({
  notifications: z.array(notificationSchema).max(limits.notificationsPerPage),
  /** All unread ones of the user, whatever the page shows. */
  unread: z.int().nonnegative(),
  nextCursor: z.string().nullable(),
})
export type NotificationPage = z.output<typeof notificationPageSchema>

const pageQuery = {
  unread: z.enum(['true', 'false']).default('false'),
  cursor: text(1, limits.cursorCharactersMax).optional(),
}
/** `unread=true` leaves out those that were read. */
export const notificationsQuerySchema = z.strictObject(pageQuery)
export type NotificationsQuery = z.output<typeof notificationsQuerySchema>

/** At the origin, `user` says for whom the backend asks. */
export const originNotificationsQuerySchema = z.strictObject({ ...pageQuery, user: userIdSchema.optional() })
export const originNotificationsReadQuerySchema = z.strictObject({ user: userIdSchema.optional() })

/** The end of a page. */
export const notificationCursorSchema = z.strictObject({
  createdAt: instant.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00$/),
  id: storedId,
})

/** Marks the named notifications, or all that were created up to an instant: those that the user has seen. */
const notificationsReadSchema = z
  .union([
    z.strictObject({ ids: z.array(notificationIdSchema).min(1).max(limits.notificationsReadMax) }),
    z.strictObject({ until: instant }),
  ])
  .meta({ examples: [{ ids: ['notification_42'] }, { until: '2026-11-26T10:00:00Z' }] })
export type NotificationsRead = z.output<typeof notificationsReadSchema>

export const notificationsReadBody = {
  schema: notificationsReadSchema,
  bytesMax: limits.notificationsReadBodyBytesMax,
} as const

export const notificationsMarkedSchema = z.object({
  marked: z.int().nonnegative(),
  unread: z.int().nonnegative(),
})
