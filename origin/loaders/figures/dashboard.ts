import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import { dashboard, recentContactSchema } from '../../../shared/resources/figures/dashboard.ts'
import { ok } from '../../../shared/result.ts'
import { createRowReader, unknownInstant } from '../../database/rows.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = dashboard.data.extend({ recent: z.array(z.unknown()).max(limits.dashboardRecentMax) })

const readRecent = createRowReader({
  schema: recentContactSchema,
  substitutes: {
    id: 'unknown',
    board_id: 'unknown',
    board_column_id: 'unknown',
    name: '(unknown)',
    status: 'open',
    priority: 'medium',
    last_activity_at: unknownInstant,
  },
  bytesMax: limits.recentContactBytesMax,
})

/** Loads one user's own figures. The route refuses a load that names no user. */
export const dashboardLoader = defineLoader(dashboard, async (_params, context) => {
  const { workspaceId, userId, query, noteUnfit } = context
  const queried = await query(resultSchema, 'dashboard', { p_workspace: workspaceId, p_user: userId })
  if (!queried.ok) return queried
  const { recent, ...figures } = queried.value
  return ok({ ...figures, recent: recent.map((row) => readRecent(row, noteUnfit)) })
})
