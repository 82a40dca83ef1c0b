import { z } from 'zod'
import { userIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { alertChangeSchema } from './alerts.ts'
import { invalidationActionSchema } from './invalidation.ts'
import { redisNamespaceSchema } from './redis.ts'
import { rolloutLists, rolloutSettingSchema } from './rollout.ts'
import { deedNames } from './workspaces.ts'

/*
 * The activity feeds: what moved in a workspace and what happened to the deployment, the newest first. Items have ids, tags, versions
 * and settings, and no other data of contacts.
 */

/**
 * The cause of an invalidation. `api`: an event that the CRM's backend reported; `webhook`: a database webhook; `outbox`: a write that the
 * database recorded itself; `settings`: cache settings that somebody saved; `action`: somebody invalidated the whole workspace;
 * `repair`: a check found an entry wrong and moved its tags. The list is append-only, because ledgers store the place of a cause in it.
 */
export const activityCauses = ['api', 'webhook', 'outbox', 'settings', 'action', 'repair'] as const
export const activityCauseSchema = z.enum(activityCauses)
export type ActivityCause = z.output<typeof activityCauseSchema>

/** The ids that a reported event names, as it named them. */
export const activityEventSchema = z.object({
  action: invalidationActionSchema,
  boardId: z.string().optional(),
  contactId: z.string().optional(),
  columnId: z.string().optional(),
  /** The column that a moved contact was in, and the one that it is in now. */
  fromColumnId: z.string().optional(),
  toColumnId: z.string().optional(),
})

const settingValue = z.union([z.boolean(), z.number(), z.null()])

/** A setting by its path (`features.search`), with its value before and after; null if that is not known. */
export const settingChangeSchema = z.object({ name: z.string(), from: settingValue, to: settingValue })
export type SettingChange = z.output<typeof settingChangeSchema>

/** The user behind an item; `internal_key` for a holder of that key. Null if nobody is known: a write in the database, or the Worker itself. */
const activityAuthorSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('user'), userId: userIdSchema }),
    z.object({ kind: z.literal('internal_key') }),
  ])
  .nullable()
export type ActivityAuthor = z.output<typeof activityAuthorSchema>

const changesShape = {
  changes: z.array(settingChangeSchema),
  /** The number of further changes that are not listed. */
  changesMore: z.int().nonnegative(),
}

const movedShape = {
  /** Unique in its feed. */
  id: z.string(),
  /** Null for what was written before the feed was kept. */
  at: z.iso.datetime().nullable(),
  by: activityAuthorSchema,
  /** The workspace's version that this took; null for what was written before the feed was kept. */
  version: z.int().nonnegative().nullable(),
  /** The moved tags as the outbox writes them: `counts`, `contact#517`, `place#13#1802` (a bucket, and a mask of its slots). */
  tags: z.array(z.string()),
  tagsMore: z.int().nonnegative(),
}

/** An item of a workspace's feed. */
const workspaceActivitySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('invalidation'),
    ...movedShape,
    cause: activityCauseSchema.nullable(),
    event: activityEventSchema.nullable(),
  }),
  z.object({ kind: z.literal('settings'), ...movedShape, cause: z.literal('settings'), ...changesShape }),
])
export type WorkspaceActivity = z.output<typeof workspaceActivitySchema>

const happenedShape = { id: z.string(), at: z.iso.datetime(), by: activityAuthorSchema }

const rolloutShareSchema = rolloutSettingSchema.pick({ mode: true, percent: true })

/** An item of the deployment's feed. */
export const deploymentActivitySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('alert'),
    ...happenedShape,
    ...alertChangeSchema.pick({ name: true, severity: true, from: true, to: true, reason: true }).shape,
    ...alertChangeSchema.pick({ value: true, threshold: true, unit: true }).shape,
  }),
  z.object({ kind: z.literal('alert_settings'), ...happenedShape, ...changesShape }),
  /** Another version of the Worker began to run. `previous` is null for the first one that was seen. */
  z.object({
    kind: z.literal('deploy'),
    ...happenedShape,
    version: z.string(),
    previous: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('redis_clear'),
    ...happenedShape,
    database: redisNamespaceSchema,
    everywhere: z.boolean(),
  }),
  /** The rollout was changed, by an operator or, with `reason` `violations`, by itself for one workspace. */
  z.object({
    kind: z.literal('rollout'),
    ...happenedShape,
    reason: z.enum(['changed', 'violations']),
    from: rolloutShareSchema,
    to: rolloutShareSchema,
    /** How many workspaces each list gained and lost. Their ids are for operators alone (`GET /api/rollout`). */
    lists: z.array(
      z.object({
        list: z.enum(rolloutLists),
        added: z.int().nonnegative(),
        removed: z.int().nonnegative(),
      }),
    ),
  }),
  /** An operator began a deed on a workspace, which is written down before it is done. */
  z.object({
    kind: z.literal('deed'),
    ...happenedShape,
    deed: z.enum(deedNames),
    workspaceId: z.string(),
  }),
])
export type DeploymentActivity = z.output<typeof deploymentActivitySchema>

export const workspaceKindSchema = z.enum(['invalidation', 'settings'])
export const deploymentKindSchema = z.enum([
  'alert',
  'alert_settings',
  'deploy',
  'redis_clear',
  'deed',
  'rollout',
])

/** A place in a feed. Callers treat it as opaque. */
const position = z
  .string()
  .max(limits.activityCursorCharactersMax)
  .regex(/^\d{1,15}\.\d{1,4}$/, 'must be a position from an earlier answer')
  .meta({ examples: ['1024.0'] })
  .transform((text) => {
    const [sequence = 0, index = 0] = text.split('.').map(Number)
    return { sequence, index }
  })
export type ActivityPosition = z.output<typeof position>

export function positionText({ sequence, index }: ActivityPosition): string {
  return `${sequence}.${index}`
}

/** An instant as ISO 8601 writes it in UTC; in milliseconds since 1970 once it is read. */
const instant = z.iso
  .datetime()
  .max(limits.activityInstantCharactersMax)
  .meta({ examples: ['2026-01-31T10:02:00Z'] })
  .transform((text) => Date.parse(text))

const items = z
  .string()
  .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${limits.activityItemsMax}`)
  .transform(Number)
  .pipe(z.int().min(1).max(limits.activityItemsMax))
  .default(limits.activityItemsDefault)

const feedQuery = {
  limit: items,
  /** Items before this position: the `next` of an earlier answer. */
  before: position.optional(),
  /** Only items after this position: the `newest` of an earlier answer. */
  after: position.optional(),
  /** Only items of this instant and before it. */
  until: instant.optional(),
}

export const workspaceActivityQuerySchema = z.strictObject({
  ...feedQuery,
  kind: workspaceKindSchema.optional(),
  cause: activityCauseSchema.optional(),
})
export type WorkspaceActivityQuery = z.output<typeof workspaceActivityQuerySchema>

export const deploymentActivityQuerySchema = z.strictObject({
  ...feedQuery,
  kind: deploymentKindSchema.optional(),
})
export type DeploymentActivityQuery = z.output<typeof deploymentActivityQuerySchema>

const pageShape = {
  /** Where older items begin; null at the end of the feed. A page may be short, or empty, and still not be the last. */
  next: z.string().nullable(),
  /** The position of the newest thing that was looked at, whatever the filter; null while there is none. */
  newest: z.string().nullable(),
}

/** `data` of `GET /api/activity`. */
export const workspaceActivityPageSchema = z.object({
  items: z.array(workspaceActivitySchema),
  ...pageShape,
})
export type WorkspaceActivityPage = z.output<typeof workspaceActivityPageSchema>

/** `data` of `GET /api/monitoring/activity`. */
export const deploymentActivityPageSchema = z.object({
  items: z.array(deploymentActivitySchema),
  ...pageShape,
})
export type DeploymentActivityPage = z.output<typeof deploymentActivityPageSchema>
