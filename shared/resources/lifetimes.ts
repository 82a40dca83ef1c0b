/** How long an entry of each kind is fresh unless its workspace says otherwise, in seconds (SPEC 7). */
export const lifetimeSeconds = {
  contactCounts: 300,
  contactList: 180,
  contactDetails: 600,
  webhookSources: 1_800,
  leadStatus: 1_800,
  search: 120,
  messageHistory: 300,
  userSession: 86_400,
  workspaceConfig: 3_600,
  companyByDomain: 3_600,
  contactByEmail: 1_800,
  leadByPhone: 900,
  organizationByPhone: 1_800,
  conversationContext: 600,
  conversationSummary: 1_200,
  greeting: 300,
  dashboard: 300,
  emailThread: 600,
  userPermissions: 300,
} as const

export type LifetimeName = keyof typeof lifetimeSeconds
