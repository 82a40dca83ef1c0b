import { z } from 'zod'
import { contactCounts, sharedCountsSchema } from '../../../shared/resources/contacts/contact-counts.ts'
import { ok } from '../../../shared/result.ts'
import { createRowReader } from '../../database/rows.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({ ...contactCounts.data.shape, counts: z.unknown() })

const none = Object.fromEntries(Object.keys(sharedCountsSchema.shape).map((name) => [name, 0]))
const readCounts = createRowReader({
  schema: sharedCountsSchema,
  substitutes: sharedCountsSchema.parse(none),
  bytesMax: 1_024,
})

/** Loads the workspace's counts with those of its assignees, or one user's own. The SQL functions return the declared data. */
export const contactCountsLoader = defineLoader(
  contactCounts,
  async (_params, { workspaceId, userId, query, noteUnfit }) => {
    const queried =
      userId === null
        ? await query(resultSchema, 'contact_counts', { p_workspace: workspaceId })
        : await query(resultSchema, 'contact_counts_of', { p_workspace: workspaceId, p_user: userId })
    if (!queried.ok) return queried
    const { counts, assignees, computedAt, isComplete } = queried.value
    return ok({ counts: readCounts(counts, noteUnfit), assignees, computedAt, isComplete })
  },
)
