import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import { webhookSourceSchema, webhookSources } from '../../../shared/resources/workspace/webhook-sources.ts'
import { ok } from '../../../shared/result.ts'
import { createRowReader, unknownInstant } from '../../database/rows.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({
  sources: z.array(z.unknown()).max(limits.webhookSourcesMax),
  is_complete: z.boolean(),
})

const readSource = createRowReader({
  schema: webhookSourceSchema,
  substitutes: {
    ...{ id: 'unknown', name: '(unknown)', kind: 'unknown', event_types: [], is_active: false },
    ...{ created_at: unknownInstant, updated_at: unknownInstant },
  },
  bytesMax: limits.webhookSourceBytesMax,
})

/** Loads a workspace's webhook sources. */
export const webhookSourcesLoader = defineLoader(
  webhookSources,
  async (_params, { workspaceId, query, noteUnfit }) => {
    const queried = await query(resultSchema, 'webhook_sources', { p_workspace: workspaceId })
    if (!queried.ok) return queried
    const { sources, is_complete } = queried.value
    return ok({ sources: sources.map((row) => readSource(row, noteUnfit)), is_complete })
  },
)
