import type { ResourceName } from '../../shared/resources/index.ts'
import { contactCountsLoader } from './contacts/contact-counts.ts'
import { contactListLoader } from './contacts/contact-list.ts'
import { analyticsLoader } from './figures/analytics.ts'
import { campaignStatsLoader } from './figures/campaign-stats.ts'
import { dashboardLoader } from './figures/dashboard.ts'
import { segmentCountLoader } from './figures/segment-count.ts'
import type { Loader } from './loader.ts'
import { organizationByPhoneLoader } from './workspace/organization-by-phone.ts'

/** The list itself if every resource has a loader in it, else the names of the resources without one. */
type Complete<List extends readonly Loader[]> = [Exclude<ResourceName, List[number]['name']>] extends [never]
  ? List
  : Exclude<ResourceName, List[number]['name']>

function ofEveryResource<const List extends readonly Loader[]>(list: List & Complete<List>): List {
  return list
}

/** One loader for each resource: the compiler names a resource that has none. */
const loaders: readonly Loader[] = ofEveryResource([
  contactListLoader,
  contactCountsLoader,
  dashboardLoader,
  campaignStatsLoader,
  segmentCountLoader,
  analyticsLoader,
  organizationByPhoneLoader,
])

/** The loader of that name, or null. */
export function loaderNamed(name: string): Loader | null {
  return loaders.find((loader) => loader.name === name) ?? null
}
