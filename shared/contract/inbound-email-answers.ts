import { z } from 'zod'
import { communicationIdSchema, companyIdSchema, contactIdSchema } from '../ids.ts'
import { prioritySchema } from './inbound-email.ts'
import { mailFiguresSchema } from './inbound-email-figures.ts'

/* The Worker's answers about inbound e-mail (SPEC 10), which are literal: without an envelope of `success` and `data`. */

/** The message is stored, with its company and its contact; null for what it does not have. */
const mailProcessedSchema = z.object({
  success: z.literal(true),
  message: z.string(),
  processed: z.object({
    communicationId: communicationIdSchema,
    companyId: companyIdSchema.nullable(),
    contactId: contactIdSchema.nullable(),
    messageId: z.string(),
  }),
  processingTimeMs: z.number().nonnegative(),
})

/** The message was taken before; `processing` while it waits in the queue. */
const mailSeenSchema = z.object({
  message: z.string(),
  state: z.enum(['processing', 'completed']),
  processedAt: z.iso.datetime({ offset: true }).nullable(),
})

/** The message is kept and waits in the queue: the answer has the status 202. */
export const mailQueuedSchema = z.object({
  message: z.string(),
  messageId: z.string(),
  queuePosition: prioritySchema,
})

export const mailTakenSchema = z.union([mailProcessedSchema, mailSeenSchema])
export type MailAnswer = z.output<typeof mailTakenSchema> | z.output<typeof mailQueuedSchema>

export const mailWebhookStatusSchema = z.object({
  status: z.literal('active'),
  endpoint: z.literal('email-webhook'),
  timestamp: z.iso.datetime(),
})

const share = z.number().min(0).max(1).nullable()

/** The figures, and who recognized the duplicates of the days: Redis or the database, each as a share of them all; null without any. */
export const mailMetricsSchema = mailFiguresSchema.extend({
  duplicateShare: z.object({ redis: share, database: share }),
})
export type MailMetrics = z.output<typeof mailMetricsSchema>
