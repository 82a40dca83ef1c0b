/** The SQL condition of each filter that does not depend on the caller, for the owner of the tables. */
export const filterConditions = {
  all: 'true',
  open: "status = 'open'",
  closed: "status = 'closed'",
  unassigned: 'assigned_to is null',
  high_priority: "priority = 'high'",
  medium_priority: "priority = 'medium'",
  low_priority: "priority = 'low'",
  needs_response: 'needs_response',
  follow_up: 'follow_up',
  favorites: 'is_favorite',
  archived: 'is_archived',
  unhappy_customers: "sentiment = 'negative'",
  new_customers: "created_at > now() - interval '7 days'",
  recent_activity: "last_activity_at > now() - interval '24 hours'",
}

/** The workspace's count that equals the sum of a filter's totals. */
export const countOfFilter = {
  all: 'total',
  open: 'open',
  closed: 'closed',
  unassigned: 'unassigned',
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
} as const satisfies Record<keyof typeof filterConditions, string>

export type SharedFilter = keyof typeof filterConditions
export const sharedFilters = Object.keys(filterConditions) as SharedFilter[]
