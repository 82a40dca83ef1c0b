import { z } from 'zod'
import { contactCounts, sharedCountsSchema } from '../../../shared/resources/contacts/contact-counts.ts'
import { ok } from '../../../shared/result.ts'
import { createRowReader } from '../../database/rows.ts'
import { defineLoader } from '../loader.ts'

const answeredSchema = z.object({ ...contactCounts.data.shape, counts: z.unknown() })

const none = Object.fromEntries(Object.keys(sharedCountsSchema.shape).map((name) => [name, 0]))
const readCounts = createRowReader({
  schema: sharedCountsSchema,
  standIns: sharedCountsSchema.parse(none),
  bytesMax: 1_024,
})

/** The workspace's counts with its assignees', or with one user's own. The SQL functions answer the declared data. */
export const contactCountsLoader = defineLoader(
  contactCounts,
  async (_params, { workspaceId, userId, ask, noteUnfit }) => {
    const asked =
      userId === null
        ? await ask(answeredSchema, 'contact_counts', { p_workspace: workspaceId })
        : await ask(answeredSchema, 'contact_counts_of', { p_workspace: workspaceId, p_user: userId })
    if (!asked.ok) return asked
    const { counts, assignees, computedAt, isComplete } = asked.value
    return ok({ counts: readCounts(counts, noteUnfit), assignees, computedAt, isComplete })
  },
)
