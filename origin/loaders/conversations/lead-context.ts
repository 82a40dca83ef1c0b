import { leadContext } from '../../../shared/resources/conversations/lead-context.ts'
import { summarySchema } from '../../../shared/resources/conversations/lead-parts.ts'
import { ok } from '../../../shared/result.ts'
import { defineLoader } from '../loader.ts'
import { leadAndOrganizationSchema, readLeadRow, readOrganizationRow } from './lead-rows.ts'

const { last_messages, open_questions, control } = leadContext.data.shape
const resultSchema = leadAndOrganizationSchema.extend({
  last_messages,
  control,
  summary: summarySchema.extend({ open_questions }).nullable(),
})

/** Loads what an agent needs to know of a lead, except for the time of day. */
export const leadContextLoader = defineLoader(
  leadContext,
  async ({ id }, { workspaceId, query, noteUnfit }) => {
    const queried = await query(resultSchema, 'lead_context', { p_workspace: workspaceId, p_contact: id })
    if (!queried.ok) return queried
    const { summary, ...context } = queried.value
    const lead = readLeadRow(context.lead, noteUnfit)
    const organization = readOrganizationRow(context.organization, noteUnfit)
    return ok({
      lead: { ...lead, language: lead.language ?? organization.language },
      organization,
      last_messages: context.last_messages,
      summary: summary === null ? null : summarySchema.parse(summary),
      open_questions: summary?.open_questions ?? [],
      control: context.control,
    })
  },
)
