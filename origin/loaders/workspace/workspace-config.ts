import { z } from 'zod'
import {
  defaultWorkspaceConfiguration,
  greetingTemplateSchema,
  workspaceConfigurationSchema,
} from '../../../shared/contract/workspace-configuration.ts'
import { greetingChannelSchema } from '../../../shared/greetings/greeting.ts'
import { limits } from '../../../shared/limits.ts'
import { workingHoursSchema } from '../../../shared/local-time.ts'
import { workspaceConfig } from '../../../shared/resources/workspace/workspace-config.ts'
import { ok } from '../../../shared/result.ts'
import { createRowReader } from '../../database/rows.ts'
import { defineLoader } from '../loader.ts'

const { shape: days } = workingHoursSchema

const resultSchema = z.object({ configuration: z.record(z.string(), z.unknown()).nullable() })

const { updated_at: _none, ...substitutes } = defaultWorkspaceConfiguration
const readConfiguration = createRowReader({
  schema: workspaceConfigurationSchema,
  substitutes,
  bytesMax: limits.configurationBytesMax,
})

/** Loads a workspace's configuration, or the defaults if it has none. A day or a template that does not fit is left out alone. */
export const workspaceConfigLoader = defineLoader(
  workspaceConfig,
  async (_params, { workspaceId, query, noteUnfit }) => {
    const queried = await query(resultSchema, 'workspace_config', { p_workspace: workspaceId })
    if (!queried.ok) return queried
    const { configuration } = queried.value
    if (configuration === null) return ok(defaultWorkspaceConfiguration)
    const { working_hours, greetings } = configuration
    const fitting = (field: string, value: unknown, names: readonly string[], schema: z.ZodType) =>
      fittingMembers(value, names, schema, () => noteUnfit(field))
    const row = {
      ...configuration,
      working_hours: fitting('working_hours', working_hours, Object.keys(days), days.mon),
      greetings: fitting('greetings', greetings, greetingChannelSchema.options, greetingTemplateSchema),
    }
    return ok(readConfiguration(row, noteUnfit))
  },
)

/** The named members of a JSON object whose values fit. `note` is called if others are left out. */
function fittingMembers(
  value: unknown,
  names: readonly string[],
  schema: z.ZodType,
  note: () => void,
): unknown {
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  const fitting = members.filter(([name, member]) => names.includes(name) && schema.safeParse(member).success)
  if (fitting.length < members.length) note()
  return Object.fromEntries(fitting)
}
