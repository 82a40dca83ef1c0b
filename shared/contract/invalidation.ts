import { z } from 'zod'
import {
  boardIdSchema,
  columnIdSchema,
  contactIdSchema,
  scopeIdSchema,
  versionSchema,
  workspaceIdSchema,
} from '../ids.ts'
import { limits } from '../limits.ts'
import { outboxMoveSchema } from '../tags/moves.ts'
import { storableText } from '../text.ts'

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
 * One change that the CRM's backend reports (SPEC 4). A field that is left out widens the event: without a column the whole board
 * moves, and without a board the whole workspace.
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
   * Sending the same event under the same id again changes nothing and gets the same answer. An event that differs in any field is
   * another event and is refused if the workspace's ledger remembers the id. A ledger remembers the last 10,000 ids.
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
 * A batch of the database's outbox, posted by the origin's relay or by the database itself. `tags` contains moves; deployed databases
 * use that name. Each event has an id and gets an outcome of its own. Two events with the same id and different moves are two events.
 */
export const outboxBatchSchema = z.strictObject({
  outbox: z
    .array(
      z.strictObject({
        eventId,
        /** The workspace whose ledger takes the moves, or the deployment. */
        workspaceId: scopeIdSchema,
        tags: z.array(outboxMoveSchema).min(1).max(limits.outboxTagsMax),
      }),
    )
    .min(1)
    .max(limits.invalidationEventsMax),
})
export type OutboxEvent = z.output<typeof outboxBatchSchema>['outbox'][number]

/** 200: the event is durable and took `version`. 503: its ledger did not answer, and the event may or may not be durable. */
const outboxOutcomeSchema = z.discriminatedUnion('status', [
  z.object({ eventId: z.string(), status: z.literal(200), version: versionSchema }),
  z.object({ eventId: z.string(), status: z.literal(503) }),
])
export type OutboxOutcome = z.output<typeof outboxOutcomeSchema>

/** The answer to a batch of the outbox. Its status is 200 if all events are durable, and 207 otherwise. */
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
 * `invalidated` counts the scopes that moved (boards, columns, open lists, the counts). `version` is the workspace's new version. For a
 * batch over several workspaces, `versions` has the version of each, and `version` is one of them.
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
