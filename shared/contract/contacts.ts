import { z } from 'zod'
import { boardIdSchema, columnIdSchema, contactIdSchema, userIdSchema, versionSchema } from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { contactSchema } from '../resources/contacts/contact-list.ts'
import { jsonBytes, text } from '../text.ts'
import { faultSchema } from './errors.ts'

/**
 * Contacts as they are written, with the workspace in `X-Workspace-ID`. Members write through the Worker, at
 * `/api/contacts…`, with their JWT in `Authorization`: it passes the write on to the origin, and the answer back. At the origin
 * itself `Authorization` holds a member's JWT or the internal key; with the key, `X-Caller-Token` names on whose behalf,
 * and without it the backend writes for itself.
 *
 *   POST   /contacts              ContactCreation → 201 ContactWritten; 409 where the id is taken
 *   PATCH  /contacts/{id}         ContactChange   → ContactWritten
 *   POST   /contacts/{id}/move    ContactMove     → ContactWritten
 *   DELETE /contacts/{id}                         → ContactDeleted
 *   POST   /contacts/import       NDJSON, a ContactCreation a line → NDJSON, an ImportReport a line
 *
 * 404: the workspace has no such contact, whoever else has. 422: it has no such column. Text that can be stored is taken as
 * it is, within its bounds: of each field, and of a contact's texts together. A change that only what is stored makes too
 * large is a 400 too.
 */

const fields = {
  name: text(1, limits.nameCharactersMax).regex(/^\P{Cc}*$/u, 'must not contain control characters'),
  email: text(1, limits.emailCharactersMax).nullable(),
  phone: text(1, limits.phoneCharactersMax).nullable(),
  status: text(1, limits.statusCharactersMax),
  priority: z.enum(['high', 'medium', 'low']),
  assigned_to: userIdSchema.nullable(),
  needs_response: z.boolean(),
  follow_up: z.boolean(),
  is_favorite: z.boolean(),
  is_archived: z.boolean(),
  sentiment: text(1, limits.statusCharactersMax).nullable(),
  source: text(1, limits.sourceCharactersMax).nullable(),
  lead_status: text(1, limits.sourceCharactersMax).nullable(),
  tags: z.array(text(1, limits.contactTagCharactersMax)).max(limits.contactTagsMax),
  last_message: text(1, limits.messageCharactersMax).nullable(),
  last_activity_at: instant,
}

/** The fields whose text has no fixed form, in the order in which the database adds up their bytes. */
interface Content {
  readonly name?: string | undefined
  readonly email?: string | null | undefined
  readonly phone?: string | null | undefined
  readonly status?: string | undefined
  readonly assigned_to?: string | null | undefined
  readonly sentiment?: string | null | undefined
  readonly source?: string | null | undefined
  readonly lead_status?: string | null | undefined
  readonly tags?: readonly string[] | undefined
  readonly last_message?: string | null | undefined
}

/** The bytes of a contact's texts in JSON: what the constraint `contacts_content_bytes` bounds. */
export function contactContentBytes(content: Content): number {
  const { name, email, phone, status, assigned_to, sentiment, source, lead_status, last_message } = content
  const texts = [name, email, phone, status, assigned_to, sentiment, source, lead_status, last_message]
  return jsonBytes([...texts, ...(content.tags ?? [])])
}

function isWithinBytes(content: Content): boolean {
  return contactContentBytes(content) <= limits.contactContentBytesMax
}
const withinBytes = `must have at most ${limits.contactContentBytesMax} bytes of text in all, as JSON`

/** What the database gives to a new contact that does not say. */
const presetStatus = 'open'

/** A new contact: its place and its name; the rest has presets. Without an id it is given one. */
export const contactCreationSchema = z
  .strictObject({
    ...z.object(fields).partial().shape,
    id: contactIdSchema.optional(),
    board_id: boardIdSchema,
    board_column_id: columnIdSchema,
    name: fields.name,
    created_at: instant.optional(),
  })
  .refine((contact) => isWithinBytes({ status: presetStatus, ...contact }), withinBytes)
  .meta({
    examples: [
      {
        id: 'contact_900001',
        board_id: 'board_123',
        board_column_id: 'col_1',
        name: 'John Doe',
        email: 'john@example.com',
        phone: '+1234567890',
      },
    ],
  })
export type ContactCreation = z.output<typeof contactCreationSchema>

/** What is left out stays as it is. The column is changed by a move. */
export const contactChangeSchema = z
  .strictObject(fields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .refine(isWithinBytes, withinBytes)
  .meta({ examples: [{ priority: 'high', needs_response: true }] })

export type ContactPatch = z.output<typeof contactChangeSchema>

/** Fields to change by name; a move names the column too. */
export type ContactChange = ContactPatch | ContactMove

/** Without a board the contact stays on its own. */
export const contactMoveSchema = z
  .strictObject({
    board_id: boardIdSchema.optional(),
    board_column_id: columnIdSchema,
  })
  .meta({ examples: [{ board_column_id: 'col_4' }] })
export type ContactMove = z.output<typeof contactMoveSchema>

/** What each write takes, at Worker and origin alike: its shape, and how large its body may be. */
export const contactBodies = {
  creation: { schema: contactCreationSchema, bytesMax: limits.contactBodyBytesMax },
  change: { schema: contactChangeSchema, bytesMax: limits.contactBodyBytesMax },
  move: { schema: contactMoveSchema, bytesMax: limits.contactMoveBodyBytesMax },
} as const

/**
 * `version`: a read with it as `X-Min-Version` sees the write. Null with `pending`: the write is committed, and its
 * invalidation follows as soon as the Worker can be reached.
 */
const invalidated = {
  version: versionSchema.nullable(),
  invalidation: z.enum(['done', 'pending']),
}

export const contactWrittenSchema = z.object({ contact: contactSchema, ...invalidated })
export const contactDeletedSchema = z.object({ id: contactIdSchema, ...invalidated })
export type ContactWritten = z.output<typeof contactWrittenSchema>
export type ContactDeleted = z.output<typeof contactDeletedSchema>

const progress = {
  /** Lines read so far, empty ones included. */
  lines: z.int(),
  created: z.int(),
  updated: z.int(),
  rejected: z.int(),
  /** Of the updated ones, those with fields that were ignored; left out where there are none. */
  ignored: z.int().optional(),
}

/**
 * What an import tells as it goes on, a JSON object a line. Every line that was read and is not empty is `created`,
 * `updated` (its id was there) or `rejected` by name. A line that was `updated` and tells a field that only a creation
 * sets, with another value than the contact has, is named as `ignored` with those fields, up to
 * `limits.importIgnoredMax` lines; all of them are counted. The last line is `done`, or `stopped`: nothing from line `from` on
 * was written, and sending those lines again is harmless. An import whose turn does not come is a 429 with `Retry-After`.
 */
export const importReportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), ...progress }),
  z.object({
    type: z.literal('rejected'),
    /** From 1. */
    line: z.int(),
    code: z.enum([
      'invalid_json',
      'invalid_contact',
      'line_too_long',
      'column_not_found',
      'contact_vanished',
      'refused_by_database',
    ]),
    details: z.array(faultSchema).optional(),
  }),
  z.object({ type: z.literal('ignored'), line: z.int(), fields: z.array(z.string()) }),
  z.object({ type: z.literal('done'), ...progress, ...invalidated }),
  z.object({
    type: z.literal('stopped'),
    from: z.int(),
    reason: z.enum([
      'too_many_lines',
      'too_many_rejections',
      'upload_broken_off',
      'not_a_member',
      'token_invalid',
      'database_unavailable',
    ]),
    ...progress,
    ...invalidated,
  }),
])
export type ImportReport = z.output<typeof importReportSchema>
