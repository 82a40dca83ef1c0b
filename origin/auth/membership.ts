import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { membershipSchema } from '../../shared/contract/origin.ts'
import type { Role, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'
import type { Member } from '../database/caller.ts'
import { callerKeyOf } from '../database/caller.ts'
import type { Queries } from '../database/queries.ts'
import type { Failure } from '../failures.ts'

export interface Memberships {
  /** The user's role in the workspace, or null for a stranger. The token's claim decides if it has one, else the database. */
  roleOf(member: Member, workspaceId: WorkspaceId): Promise<Result<Role | null, Failure>>
  /** The same as of now, for access that no SQL function checks again. */
  roleNow(member: Member, workspaceId: WorkspaceId): Promise<Result<Role | null, Failure>>
}

/**
 * Remembers roles, so that a stranger's write is refused without reading its body or taking a place in the database. Only
 * the writers' door uses it: the Worker's own lookups (routes/workspaces.ts) go to the database, because the Worker judges
 * them by its ledger. A role that `roleOf` remembers gives no access. The SQL functions check again with every write, so a member who
 * was just removed can write no more. Strangers are many, so they have a memory of their own and evict no member, and each
 * is looked up again after a second, in case they have become a member. Failures are never remembered.
 */
export function createMemberships(queries: Pick<Queries, 'perform'>, clock: Clock): Memberships {
  const members = new LRUCache<string, { readonly role: Role; readonly untilMs: number }>({
    max: limits.isolateMembershipsMax,
  })
  const strangers = new LRUCache<string, { readonly untilMs: number }>({ max: limits.originStrangersMax })
  const flights = createSingleFlight<string, Result<Role | null, Failure>>({
    clock,
    patienceMs: limits.queryDeadlineMs,
  })

  function recall(key: string): Role | null | undefined {
    const nowMs = clock.now()
    const known = members.get(key)
    if (known !== undefined && nowMs < known.untilMs) return known.role
    const stranger = strangers.get(key)
    return stranger !== undefined && nowMs < stranger.untilMs ? null : undefined
  }

  async function lookUp(
    key: string,
    member: Member,
    workspaceId: WorkspaceId,
  ): Promise<Result<Role | null, Failure>> {
    // The answer may be as old as the start of the query.
    const calledAtMs = clock.now()
    const looked = await queries.perform({
      name: 'membership',
      // The writers' door needs the role, so the query takes no place of the reads. Its caller may be a stranger, so it
      // takes no turn of the workspace either.
      queryClass: 'writes',
      workspaceId: null,
      callerKey: callerKeyOf(member, null),
      callerToken: member.token,
      perform: (query) => query(membershipSchema, 'workspace_membership', { p_workspace: workspaceId }),
    })
    if (!looked.ok) return looked
    const { role } = looked.value
    if (role === null) strangers.set(key, { untilMs: calledAtMs + limits.originStrangerSeconds * 1_000 })
    else members.set(key, { role, untilMs: calledAtMs + limits.membershipSeconds * 1_000 })
    return ok(role)
  }

  return {
    async roleOf(member, workspaceId) {
      if (member.workspaces !== null) return ok(member.workspaces.get(workspaceId) ?? null)
      // Identifiers contain no white space (shared/ids.ts), so no two pairs share a key.
      const key = `${member.userId} ${workspaceId}`
      const known = recall(key)
      if (known !== undefined) return ok(known)
      const { value } = await flights.share(
        key,
        member.token,
        // The database checks the token too, so another token of the same user may get another answer.
        (token) => token === member.token,
        () => lookUp(key, member, workspaceId),
        () => undefined,
      )
      return value
    },
    async roleNow(member, workspaceId) {
      if (member.workspaces !== null) return ok(member.workspaces.get(workspaceId) ?? null)
      return lookUp(`${member.userId} ${workspaceId}`, member, workspaceId)
    },
  }
}
