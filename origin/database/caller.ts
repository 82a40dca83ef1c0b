import type { Principal } from '../../shared/auth/verify.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

/** A user whose token has been verified. Their reads and writes reach the database under that token. */
export interface Member extends Pick<Principal, 'userId' | 'token' | 'workspaces'> {
  readonly kind: 'member'
}

/** The sender of a request. `backend` is the CRM's own backend: it holds the internal key and acts as the service role. */
export type Caller = Member | { readonly kind: 'backend' }

/** The token for the caller's queries. Null is the service role. */
export function tokenOf(caller: Caller): string | null {
  return caller.kind === 'member' ? caller.token : null
}

/**
 * The key under which a caller takes turns. A user is one caller, whichever of their tokens they use. The backend acts
 * for many workspaces and has a turn of its own in each.
 */
export function callerKeyOf(caller: Caller, workspaceId: WorkspaceId | null): string {
  return caller.kind === 'member' ? `user ${caller.userId}` : `backend ${workspaceId}`
}
