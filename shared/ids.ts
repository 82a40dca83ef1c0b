import { z } from 'zod'

/**
 * The identifiers that must never be mixed up. Each is opaque text of printable ASCII without white space, `/` or `:`
 * (the separators of keys and tags), and none is `.` or `..`: the path of a URL drops such segments, percent-encoded or
 * not (WHATWG URL, "single-dot" and "double-dot URL path segment"), so no path could name it.
 */
function identifier(charactersMax: number, example: string) {
  return z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^[!-.0-9;-~]+$/, 'must be printable ASCII without white space, "/" or ":"')
    .refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."')
    .meta({ examples: [example] })
}

export const workspaceIdSchema = identifier(64, '15213').brand<'WorkspaceId'>()
/**
 * The name under which the deployment has a ledger, entries and outbox rows of its own, for what belongs to no single workspace. It
 * contains a colon, so no workspace can have it (the database refuses such ids too) and no caller can name it.
 */
const deploymentIdSchema = z.literal(':deployment').brand<'WorkspaceId'>()
export const deploymentId = deploymentIdSchema.parse(':deployment')
/** A workspace or the deployment, as the origin and the Worker name them to each other. */
export const scopeIdSchema = z.union([workspaceIdSchema, deploymentIdSchema])
export const boardIdSchema = identifier(128, 'board_123').brand<'BoardId'>()
export const columnIdSchema = identifier(128, 'col_4').brand<'ColumnId'>()
export const contactIdSchema = recordIdentifier('contact_000042').brand<'ContactId'>()
/**
 * Ids of records. None is the name of a route below the id's own, such as `by-email`; the database refuses these names too
 * (migrations, `private.identifier`).
 */
function recordIdentifier(example: string) {
  return identifier(128, example).refine((id) => !routeNames.has(id), 'must not be the name of a route')
}
const routeNames: ReadonlySet<string> = new Set(['by-domain', 'by-email', 'by-phone', 'import', 'me'])

export const companyIdSchema = recordIdentifier('company_0042').brand<'CompanyId'>()
export const threadIdSchema = recordIdentifier('thread_0042').brand<'ThreadId'>()
export const communicationIdSchema = recordIdentifier('communication_0042').brand<'CommunicationId'>()
export const callIdSchema = recordIdentifier('call_0042').brand<'CallId'>()
export const campaignIdSchema = recordIdentifier('campaign_1').brand<'CampaignId'>()
export const segmentIdSchema = recordIdentifier('segment_1').brand<'SegmentId'>()
export const conversationIdSchema = recordIdentifier('conversation_0042').brand<'ConversationId'>()
export const messageIdSchema = recordIdentifier('message_0042').brand<'MessageId'>()
export const mailboxMessageIdSchema = recordIdentifier('mail_1').brand<'MailboxMessageId'>()
export const exportIdSchema = recordIdentifier('export_42').brand<'ExportId'>()
export const importIdSchema = recordIdentifier('import_42').brand<'ImportId'>()
export const notificationIdSchema = recordIdentifier('notification_42').brand<'NotificationId'>()
export const webhookEndpointIdSchema = recordIdentifier(
  '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a10',
).brand<'WebhookEndpointId'>()
/** The user whose mailbox it is. `me` is the name of a route, so no user with that id has one. */
export const mailboxOwnerSchema = recordIdentifier('00000000-0000-4000-8000-000000000002').brand<'UserId'>()
/** A folder of a mailbox. */
export const folderSchema = recordIdentifier('inbox').brand<'Folder'>()
/** The subject of a token: a UUID with Supabase Auth, any identifier with another issuer. */
export const userIdSchema = identifier(128, '00000000-0000-4000-8000-000000000002').brand<'UserId'>()

export type WorkspaceId = z.output<typeof workspaceIdSchema>
export type BoardId = z.output<typeof boardIdSchema>
export type ColumnId = z.output<typeof columnIdSchema>
export type ContactId = z.output<typeof contactIdSchema>
export type UserId = z.output<typeof userIdSchema>
export type CallId = z.output<typeof callIdSchema>
export type CampaignId = z.output<typeof campaignIdSchema>
export type SegmentId = z.output<typeof segmentIdSchema>
export type ExportId = z.output<typeof exportIdSchema>
export type ImportId = z.output<typeof importIdSchema>
export type WebhookEndpointId = z.output<typeof webhookEndpointIdSchema>
export type Folder = z.output<typeof folderSchema>

/** A workspace's sequence number: one more with each invalidation. A ledger begins far above 0. */
export const versionSchema = z
  .int()
  .nonnegative()
  .meta({ examples: [8_124] })
  .brand<'Version'>()
export type Version = z.output<typeof versionSchema>
export const versionZero: Version = versionSchema.parse(0)

export const roleSchema = z.enum(['admin', 'member'])
export type Role = z.output<typeof roleSchema>
