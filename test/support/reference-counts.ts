/** The counts of the reference workspace, 15213 (SPEC 3), which are the same for all its members. */
export const referenceCounts = {
  unassigned: 191_623,
  open: 14,
  closed: 588,
  total: 191_663,
  highPriority: 2,
  mediumPriority: 191_657,
  lowPriority: 4,
  needsResponse: 5,
  followUp: 0,
  favorites: 3,
  archived: 4,
  unhappyCustomers: 0,
  newCustomers: 0,
  recentActivity: 0,
} as const
