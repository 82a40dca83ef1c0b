import { createHash } from 'node:crypto'
import type { WorkspaceId } from '../shared/ids.ts'

/**
 * By what the callers of one workspace take turns: the same for all that comes with one token. The backend (null) acts for
 * many workspaces, and has a turn of its own in each.
 */
export function callerKeyOf(callerToken: string | null, workspaceId: WorkspaceId | null): string {
  if (callerToken === null) return `backend ${workspaceId}`
  return createHash('sha256').update(callerToken).digest('base64url')
}
