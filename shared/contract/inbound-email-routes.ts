import { z } from 'zod'
import { workspaceIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { inboundEmailSchema, takenMailSchema } from './inbound-email.ts'
import {
  mailAllowanceBody,
  mailAllowanceSchema,
  mailDomainsSchema,
  mailEdgeCountsBody,
  mailFiguresSchema,
  mailListSchema,
  mailQueueSchema,
  mailSettingsChangeSchema,
  mailSettingsSchema,
  mailWaySchema,
} from './inbound-email-figures.ts'
import type { OriginRoute } from './origin-route.ts'

const succeeding = <Data extends z.ZodType>(data: Data) =>
  ({ status: 200, schema: z.object({ success: z.literal(true), data }) }) as const

const queryErrors = ['overloaded', 'origin_unavailable', 'origin_timeout'] as const
const ofWorker = { access: 'internal-key', audience: 'worker' } as const

/** Without a workspace: of all of them. */
export const mailFiguresQuery = z.strictObject({
  workspaceId: workspaceIdSchema.optional(),
  days: z.coerce.number().int().min(1).max(limits.mailFiguresDaysMax).default(7),
})
export const mailDomainsQuery = z.strictObject({
  workspaceId: workspaceIdSchema.optional(),
  day: z.iso.date().optional(),
})
export const mailQueueQuery = z.strictObject({ workspaceId: workspaceIdSchema.optional() })
export const mailListQuery = z.strictObject({
  workspaceId: workspaceIdSchema.optional(),
  state: mailWaySchema.shape.state.optional(),
})

/** The routes of inbound e-mail at the origin. The Worker has admitted the sender, and decides who may see figures. */
export const inboundEmailRoutes = {
  takeMail: {
    ...ofWorker,
    method: 'POST',
    path: '/inbound-email/messages',
    summary: 'Take a message in, once',
    takes: { body: { schema: inboundEmailSchema, bytesMax: limits.storedMailBytesMax } },
    gives: succeeding(takenMailSchema),
    errors: ['recipient_unknown', ...queryErrors],
  },
  takeMime: {
    ...ofWorker,
    method: 'POST',
    path: '/inbound-email/mime',
    summary:
      'Take in a message as it was sent, once. Its envelope is in the header X-Mail-Envelope, if it has one',
    takes: { message: { bytesMax: limits.mailMimeBytesMax } },
    gives: succeeding(takenMailSchema),
    errors: ['message_unreadable', 'invalid_parameter', 'recipient_unknown', ...queryErrors],
  },
  countMailAtEdge: {
    ...ofWorker,
    method: 'POST',
    path: '/inbound-email/edge-counts',
    summary: 'Count messages that the Worker answered by what Redis knows',
    takes: { body: mailEdgeCountsBody },
    gives: succeeding(z.object({ isNew: z.boolean() })),
    errors: queryErrors,
  },
  mailAllowance: {
    ...ofWorker,
    method: 'POST',
    path: '/inbound-email/allowance',
    summary: 'What a sender may still send to a workspace. The address is in the body, since URLs are logged',
    takes: { body: mailAllowanceBody },
    gives: succeeding(mailAllowanceSchema),
    errors: queryErrors,
  },
  mailFigures: {
    ...ofWorker,
    method: 'GET',
    path: '/inbound-email/figures',
    summary: 'The counts of messages by day and by hour',
    takes: { query: mailFiguresQuery },
    gives: succeeding(mailFiguresSchema),
    errors: ['invalid_parameter', ...queryErrors],
  },
  mailDomains: {
    ...ofWorker,
    method: 'GET',
    path: '/inbound-email/domains',
    summary: "A day's busiest domains of senders",
    takes: { query: mailDomainsQuery },
    gives: succeeding(mailDomainsSchema),
    errors: ['invalid_parameter', ...queryErrors],
  },
  mailQueue: {
    ...ofWorker,
    method: 'GET',
    path: '/inbound-email/queue',
    summary: 'The waiting messages by priority',
    takes: { query: mailQueueQuery },
    gives: succeeding(mailQueueSchema),
    errors: ['invalid_parameter', ...queryErrors],
  },
  mailList: {
    ...ofWorker,
    method: 'GET',
    path: '/inbound-email/messages',
    summary: 'The newest messages and their way through, without their contents',
    takes: { query: mailListQuery },
    gives: succeeding(mailListSchema),
    errors: ['invalid_parameter', ...queryErrors],
  },
  mailSettings: {
    method: 'GET',
    path: '/inbound-email/settings',
    summary: "The workspace's limits of inbound e-mail",
    access: 'service-or-admin',
    audience: 'worker',
    takes: {},
    gives: succeeding(mailSettingsSchema),
    errors: ['not_found', 'admin_required', ...queryErrors],
  },
  changeMailSettings: {
    method: 'POST',
    path: '/inbound-email/settings',
    summary: "Change the workspace's limits of inbound e-mail; omitted ones stay unchanged",
    access: 'service-or-admin',
    audience: 'worker',
    takes: { body: { schema: mailSettingsChangeSchema, bytesMax: limits.mailSettingsBodyBytesMax } },
    gives: succeeding(mailSettingsSchema),
    errors: ['not_found', 'admin_required', ...queryErrors],
  },
} as const satisfies Readonly<Record<string, OriginRoute>>
