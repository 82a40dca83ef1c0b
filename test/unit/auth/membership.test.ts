import { beforeEach, describe, expect, test } from 'vitest'
import type { Principal } from '../../../shared/auth/verify.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import type { Role } from '../../../shared/ids.ts'
import { userIdSchema, versionSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { Memberships } from '../../../worker/auth/membership.ts'
import { createMemberships } from '../../../worker/auth/membership.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { settle } from '../../support/fake-clock.ts'

const workspaceId = workspaceIdSchema.parse('15213')
const otherWorkspaceId = workspaceIdSchema.parse('15214')

function principal(claim: Record<string, Role> | null, user = 'user-1', token = 'a.b.c'): Principal {
  const workspaces = claim === null ? null : new Map(Object.entries(claim))
  return { userId: userIdSchema.parse(user), token, workspaces, expiresAtMs: Number.POSITIVE_INFINITY }
}

let nowMs: number
let lookups: string[]
let answer: Result<Role | null, WireError> | Promise<Result<Role | null, WireError>>
let memberships: Memberships
let timers: (() => void)[]
let counted: CacheEvent[]
let kept: Promise<unknown>[]
const clock: Clock = {
  now: () => nowMs,
  schedule(callback) {
    timers.push(callback)
    return () => undefined
  },
}

beforeEach(() => {
  nowMs = 0
  lookups = []
  timers = []
  answer = ok('member')
  counted = []
  kept = []
  memberships = createMemberships({
    clock,
    boundMs,
    recorder: { record: (event) => counted.push(event) },
    // In this ledger nothing moves. membership-ledger.test.ts has the ledgers in which tags move.
    views: { atHand: () => view, current: async () => ok(view) },
    async lookUp(lookup) {
      lookups.push(`${lookup.principal.userId} ${lookup.workspaceId}`)
      return answer
    },
  })
})

const boundMs = 1_000
const view = { ledgerId: 'ledger-1', version: versionSchema.parse(100), hasMovedPast: () => false }

const roleOf = (who: Principal, workspace = workspaceId) =>
  memberships.roleOf(who, workspace, {
    requestId: 'request-1',
    trace: undefined,
    keepAlive: (work) => kept.push(work),
  })

describe("the token's claim decides", () => {
  test('the role, without a call of the origin', async () => {
    expect(await roleOf(principal({ '15213': 'admin' }))).toEqual(ok('admin'))
    expect(lookups).toEqual([])
  })

  test.each([{}, { '15214': 'admin' as const }])('that %j is no member', async (claim) => {
    expect(await roleOf(principal(claim))).toEqual(err({ code: 'not_a_member' }))
    expect(lookups).toEqual([])
  })

  test('that the names every object has are no workspaces', async () => {
    const workspace = workspaceIdSchema.parse('constructor')
    expect(await roleOf(principal({}), workspace)).toEqual(err({ code: 'not_a_member' }))
  })
})

describe('without a claim', () => {
  test('the origin is called, and its answer holds for a minute', async () => {
    expect(await roleOf(principal(null))).toEqual(ok('member'))
    answer = ok(null)
    nowMs = limits.membershipSeconds * 1000 - 1
    expect(await roleOf(principal(null))).toEqual(ok('member'))
    expect(lookups).toHaveLength(1)
    nowMs += 1
    expect(await roleOf(principal(null))).toEqual(err({ code: 'not_a_member' }))
    expect(lookups).toHaveLength(2)
  })

  test('an answer is for one user and one workspace', async () => {
    await roleOf(principal(null))
    answer = ok(null)
    expect(await roleOf(principal(null, 'user-2'))).toEqual(err({ code: 'not_a_member' }))
    expect(await roleOf(principal(null), otherWorkspaceId)).toEqual(err({ code: 'not_a_member' }))
    expect(lookups).toEqual(['user-1 15213', 'user-2 15213', 'user-1 15214'])
  })

  test('the origin is called once, however many requests of the user wait', async () => {
    const roles = await Promise.all(Array.from({ length: 20 }, () => roleOf(principal(null))))
    expect(roles).toEqual(Array.from({ length: 20 }, () => ok('member')))
    expect(lookups).toHaveLength(1)
  })

  test('a lookup runs to its end for the requests that wait, even if the client that started it leaves', async () => {
    const roles = Promise.all([roleOf(principal(null)), roleOf(principal(null))])
    await settle()
    expect(kept).toHaveLength(1)
    expect(await Promise.all(kept)).toEqual([{ value: ok('member') }])
    expect(await roles).toEqual([ok('member'), ok('member')])
  })

  test('another token of the same user does not join the lookup of the first one', async () => {
    await Promise.all([roleOf(principal(null)), roleOf(principal(null, 'user-1', 'd.e.f'))])
    expect(lookups).toHaveLength(2)
  })

  test.each(['origin_unavailable', 'origin_timeout', 'overloaded', 'internal'] as const)(
    'an origin that fails (%s) is auth_unavailable, and not remembered',
    async (code) => {
      answer = err({ code })
      expect(await roleOf(principal(null))).toEqual(err({ code: 'auth_unavailable', retryAfterSeconds: 1 }))
      answer = ok('admin')
      expect(await roleOf(principal(null))).toEqual(ok('admin'))
    },
  )

  test("the origin's refusal of the token is passed on, and not remembered", async () => {
    answer = err({ code: 'token_invalid' })
    expect(await roleOf(principal(null))).toEqual(err({ code: 'token_invalid' }))
    answer = ok('admin')
    expect(await roleOf(principal(null))).toEqual(ok('admin'))
  })

  test('no more memberships are remembered than the limit', async () => {
    await roleOf(principal(null, 'first'))
    for (let number = 0; number < limits.isolateMembershipsMax; number += 1) {
      await roleOf(principal(null, `user-${number}`))
    }
    lookups = []
    await roleOf(principal(null, `user-${limits.isolateMembershipsMax - 1}`))
    expect(lookups).toEqual([])
    await roleOf(principal(null, 'first'))
    expect(lookups).toEqual(['first 15213'])
  })
})

describe('a stranger', () => {
  const invented = (number: number) => workspaceIdSchema.parse(`invented-${number}`)

  test('is looked up once in a while, and counts as a member soon after becoming one', async () => {
    answer = ok(null)
    expect(await roleOf(principal(null))).toEqual(err({ code: 'not_a_member' }))
    answer = ok('member')
    nowMs = strangerMs - 1
    expect(await roleOf(principal(null))).toEqual(err({ code: 'not_a_member' }))
    expect(lookups).toHaveLength(1)
    nowMs = strangerMs
    expect(await roleOf(principal(null))).toEqual(ok('member'))
  })

  test('of however many workspaces evicts no member', async () => {
    await roleOf(principal(null))
    answer = ok(null)
    for (let number = 0; number <= limits.isolateMembershipsMax; number += 1) {
      await roleOf(principal(null, `stranger-${number}`))
    }
    lookups = []
    answer = err({ code: 'origin_unavailable' })
    expect(await roleOf(principal(null))).toEqual(ok('member'))
    expect(lookups).toEqual([])
  })

  test('of many workspaces causes a bounded number of lookups in a window, and is told when to try again', async () => {
    answer = ok(null)
    const requests = Array.from({ length: 10 * limits.membershipLookupsMax }, (_, number) =>
      roleOf(principal(null), invented(number)),
    )
    const refused = err({ code: 'rate_limited', retryAfterSeconds: limits.membershipLookupsSeconds })
    const answers = await Promise.all(requests)
    expect(lookups).toHaveLength(limits.membershipLookupsMax)
    expect(answers.slice(limits.membershipLookupsMax)).toEqual(
      Array.from({ length: 9 * limits.membershipLookupsMax }, () => refused),
    )
    expect(counted).toContainEqual({ kind: 'rate-limited', scope: 'user', outcome: 'refused' })
    expect(await roleOf(principal(null, 'user-2'))).toEqual(err({ code: 'not_a_member' }))
    nowMs = limits.membershipLookupsSeconds * 1000
    expect(await roleOf(principal(null), invented(1_000_000))).toEqual(err({ code: 'not_a_member' }))
  })

  test('costs a database that fails no more than one that answers', async () => {
    answer = err({ code: 'origin_timeout' })
    for (let each = 0; each < 2 * limits.membershipLookupsMax; each += 1) await roleOf(principal(null))
    expect(lookups).toHaveLength(limits.membershipLookupsMax)
  })
})

describe('a member', () => {
  const memberOf = (number: number) => workspaceIdSchema.parse(`own-${number}`)

  test('of many workspaces is looked up for each of them', async () => {
    for (let number = 0; number < 3 * limits.membershipLookupsMax; number += 1) {
      expect(await roleOf(principal(null), memberOf(number))).toEqual(ok('member'))
    }
  })

  test('who tries too many other workspaces still reads their own, also after the minute', async () => {
    await roleOf(principal(null))
    answer = ok(null)
    nowMs = limits.membershipSeconds * 1000
    for (let number = 0; number <= limits.membershipLookupsMax; number += 1) {
      await roleOf(principal(null), memberOf(number))
    }
    expect(await roleOf(principal(null), memberOf(1_000_000))).toMatchObject(err({ code: 'rate_limited' }))
    answer = ok('member')
    expect(await roleOf(principal(null))).toEqual(ok('member'))
    expect(await roleOf(principal(null), memberOf(1_000_000))).toMatchObject(err({ code: 'rate_limited' }))
  })

  test('who was removed is a stranger from the answer on, without grace', async () => {
    await roleOf(principal(null))
    answer = ok(null)
    nowMs = limits.membershipSeconds * 1000
    expect(await roleOf(principal(null))).toEqual(err({ code: 'not_a_member' }))
    answer = err({ code: 'origin_unavailable' })
    nowMs += strangerMs
    expect(await roleOf(principal(null))).toMatchObject(err({ code: 'auth_unavailable' }))
  })
})

const strangerMs = limits.strangerSeconds * 1000

describe('while memberships cannot be looked up', () => {
  const known = async () => {
    await roleOf(principal(null))
    nowMs = limits.membershipSeconds * 1000
  }
  const graceEndsMs = (limits.membershipSeconds + limits.membershipGraceSeconds) * 1000

  test.each(['origin_unavailable', 'origin_timeout', 'overloaded', 'internal'] as const)(
    'a known member still reads (%s), and the origin is called again each time',
    async (code) => {
      await known()
      answer = err({ code })
      expect(await roleOf(principal(null))).toEqual(ok('member'))
      expect(await roleOf(principal(null))).toEqual(ok('member'))
      expect(lookups).toHaveLength(3)
    },
  )

  test('the grace has an end', async () => {
    await known()
    answer = err({ code: 'origin_unavailable' })
    nowMs = graceEndsMs - 1
    expect(await roleOf(principal(null))).toEqual(ok('member'))
    nowMs = graceEndsMs
    expect(await roleOf(principal(null))).toMatchObject(err({ code: 'auth_unavailable' }))
  })

  test('a user who was no member has no grace', async () => {
    answer = ok(null)
    await known()
    answer = err({ code: 'origin_unavailable' })
    expect(await roleOf(principal(null))).toMatchObject(err({ code: 'auth_unavailable' }))
  })

  test("the origin's refusal of the token outweighs the grace", async () => {
    await known()
    answer = err({ code: 'token_invalid' })
    expect(await roleOf(principal(null))).toEqual(err({ code: 'token_invalid' }))
  })

  test('a late origin keeps no known member waiting', async () => {
    await known()
    answer = new Promise<never>(() => undefined)
    const waiting = roleOf(principal(null))
    await settle()
    for (const fire of timers) fire()
    expect(await waiting).toEqual(ok('member'))
  })
})
