import { leadStatus } from '../../../shared/resources/contacts/lead-status.ts'
import { defineLoader } from '../loader.ts'

/** Loads the status of a lead. The SQL function returns the declared data. */
export const leadStatusLoader = defineLoader(leadStatus, ({ id }, { workspaceId, query }) =>
  query(leadStatus.data, 'lead_status', { p_workspace: workspaceId, p_contact: id }),
)
