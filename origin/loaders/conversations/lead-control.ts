import { leadControl } from '../../../shared/resources/conversations/lead-control.ts'
import { defineLoader } from '../loader.ts'

/** Loads whether the agent or a person answers a lead. The SQL function returns the declared data. */
export const leadControlLoader = defineLoader(leadControl, ({ id }, { workspaceId, query }) =>
  query(leadControl.data, 'lead_control', { p_workspace: workspaceId, p_contact: id }),
)
