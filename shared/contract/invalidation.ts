import { z } from 'zod'
import { boardIdSchema, columnIdSchema, contactIdSchema, versionSchema, workspaceIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { storableText } from '../storable-text.ts'
import { outboxMoveSchema } from '../tags/moves.ts'

export const invalidationActionSchema = z.enum([
  'contact_created',
  'contact_updated',
  'contact_moved',
  'contact_deleted',
  'contact_assigned',
  'contacts_imported',
  'board_updated',
  'workspace_updated',
])

const eventId = storableText(1, limits.eventIdCharactersMax)

/**
 * One change the CRM's backend reports (SPEC 4). What an event leaves out widens it: without a column the whole
 * board moves on, without a board the whole workspace.
 */
const event = z.strictObject({
  workspaceId: workspaceIdSchema.optional(),
  boardId: boardIdSchema.optional(),
  contactId: contactIdSchema.optional(),
  action: invalidationActionSchema,
  /** The column of a contact that stays in it. */
  columnId: columnIdSchema.optional(),
  fromColumnId: columnIdSchema.optional(),
  toColumnId: columnIdSchema.optional(),
  /**
   * The same event under the same id again changes nothing and answers the same. An event that differs in anything is another
   * one, and is refused under an id that the workspace's ledger remembers: those of its last 10,000 events.
   */
  eventId: eventId.optional(),
})
export const invalidationEventSchema = event.meta({
  examples: [
    {
      workspaceId: '15213',
      boardId: 'board_123',
      contactId: 'contact_000042',
      action: 'contact_moved',
      fromColumnId: 'col_3',
      toColumnId: 'col_4',
      eventId: 'move-1',
    },
  ],
})
export type InvalidationEvent = z.output<typeof invalidationEventSchema>

export const invalidationBatchSchema = z.strictObject({
  events: z.array(invalidationEventSchema).min(1).max(limits.invalidationEventsMax),
})

/**
 * What the database's outbox says moved; posted by the origin's relay, or by the database itself. `tags` are moves: the member is
 * named as a deployed database posts it. Each event has an id, and each is answered for itself. Two with one id and other moves are
 * two events.
 */
export const outboxBatchSchema = z.strictObject({
  outbox: z
    .array(
      z.strictObject({
        eventId,
        workspaceId: workspaceIdSchema,
        tags: z.array(outboxMoveSchema).min(1).max(limits.outboxTagsMax),
      }),
    )
    .min(1)
    .max(limits.invalidationEventsMax),
})
export type OutboxEvent = z.output<typeof outboxBatchSchema>['outbox'][number]

/** 200: the event is durable and took `version`. 503: its ledger did not answer, and nothing is claimed of it. */
const outboxOutcomeSchema = z.discriminatedUnion('status', [
  z.object({ eventId: z.string(), status: z.literal(200), version: versionSchema }),
  z.object({ eventId: z.string(), status: z.literal(503) }),
])
export type OutboxOutcome = z.output<typeof outboxOutcomeSchema>

/** The answer to an outbox batch: 200 when all of it is durable, 207 when not. */
export const outboxAnswerSchema = z.object({ events: z.array(outboxOutcomeSchema) })

const row = z.record(z.string(), z.unknown()).nullable()

/** A Supabase database webhook, as pg_net posts it. */
export const databaseWebhookSchema = z.object({
  type: z.enum(['INSERT', 'UPDATE', 'DELETE']),
  table: z.string(),
  schema: z.string(),
  record: row,
  old_record: row,
})
export type DatabaseWebhook = z.output<typeof databaseWebhookSchema>

/**
 * `invalidated` counts what moved (boards, columns, open lists, the counts), `version` is the workspace's new version; of a batch over several
 * workspaces `versions` has each one's, and `version` is one of these.
 */
const invalidated = z.object({
  invalidated: z.int(),
  patterns: z.array(z.string()),
  version: z.int(),
  versions: z.record(z.string(), z.int()),
})
export const invalidationAnswerSchema = invalidated.meta({
  examples: [
    {
      invalidated: 4,
      patterns: ['contacts:15213:board_123:*', 'counts:15213:*'],
      version: 8_123,
      versions: { '15213': 8_123 },
    },
  ],
})
export type InvalidationAnswer = z.output<typeof invalidationAnswerSchema>
