import { z } from 'zod'
import { boardIdSchema, columnIdSchema, contactIdSchema, userIdSchema, versionSchema } from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { furtherFields, wholeContactSchema } from '../resources/contacts/whole-contact.ts'
import { jsonBytes, text } from '../text.ts'
import { faultSchema } from './error-shown.ts'

/**
 * Writes of contacts. `X-Workspace-ID` names the workspace. Members write through the Worker at `/api/contacts…`, with their JWT in
 * `Authorization`; the Worker sends the write to the origin and returns the answer. At the origin itself, `Authorization` has a
 * member's JWT or the internal key. With the key, `X-Caller-Token` has the JWT of the user on whose behalf the backend writes. Without
 * it, the backend writes in its own name.
 *
 *   POST   /contacts              ContactCreation → 201 ContactWritten; 409 if the id is in use
 *   PATCH  /contacts/{id}         ContactChange   → ContactWritten
 *   POST   /contacts/{id}/move    ContactMove     → ContactWritten
 *   DELETE /contacts/{id}                         → ContactDeleted
 *   POST   /contacts/import       NDJSON, a ContactCreation on each line → NDJSON, an ImportReport on each line
 *
 * 404: the workspace has no contact with this id, whether or not another workspace has one. 422: the workspace has no such column.
 * Storable text is stored unchanged. Each field has a bound, and so have all texts of a contact together. A change that is too large
 * only together with the stored texts is a 400 too.
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
  ...furtherFields,
}

/** The fields with free text, in the order in which the database adds up their bytes. */
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

/** The bytes of a contact's texts in JSON, which the constraint `contacts_content_bytes` bounds. */
export function contactContentBytes(content: Content): number {
  const { name, email, phone, status, assigned_to, sentiment, source, lead_status, last_message } = content
  const texts = [name, email, phone, status, assigned_to, sentiment, source, lead_status, last_message]
  return jsonBytes([...texts, ...(content.tags ?? [])])
}

function isWithinBytes(content: Content): boolean {
  return contactContentBytes(content) <= limits.contactContentBytesMax
}
const withinBytes = `must have at most ${limits.contactContentBytesMax} bytes of text in all, as JSON`

/** The status that the database gives to a new contact without one. */
const presetStatus = 'open'

/** A new contact. Only its place and its name are required. All other fields have defaults, and the database creates a missing id. */
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

/** A change of a contact. Omitted fields stay unchanged. The column is changed by a move instead. */
export const contactChangeSchema = z
  .strictObject(fields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .refine(isWithinBytes, withinBytes)
  .meta({ examples: [{ priority: 'high', needs_response: true }] })

export type ContactPatch = z.output<typeof contactChangeSchema>

/** The body of a PATCH or of a move. */
export type ContactChange = ContactPatch | ContactMove

/** A move of a contact. Without a board, the contact stays on its board. */
export const contactMoveSchema = z
  .strictObject({
    board_id: boardIdSchema.optional(),
    board_column_id: columnIdSchema,
  })
  .meta({ examples: [{ board_column_id: 'col_4' }] })
export type ContactMove = z.output<typeof contactMoveSchema>

/** The schema and the greatest size of each write's body, at the Worker and at the origin. */
export const contactBodies = {
  creation: { schema: contactCreationSchema, bytesMax: limits.contactBodyBytesMax },
  change: { schema: contactChangeSchema, bytesMax: limits.contactBodyBytesMax },
  move: { schema: contactMoveSchema, bytesMax: limits.contactMoveBodyBytesMax },
} as const

/**
 * A read that sends `version` as `X-Min-Version` sees the write. With `pending` the version is null: the write is committed, and its
 * invalidation follows as soon as the Worker can be reached.
 */
export const invalidated = {
  version: versionSchema.nullable(),
  invalidation: z.enum(['done', 'pending']),
}

/** A deployment replaces the Worker before the origin, and the earlier origin does not answer these fields. */
const writtenContactSchema = wholeContactSchema.partial({
  company_id: true,
  language: true,
  follow_up_at: true,
})

export const contactWrittenSchema = z.object({ contact: writtenContactSchema, ...invalidated })
export const contactDeletedSchema = z.object({ id: contactIdSchema, ...invalidated })
export type ContactWritten = z.output<typeof contactWrittenSchema>
export type ContactDeleted = z.output<typeof contactDeletedSchema>

const progress = {
  /** The lines read so far, including empty ones. */
  lines: z.int(),
  created: z.int(),
  updated: z.int(),
  rejected: z.int(),
  /** The updated contacts with ignored fields; absent if there are none. */
  ignored: z.int().optional(),
}

/**
 * The report of an import, one JSON object on each line, written while the import runs. Every line that is not empty counts as
 * `created`, as `updated` if its id exists, or as `rejected`, with a report of its own. An updated line may have fields that only a
 * creation sets, with other values than the contact has. Such a line is reported as `ignored` with those fields, up to
 * `limits.importIgnoredMax` lines, and all such lines are counted. The last line is `done` or `stopped`. `stopped` means that no line
 * from `from` on was written; sending those lines again is harmless. An import that waits too long for its turn gets 429 with
 * `Retry-After`.
 */
export const importReportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), ...progress }),
  z.object({
    type: z.literal('rejected'),
    /** The number of the line, from 1. */
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
