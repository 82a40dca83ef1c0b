import { z } from 'zod'
import { communicationIdSchema, workspaceIdSchema } from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { text } from '../text.ts'
import { prioritySchema } from './inbound-email.ts'

const count = z.int().nonnegative()

/**
 * Counts of messages in a time: all that were `received`; of those, the `duplicates` and the ones that were `limited`; the messages
 * that were `queued`, `processed` and given up as `failed` in that time, whenever they were received. All others are new ones.
 */
export const mailCountsSchema = z.object({
  received: count,
  processed: count,
  failed: count,
  duplicates: count,
  limited: count,
  queued: count,
})

/** With who recognized the duplicates, and how long processing took in the database. */
const detailedCountsSchema = mailCountsSchema.extend({
  duplicatesByRedis: count,
  limitedByRedis: count,
  processing: z.object({ meanMs: z.number().nonnegative(), maxMs: z.number().nonnegative(), slow: count }),
})

/** The figures of one workspace or of all. Days and hours are those of UTC; one without messages is left out. */
export const mailFiguresSchema = z.object({
  /** By day: `2026-11-25`. */
  daily: z.record(z.string(), detailedCountsSchema),
  /** By the hours of today: `09`. */
  hourlyToday: z.record(z.string(), detailedCountsSchema),
  /** The last 24 hours, the oldest first, by the instant at which each began. */
  hours: z.array(detailedCountsSchema.extend({ from: z.iso.datetime({ offset: true }) })),
})
export type MailFigures = z.output<typeof mailFiguresSchema>

/** The day's busiest domains of senders, the busiest first. */
export const mailDomainsSchema = z.object({
  day: z.iso.date(),
  domains: z.array(
    mailCountsSchema.pick({ received: true, duplicates: true, limited: true }).extend({ domain: z.string() }),
  ),
})

/** The waiting messages by priority, each exact up to `mailsWaitingCountedMax`, and how long the oldest has waited. */
export const mailQueueSchema = z.object({ high: count, normal: count, low: count, oldestMs: count })
export type MailQueue = z.output<typeof mailQueueSchema>

const time = z.iso.datetime({ offset: true })

/** A message's way through, without its contents. An instant is null for what has not happened. */
export const mailWaySchema = z.object({
  id: z.string(),
  state: z.enum(['limited', 'queued', 'processed', 'failed']),
  receivedAt: time,
  limitedAt: time.nullable(),
  queuedAt: time.nullable(),
  processedAt: time.nullable(),
  failedAt: time.nullable(),
  duplicates: count,
  priority: prioritySchema.nullable(),
  senderDomain: z.string().nullable(),
  automated: z.string().nullable(),
  communicationId: communicationIdSchema.nullable(),
  processingMs: z.number().nonnegative().nullable(),
})
export const mailListSchema = z.object({ messages: z.array(mailWaySchema) })

/** The messages that a sender may still send to a workspace. `resetTime`: when a message more is allowed; null while both are. */
export const mailAllowanceSchema = z.object({
  emailAllowed: z.boolean(),
  domainAllowed: z.boolean(),
  /** Null if there is no limit. */
  emailRemaining: count.nullable(),
  domainRemaining: count.nullable(),
  resetTime: time.nullable(),
})
export type MailAllowance = z.output<typeof mailAllowanceSchema>
export const mailAllowanceBody = {
  schema: z.strictObject({ workspaceId: workspaceIdSchema, email: text(1, 1_000) }),
  bytesMax: 16_384,
}

/** The limits of a workspace, and the senders and domains that have none. */
export const mailSettingsSchema = z.object({
  senderPerHour: z.int().min(1).max(limits.mailsOfOneMax),
  domainPerHour: z.int().min(1).max(limits.mailsOfOneMax),
  exemptSenders: z.array(text(3, limits.emailCharactersMax)).max(limits.mailExemptionsMax),
  exemptDomains: z.array(text(3, limits.domainCharactersMax)).max(limits.mailExemptionsMax),
})
export type MailSettings = z.output<typeof mailSettingsSchema>
/** A change of them. Members that are left out stay unchanged. The Worker folds addresses and domains before. */
export const mailSettingsChangeSchema = z.strictObject(mailSettingsSchema.partial().shape)

/**
 * Messages that the Worker answered by what Redis knows, which the database never saw. A report that is sent again under its id
 * counts once.
 */
export const mailEdgeCountsBody = {
  schema: z.strictObject({
    id: z.uuid(),
    counts: z
      .array(
        z.strictObject({
          workspaceId: workspaceIdSchema,
          /** In the hour that it belongs to. */
          at: instant,
          senderDomain: text(3, limits.domainCharactersMax).nullable(),
          duplicates: count,
          limited: count,
        }),
      )
      .min(1)
      .max(limits.mailEdgeCountsMax),
  }),
  bytesMax: limits.mailEdgeCountsBodyBytesMax,
}
