import { z } from 'zod'

/** The effect of the rollout on one workspace. It is apart from the setting, whose bounds no browser loads for its first view. */
export const rolloutStateSchema = z.enum(['on', 'shadow', 'off'])
export type RolloutState = z.output<typeof rolloutStateSchema>
