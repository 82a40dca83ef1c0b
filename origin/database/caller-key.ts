import type { WorkspaceId } from '../../shared/ids.ts'
import type { Caller } from './caller.ts'

/**
 * By what the callers of one workspace take turns: a user is one caller, whatever tokens they have. The backend acts for
 * many workspaces, and has a turn of its own in each.
 */
export function callerKeyOf(caller: Caller, workspaceId: WorkspaceId | null): string {
  return caller.kind === 'member' ? `user ${caller.userId}` : `backend ${workspaceId}`
}
