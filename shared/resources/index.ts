import { contactCounts } from './contacts/contact-counts.ts'
import { contactList } from './contacts/contact-list.ts'
import { analytics } from './figures/analytics.ts'
import { campaignStats } from './figures/campaign-stats.ts'
import { dashboard } from './figures/dashboard.ts'
import { segmentCount } from './figures/segment-count.ts'
import { organizationByPhone } from './workspace/organization-by-phone.ts'

/** Every resource. The Worker mounts a route for each, and the origin has a loader for each. */
export const resources = [
  contactList,
  contactCounts,
  dashboard,
  campaignStats,
  segmentCount,
  analytics,
  organizationByPhone,
] as const

export type ResourceName = (typeof resources)[number]['name']
