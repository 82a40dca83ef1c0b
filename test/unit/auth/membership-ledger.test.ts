import { beforeEach, describe, expect, test } from 'vitest'
import type { Principal } from '../../../shared/auth/verify.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import type { Role } from '../../../shared/ids.ts'
import { userIdSchema, versionSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { Tag } from '../../../shared/tags/tags.ts'
import { bucketTag, familyTag } from '../../../shared/tags/tags.ts'
import type { Lookup, Memberships } from '../../../worker/auth/membership.ts'
import { createMemberships } from '../../../worker/auth/membership.ts'
import type { MembersView } from '../../../worker/auth/role-memory.ts'
import { settle } from '../../support/fake-clock.ts'

const workspaceId = workspaceIdSchema.parse('15213')
const user: Principal = {
  userId: userIdSchema.parse('user-1'),
  token: 'a.b.c',
  workspaces: null,
  expiresAtMs: Number.POSITIVE_INFINITY,
}
/** The tag that moves if the user's membership is removed or added. */
const ownBucket = bucketTag('members', user.userId)
const boundMs = 1_000
const request = { requestId: 'request-1', trace: undefined, keepAlive: () => undefined }

interface FakeView extends MembersView {
  readonly isAtHand: boolean
  readonly isUnreachable: boolean
}

/** A ledger's view in which tags moved at versions. */
function viewAt(version: number, moved: readonly (readonly [Tag, number])[] = [], state = {}): FakeView {
  const at = new Map(moved)
  return {
    ...{ ledgerId: 'ledger-1', version: versionSchema.parse(version) },
    ...{ isAtHand: true, isUnreachable: false, ...state },
    hasMovedPast: (tag, past) => (at.get(tag) ?? 0) > past,
  }
}

let nowMs: number
let answer: Result<Role | null, WireError> | Promise<Result<Role | null, WireError>>
let view: FakeView
let ledgerCalls: number
let looked: Lookup[]
let timers: (() => void)[]
let memberships: Memberships
const clock: Clock = {
  now: () => nowMs,
  schedule(callback) {
    timers.push(callback)
    return () => undefined
  },
}

beforeEach(() => {
  nowMs = 0
  timers = []
  answer = ok('member')
  view = viewAt(100)
  ledgerCalls = 0
  looked = []
  memberships = createMemberships({
    clock,
    boundMs,
    recorder: { record: () => undefined },
    views: {
      atHand: () => (view.isAtHand ? view : null),
      async current() {
        ledgerCalls += 1
        return view.isUnreachable ? err({ last: view }) : ok(view)
      },
    },
    async lookUp(lookup) {
      looked.push(lookup)
      return answer
    },
  })
})

const roleOf = (who: Principal) => memberships.roleOf(who, workspaceId, request)

describe('a remembered membership is judged by the ledger', () => {
  const removed = () => {
    answer = ok(null)
  }

  test.each([
    ['the bucket of the user', ownBucket],
    ['the family of members', familyTag('members')],
    ['the workspace', familyTag('workspace')],
  ] as const)('a member is out once %s moved, whatever is remembered', async (_what, tag) => {
    expect(await roleOf(user)).toEqual(ok('member'))
    removed()
    expect(await roleOf(user)).toEqual(ok('member'))
    view = viewAt(101, [[tag, 101]])
    expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
  })

  test('the tags of other users do not affect it', async () => {
    await roleOf(user)
    const others = [bucketTag('members', 'somebody else'), familyTag('settings'), familyTag('counts')]
    view = viewAt(
      150,
      others.map((tag) => [tag, 150]),
    )
    expect(await roleOf(user)).toEqual(ok('member'))
    expect(looked).toHaveLength(1)
  })

  test('a ledger that is another one proves nothing of it', async () => {
    await roleOf(user)
    removed()
    view = { ...viewAt(100), ledgerId: 'ledger-2' }
    expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
  })

  test('a stranger counts as a member once the tag moved', async () => {
    answer = ok(null)
    expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
    answer = ok('member')
    expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
    view = viewAt(101, [[ownBucket, 101]])
    expect(await roleOf(user)).toEqual(ok('member'))
  })

  test('a changed role is seen once the tag moved', async () => {
    await roleOf(user)
    answer = ok('admin')
    view = viewAt(101, [[ownBucket, 101]])
    expect(await roleOf(user)).toEqual(ok('admin'))
  })

  test('the origin is called with the version that was known before, and its answer is judged by that version', async () => {
    const late = Promise.withResolvers<Result<Role | null, WireError>>()
    answer = late.promise
    const waiting = roleOf(user)
    await settle()
    // The removal moves the tag while the origin answers with a row that it read before.
    view = viewAt(101, [[ownBucket, 101]])
    answer = ok(null)
    late.resolve(ok('member'))
    expect(await waiting).toEqual(err({ code: 'not_a_member' }))
    expect(looked.map(({ stamp }) => stamp?.version)).toEqual([100, 101])
  })

  test('a lookup that began before the tag moved is not joined after it', async () => {
    const late = Promise.withResolvers<Result<Role | null, WireError>>()
    answer = late.promise
    const before = roleOf(user)
    await settle()
    view = viewAt(101, [[ownBucket, 101]])
    answer = ok(null)
    expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
    late.resolve(ok('member'))
    expect(await before).toEqual(err({ code: 'not_a_member' }))
  })

  test('nobody is let in if the tag moves during each lookup', async () => {
    let version = 100
    const overtaken = createMemberships({
      ...{ clock, boundMs, recorder: { record: () => undefined } },
      views: {
        atHand: () => viewAt(version, [[ownBucket, version]]),
        current: async () => ok(viewAt(version, [[ownBucket, version]])),
      },
      async lookUp() {
        version += 1
        return ok('member')
      },
    })
    expect(await overtaken.roleOf(user, workspaceId, request)).toMatchObject(
      err({ code: 'auth_unavailable' }),
    )
  })

  test('it is answered without a promise if the view is at hand', async () => {
    await roleOf(user)
    expect(roleOf(user)).toEqual(ok('member'))
    expect(ledgerCalls).toBe(0)
  })
})

describe('a stranger wakes up no ledger', () => {
  test('of a workspace that nobody reads, however often they try', async () => {
    answer = ok(null)
    view = viewAt(100, [], { isAtHand: false })
    for (let each = 0; each < 5; each += 1) {
      nowMs += boundMs
      expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
    }
    expect(ledgerCalls).toBe(0)
    expect(looked).toHaveLength(5)
  })

  test('and is seen as a member within the bound there too', async () => {
    answer = ok(null)
    view = viewAt(100, [], { isAtHand: false })
    await roleOf(user)
    answer = ok('member')
    nowMs = boundMs
    expect(await roleOf(user)).toEqual(ok('member'))
  })
})

describe('a member of a workspace that nobody reads here yet', () => {
  const stamps = () => looked.map(({ stamp }) => stamp?.version ?? null)
  beforeEach(() => {
    view = viewAt(100, [], { isAtHand: false })
  })

  test('is looked up once more when the ledger is known, and judged by it from then on', async () => {
    for (let times = 0; times < 4; times += 1) expect(await roleOf(user)).toEqual(ok('member'))
    expect(stamps()).toEqual([null, 100])
    view = viewAt(101, [[ownBucket, 101]])
    answer = ok(null)
    expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
  })

  test('is not let in by a first answer that took longer than the bound', async () => {
    const late = Promise.withResolvers<Result<Role | null, WireError>>()
    answer = late.promise
    const waiting = roleOf(user)
    await settle()
    nowMs = boundMs + 1
    answer = ok(null)
    late.resolve(ok('member'))
    expect(await waiting).toEqual(err({ code: 'not_a_member' }))
    expect(stamps()).toEqual([null, 100])
  })
})

describe('while the ledger is out of reach', () => {
  const unreachable = { isAtHand: false, isUnreachable: true }

  test('a member is used from memory for the bound, and the origin decides after it', async () => {
    await roleOf(user)
    view = viewAt(100, [], unreachable)
    answer = ok(null)
    nowMs = boundMs - 1
    expect(await roleOf(user)).toEqual(ok('member'))
    nowMs = boundMs
    expect(await roleOf(user)).toEqual(err({ code: 'not_a_member' }))
  })

  test('and the origin too, a member has the time of grace', async () => {
    await roleOf(user)
    view = viewAt(100, [], unreachable)
    answer = err({ code: 'origin_unavailable' })
    nowMs = (limits.membershipSeconds + limits.membershipGraceSeconds) * 1000 - 1
    expect(await roleOf(user)).toEqual(ok('member'))
  })

  test('a user whose tag was seen to move has no grace', async () => {
    await roleOf(user)
    view = viewAt(101, [[ownBucket, 101]], unreachable)
    answer = err({ code: 'origin_unavailable' })
    expect(await roleOf(user)).toMatchObject(err({ code: 'auth_unavailable' }))
  })
})

describe('the grace of a member while the origin is away', () => {
  test.each(['origin_unavailable', 'origin_timeout', 'internal'] as const)(
    'ends at once if the tag moved (%s)',
    async (code) => {
      await roleOf(user)
      answer = err({ code })
      nowMs = limits.membershipSeconds * 1000
      expect(await roleOf(user)).toEqual(ok('member'))
      view = viewAt(101, [[ownBucket, 101]])
      expect(await roleOf(user)).toMatchObject(err({ code: 'auth_unavailable' }))
    },
  )

  test('does not wait for a late origin, and lets in no user whose tag moved', async () => {
    await roleOf(user)
    view = viewAt(101, [[ownBucket, 101]])
    const late = Promise.withResolvers<Result<Role | null, WireError>>()
    answer = late.promise
    const waiting = roleOf(user)
    await settle()
    for (const fire of timers) fire()
    late.resolve(ok(null))
    expect(await waiting).toEqual(err({ code: 'not_a_member' }))
  })
})
