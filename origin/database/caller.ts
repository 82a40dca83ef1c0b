import type { Principal } from '../../shared/auth/verify.ts'

/** A user whose token was verified: what is asked and written goes to the database in their name. */
export interface Member extends Pick<Principal, 'userId' | 'token' | 'workspaces'> {
  readonly kind: 'member'
}

/** Who was let in. The backend is the CRM's own, known by the internal key, and acts as the service role. */
export type Caller = Member | { readonly kind: 'backend' }

/** In whose name the database is asked; null is the service role. */
export function tokenOf(caller: Caller): string | null {
  return caller.kind === 'member' ? caller.token : null
}
