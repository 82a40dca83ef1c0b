import type { Role } from './ids.ts'

/** The permissions of every member of a workspace. */
const membersMay = [
  'analytics.read',
  'calls.read',
  'campaigns.read',
  'communications.read',
  'companies.read',
  'contacts.assign',
  'contacts.create',
  'contacts.delete',
  'contacts.import',
  'contacts.move',
  'contacts.read',
  'contacts.update',
  'conversations.read',
  'segments.read',
  'settings.read',
] as const

/** The permissions of admins alone. */
const onlyAdminsMay = [
  'alerts.update',
  'cache.invalidate',
  'calls.write',
  'conversations.write',
  'leads.control',
  'mailboxes.write',
  'settings.update',
] as const

/**
 * The permissions of each role unless the workspace changed them (table `role_permissions`). Boardcache's own routes decide by role and do not
 * read this table; it is for the CRM's applications.
 */
export const defaultPermissions: Readonly<Record<Role, readonly string[]>> = {
  admin: [...membersMay, ...onlyAdminsMay].toSorted(),
  member: membersMay,
}

/** A change of what a role allows. */
interface PermissionChange {
  readonly role: Role
  readonly permission: string
  readonly is_allowed: boolean
}

/** The permissions of a role after a workspace's changes, in the order of the names. */
export function allowedTo(role: Role, changes: readonly PermissionChange[]): string[] {
  const allowed = new Set(defaultPermissions[role])
  for (const change of changes) {
    if (change.role !== role) continue
    if (change.is_allowed) allowed.add(change.permission)
    else allowed.delete(change.permission)
  }
  return [...allowed].toSorted()
}
