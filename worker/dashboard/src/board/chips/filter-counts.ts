import type { Counts } from '../../../../client/api.ts'
import type { filterOptions } from '../list-question.ts'

export type FilterName = (typeof filterOptions)[number]['value']

/** The member of the workspace's counts that counts each filter. */
const countedAs = {
  all: 'total',
  open: 'open',
  closed: 'closed',
  unassigned: 'unassigned',
  assigned_to_me: 'assignedToMe',
  high_priority: 'highPriority',
  medium_priority: 'mediumPriority',
  low_priority: 'lowPriority',
  needs_response: 'needsResponse',
  follow_up: 'followUp',
  favorites: 'favorites',
  archived: 'archived',
  unhappy_customers: 'unhappyCustomers',
  new_customers: 'newCustomers',
  recent_activity: 'recentActivity',
} as const satisfies Record<FilterName, keyof Counts>

/** How many contacts of the workspace a filter finds. */
export function workspaceCountOf(counts: Counts, filter: FilterName): number {
  return counts[countedAs[filter]]
}

/**
 * The filters whose contacts have to be counted on a board or in a column. A filter that finds nothing in the workspace finds nothing on
 * a board.
 */
export function filtersToCount(counts: Counts, filters: readonly FilterName[]): readonly FilterName[] {
  return filters.filter((filter) => workspaceCountOf(counts, filter) > 0)
}
