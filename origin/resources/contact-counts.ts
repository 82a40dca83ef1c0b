import { contactCounts } from '../../shared/resources/contact-counts.ts'
import { defineLoader } from './loader.ts'

/** The workspace's counts and its assignees'. The SQL function answers the declared data as it is. */
export const contactCountsLoader = defineLoader(contactCounts, (_params, { workspaceId, ask }) =>
  ask(contactCounts.data, 'contact_counts', { p_workspace: workspaceId }),
)
