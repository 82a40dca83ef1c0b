import type { Claims } from './database.ts'

/** The users of the reference data. Their roles are in the memberships table. */
export const users = {
  admin: { sub: '00000000-0000-4000-8000-000000000001' },
  member: { sub: '00000000-0000-4000-8000-000000000002' },
  otherAdmin: { sub: '00000000-0000-4000-8000-000000000003' },
  stranger: { sub: '00000000-0000-4000-8000-000000000004' },
} as const satisfies Record<string, Claims>
