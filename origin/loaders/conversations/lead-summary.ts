import { leadSummary } from '../../../shared/resources/conversations/lead-summary.ts'
import { defineLoader } from '../loader.ts'

/** Loads the newest summary of a lead's conversations. The SQL function returns the declared data. */
export const leadSummaryLoader = defineLoader(leadSummary, ({ id }, { workspaceId, query }) =>
  query(leadSummary.data, 'lead_summary', { p_workspace: workspaceId, p_contact: id }),
)
