import { z } from 'zod'
import {
  contactIdSchema,
  conversationIdSchema,
  folderSchema,
  mailboxMessageIdSchema,
  messageIdSchema,
  userIdSchema,
} from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { callSession } from '../resources/conversations/call-session.ts'
import { controlSchema, messageSchema } from '../resources/conversations/lead-parts.ts'
import { storedId, storedInstant } from '../resources/stored-values.ts'
import { text } from '../text.ts'
import { invalidated } from './contacts.ts'

/**
 * Writes of what is cached besides contacts (SPEC 9), by the CRM's backend and by admins, at the Worker. It passes them to the origin,
 * which makes each in one transaction and reports it to the workspace's ledger before it answers.
 *
 *   PUT    /api/mailboxes/{userId}/{folder}   MailboxFolder → MailboxFolderWritten
 *   DELETE /api/mailboxes/{userId}/{folder}                 → MailboxFolderDeleted; 404 if there is none
 *   PUT    /api/leads/{id}/control            LeadControl   → LeadControlWritten; 404 if there is no such contact
 *   PUT    /api/calls/{id}/session            CallSession   → CallSessionWritten
 *   PATCH  /api/calls/{id}/session            CallSessionChange → CallSessionWritten; 404 if there is none
 *   DELETE /api/calls/{id}/session                          → CallSessionDeleted; 404 if there is none
 *   POST   /api/leads/{id}/messages           LeadMessage   → 201 LeadMessageWritten; 404, 409
 *
 * A PUT, and a POST with an id, may be sent again: it is made again, and its answer names a version too.
 */

const mailboxMessageSchema = z.strictObject({
  id: mailboxMessageIdSchema,
  from_address: text(1, limits.emailCharactersMax),
  from_name: text(1, limits.nameCharactersMax).nullable().default(null),
  subject: text(0, limits.mailboxSubjectCharactersMax).default(''),
  preview: text(0, limits.mailboxPreviewCharactersMax).default(''),
  is_read: z.boolean().default(false),
  received_at: instant,
})

/** The messages of a folder. They take the place of those that it had. */
const mailboxFolderSchema = z
  .strictObject({
    messages: z
      .array(mailboxMessageSchema)
      .max(limits.mailboxMessagesMax)
      .refine(
        (messages) => new Set(messages.map(({ id }) => id)).size === messages.length,
        'must have an id of its own each',
      ),
    /** When the folder looked like this; now, if it is left out. */
    synced_at: instant.optional(),
  })
  .meta({
    examples: [
      {
        messages: [
          {
            id: 'mail_1',
            from_address: 'ann.lee@example.com',
            from_name: 'Ann Lee',
            subject: 'Your offer',
            preview: 'Thank you, I would like to …',
            is_read: false,
            received_at: '2026-01-31T11:58:00Z',
          },
        ],
      },
    ],
  })
export type MailboxFolder = z.output<typeof mailboxFolderSchema>

const leadControlSchema = z
  .strictObject({
    answered_by: controlSchema.shape.answered_by,
    /** The person who answers. */
    user_id: userIdSchema.nullable().default(null),
    /** Since when; if it is left out, now, or as before if the same one answers already. */
    since: instant.optional(),
  })
  .refine(({ answered_by, user_id }) => user_id === null || answered_by === 'human', {
    path: ['user_id'],
    message: 'must be left out unless a human answers',
  })
  .meta({ examples: [{ answered_by: 'human', user_id: '00000000-0000-4000-8000-000000000002' }] })
export type LeadControl = z.output<typeof leadControlSchema>

/** The database bounds the size of a state, by its own form of the JSON. */
const stateSchema = callSession.data.shape.state.meta({
  type: 'object',
  examples: [{ step: 'offer', language: 'en' }],
})

const sessionSchema = z
  .strictObject({ contact_id: contactIdSchema.nullable().default(null), state: stateSchema })
  .meta({ examples: [{ contact_id: 'contact_000042', state: { step: 'offer', language: 'en' } }] })
export type CallSession = z.output<typeof sessionSchema>

/** A change of a session. The state is merged as a JSON Merge Patch (RFC 7396): null removes a member. */
const sessionChangeSchema = z
  .strictObject({ contact_id: contactIdSchema.nullable().optional(), state: stateSchema.optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ examples: [{ state: { step: 'agreed', offer: null } }] })
export type CallSessionChange = z.output<typeof sessionChangeSchema>

const leadMessageSchema = z
  .strictObject({
    id: messageIdSchema.optional(),
    /** Opened under this id if there is none; if it is left out, the newest one on the channel that has not ended, or a new one. */
    conversation_id: conversationIdSchema.optional(),
    channel: messageSchema.shape.channel,
    direction: messageSchema.shape.direction,
    body: messageSchema.shape.body,
    sent_at: instant.optional(),
  })
  .meta({
    examples: [
      { id: 'message_0042', channel: 'whatsapp', direction: 'inbound', body: 'When can you deliver?' },
    ],
  })
export type LeadMessage = z.output<typeof leadMessageSchema>

/** The schema and the greatest size of each write's body, at the Worker and at the origin. */
export const backendBodies = {
  mailboxFolder: { schema: mailboxFolderSchema, bytesMax: limits.mailboxBodyBytesMax },
  leadControl: { schema: leadControlSchema, bytesMax: limits.leadControlBodyBytesMax },
  session: { schema: sessionSchema, bytesMax: limits.callSessionBodyBytesMax },
  sessionChange: { schema: sessionChangeSchema, bytesMax: limits.callSessionBodyBytesMax },
  leadMessage: { schema: leadMessageSchema, bytesMax: limits.leadMessageBodyBytesMax },
} as const

/** `messages` is their number. */
const folderShown = z.object({ folder: storedId, synced_at: storedInstant, messages: z.int().nonnegative() })

/** The answers of the writes. A read that sends `version` as `X-Min-Version` sees the write (contract/contacts.ts). */
export const mailboxFolderWrittenSchema = folderShown.extend(invalidated)
export const mailboxFolderDeletedSchema = z.object({ folder: folderSchema, ...invalidated })
export const leadControlWrittenSchema = z.object({ control: controlSchema, ...invalidated })
export const callSessionWrittenSchema = z.object({
  session: callSession.data.meta({ examples: [callSession.example.data] }),
  ...invalidated,
})
export const callSessionDeletedSchema = z.object({ id: storedId, ...invalidated })
export const leadMessageWrittenSchema = z.object({
  message: messageSchema.extend({ conversation_id: storedId }),
  ...invalidated,
})
