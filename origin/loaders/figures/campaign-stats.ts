import { campaignStats } from '../../../shared/resources/figures/campaign-stats.ts'
import { defineLoader } from '../loader.ts'

/** Loads what a campaign's sends have come to. The SQL function returns the declared data. */
export const campaignStatsLoader = defineLoader(campaignStats, ({ id }, { workspaceId, query }) =>
  query(campaignStats.data, 'campaign_stats', { p_workspace: workspaceId, p_campaign: id }),
)
