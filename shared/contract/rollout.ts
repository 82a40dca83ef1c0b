import { z } from 'zod'
import { workspaceIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { operatorNameSchema } from './operator-name.ts'

/*
 * The rollout: which workspaces are answered from the tiers. `GET|POST /api/rollout`, and `GET /api/rollout/shadow` for what the
 * comparisons found.
 */

/**
 * `off`: the database answers everybody. `shadow`: the database answers, and behind the answer the tiers are compared with it.
 * `percent`: the tiers answer the workspaces whose bucket is below the percentage, and the database the others. `on`: the tiers answer.
 */
export const rolloutModes = ['off', 'shadow', 'percent', 'on'] as const
const rolloutModeSchema = z.enum(rolloutModes)
export type RolloutMode = z.output<typeof rolloutModeSchema>

/** From 0 to 100 with at most two decimals, so that each step of 0.01 is one bucket of 10,000. */
const percentSchema = z
  .number()
  .min(0)
  .max(100)
  .refine((percent) => Number(percent.toFixed(2)) === percent, 'must have at most two decimals')
  .meta({ multipleOf: 0.01, examples: [12.5] })

/** The members of the setting that are lists of workspaces. */
export const rolloutLists = ['allow', 'deny', 'shadowed'] as const

const workspacesSchema = z
  .array(workspaceIdSchema)
  .max(limits.rolloutWorkspacesMax)
  .refine((ids) => new Set(ids).size === ids.length, 'must name each workspace once')

const settingShape = {
  mode: rolloutModeSchema,
  percent: percentSchema,
  /** Workspaces that the tiers answer in the mode `percent`, whatever their bucket. */
  allow: workspacesSchema,
  /** Workspaces that the database answers in every mode, without comparisons. It beats `allow`. */
  deny: workspacesSchema,
  /**
   * Workspaces that are in shadow where the tiers would answer them. A workspace with three proved violations is added by itself; operators
   * add and remove workspaces. It beats `allow`, and `deny` beats it.
   */
  shadowed: workspacesSchema,
}

export const rolloutSettingSchema = z.object(settingShape)
export type RolloutSetting = z.output<typeof rolloutSettingSchema>

/** The setting until an operator changes it. */
export const defaultRollout: RolloutSetting = {
  mode: 'on',
  percent: 100,
  allow: [],
  deny: [],
  shadowed: [],
}

/** `data` of `GET` and `POST /api/rollout`. */
export const rolloutSchema = rolloutSettingSchema.extend({
  /** One more with each change; 0 before the first one. */
  version: z.int().nonnegative(),
  /** The last change; null before the first one. `by` is null for a workspace that returned to shadow by itself. */
  changed: z.object({ at: z.iso.datetime(), by: operatorNameSchema.nullable() }).nullable(),
  /** The number of awake ledgers that have not confirmed this version yet. It is in force everywhere once this is 0. */
  unconfirmed: z.int().nonnegative(),
})
export type Rollout = z.output<typeof rolloutSchema>

/**
 * A change, the body of `POST /api/rollout`. Omitted members stay as they are; a list is replaced as a whole. With `version`, the change is
 * refused with `rollout_changed` if somebody has changed the setting since that version was read. `{"mode": "off"}` alone freezes
 * everything at once, and keeps percentage and lists for later.
 */
export const rolloutChangeSchema = z
  .strictObject({
    version: z.int().nonnegative().optional(),
    mode: rolloutModeSchema.optional(),
    percent: percentSchema.optional(),
    allow: workspacesSchema.optional(),
    deny: workspacesSchema.optional(),
    shadowed: workspacesSchema.optional(),
  })
  .refine(
    ({ version: _version, ...changed }) => Object.values(changed).some((value) => value !== undefined),
    'must change something',
  )
  .meta({ examples: [{ mode: 'off' }, { version: 3, mode: 'percent', percent: 12.5 }] })
export type RolloutChange = z.output<typeof rolloutChangeSchema>

/**
 * The outcome of a comparison. `match`: the tiers would have given the same answer. `mismatch`: they would have given another one, and nothing
 * that was reported explains it. `late`: another one, and a change that was on its way explains it. `miss`: they would have had none.
 * `unknown`: it could not be decided. `skipped`: there was too much to do for a comparison.
 */
export const shadowOutcomes = ['match', 'mismatch', 'late', 'miss', 'unknown', 'skipped'] as const
export type ShadowOutcome = (typeof shadowOutcomes)[number]

const counts = z.int().nonnegative()

/** `data` of `GET /api/rollout/shadow`. */
export const shadowReportSchema = z.object({
  /** The comparisons of each resource since the deployment began to count. */
  resources: z.array(
    z.object({
      resource: z.string(),
      outcomes: z.object({
        match: counts,
        mismatch: counts,
        late: counts,
        miss: counts,
        unknown: counts,
        skipped: counts,
      }),
      /** The mean time that the tiers would have saved an answer that they have, in milliseconds; null without such an answer. */
      saved_ms: z.number().nullable(),
    }),
  ),
  /**
   * The places at which answers differed, the latest first. A place is a path of members that the resource declares (`$.contacts[].name`);
   * no value and no name of a member that comes from data.
   */
  differences: z.array(
    z.object({
      resource: z.string(),
      place: z.string(),
      count: counts,
      at: z.iso.datetime(),
    }),
  ),
  /** The workspaces with proved violations that have not returned to shadow, and the number of their distinct keys. */
  suspected: z.array(z.object({ workspaceId: workspaceIdSchema, keys: counts })),
})
export type ShadowReport = z.output<typeof shadowReportSchema>
