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
  /** The member's role in the workspace, null for none: by the token's claim where it has one, else by the database. */
  roleOf(member: Member, workspaceId: WorkspaceId): Promise<Result<Role | null, Failure>>
}

/**
 * Spares a write by a stranger its body and its place in the database. It serves the writers' door alone: the Worker's own
 * lookups (routes/workspaces.ts) go to the database, since the Worker judges them by its ledger. What is remembered opens
 * nothing: the SQL functions look again with every write, so that a member who was removed a moment ago writes no more.
 * Members and strangers are remembered apart, so that strangers, who are many, push no member out; and a stranger is looked
 * up again after a second, since they may have been made a member. A failure is never remembered.
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
    // The answer is as old as the query.
    const calledAtMs = clock.now()
    const looked = await queries.perform({
      name: 'membership',
      // The writers' door needs it: it takes no place of the reads. Nobody knows yet whether the caller belongs there.
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
      // Identifiers hold no white space (shared/ids.ts), so no two pairs share a key.
      const key = `${member.userId} ${workspaceId}`
      const known = recall(key)
      if (known !== undefined) return ok(known)
      const { value } = await flights.share(
        key,
        member.token,
        // The database judges the token too: another token of the same user may fare differently.
        (token) => token === member.token,
        () => lookUp(key, member, workspaceId),
        () => undefined,
      )
      return value
    },
  }
}
