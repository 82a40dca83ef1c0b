import { analytics } from '../../../shared/resources/figures/analytics.ts'
import { defineLoader } from '../loader.ts'

/** Loads the snapshots of the last days, with their totals. The SQL function returns the declared data. */
export const analyticsLoader = defineLoader(analytics, ({ days }, { workspaceId, query }) =>
  query(analytics.data, 'analytics', { p_workspace: workspaceId, p_days: days }),
)
