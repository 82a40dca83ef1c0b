import type { Role, UserId, WorkspaceId } from '../../shared/ids.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import { changeMembers } from './changes.ts'
import type { Isolate } from './isolate.ts'
import { during } from './life.ts'
import { userIds, workspaceIds } from './questions.ts'
import { BrokenPromise } from './records.ts'
import type { World } from './world.ts'

/** Longer than a report of the backend and a lookup at the origin take when nothing fails. */
const reportedMs = 12_000
const answerMs = 10_000

const question = contactCounts.questionOf({})
const caller = { kind: 'member', token: '', requestId: '', keepAlive: () => undefined } as const

/**
 * Lets every isolate learn all memberships, changes some, and expects every isolate to know the change one bound after it was
 * acknowledged. It is part of the calm after the faults, since a member is let in for a while if both the ledger and the origin
 * cannot be reached.
 */
export async function expectCurrentMembers(world: World): Promise<void> {
  const { backend, setup, pass } = world
  await rolesKnown(world)
  for (const workspaceId of workspaceIds) backend.write(workspaceId, changeMembers)
  await pass(reportedMs)
  if (backend.unacknowledged() > 0) throw new BrokenPromise('converges: a membership was not acknowledged')
  await pass(setup.boundMs + 1)
  for (const { isolate, workspaceId, userId, role } of await rolesKnown(world)) {
    const isMember = world.databaseOf(workspaceId).tables.memberIds.has(userId)
    if ((role === 'member') === isMember) continue
    const truth = isMember ? 'a member' : 'no member'
    throw new BrokenPromise(
      `membership: ${isolate.name} says ${role} of ${userId} in ${workspaceId}; in the database, the user is ${truth}`,
    )
  }
}

interface KnownRole {
  readonly isolate: Isolate
  readonly workspaceId: WorkspaceId
  readonly userId: UserId
  /** The role, or the code with which the user is refused. */
  readonly role: Role | string
}

async function rolesKnown({ population, pass }: World): Promise<KnownRole[]> {
  const known: KnownRole[] = []
  const lookups = population
    .all()
    .flatMap((isolate) =>
      workspaceIds.flatMap((workspaceId) => userIds.map((userId) => ({ isolate, workspaceId, userId }))),
    )
  for (const lookup of lookups) {
    const { isolate, workspaceId, userId } = lookup
    const principal = { userId, workspaces: null, token: '', expiresAtMs: Number.POSITIVE_INFINITY }
    const request = { requestId: '', trace: undefined, keepAlive: () => undefined }
    const looked = during(population.beginLife(isolate), async () => {
      // A read of the same workspace first, so that the role is judged by a view that is at hand, as it is in most requests.
      await isolate.answer({ question, workspaceId, caller: { ...caller, userId }, wish: plainWish })
      return isolate.memberships.roleOf(principal, workspaceId, request)
    })
    void looked.then((role) => known.push({ ...lookup, role: role.ok ? role.value : role.error.code }))
  }
  await pass(answerMs)
  if (known.length < lookups.length) throw new BrokenPromise('converges: a membership was never answered')
  return known
}
