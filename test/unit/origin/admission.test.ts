import { describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { originRouteList } from '../../../shared/contract/origin-routes.ts'
import { limits } from '../../../shared/limits.ts'
import { ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { contactNumber } from './contact.ts'
import {
  bodyDoors,
  callDoor,
  createOriginWithDoors,
  internalDoors,
  loadDoor,
  mailDoors,
  memberDoors,
} from './doors.ts'
import { alice, bob, internalAuthKey, nowMs, read, tokenOf } from './origin-under-test.ts'
import { createStubDatabase } from './stub-database.ts'
import { createWatchedBody } from './watched-body.ts'

const written = { outcome: 'ok', contact: contactNumber(1), outbox: [] }

/** A token without a claim about memberships. */
const carol = await tokenOf('carol')
const mallory = await tokenOf('mallory', { '15214': 'admin' })

/** A database that knows members by their tokens, with the names of the functions that were called. */
function createMembersDatabase(members: Set<string>) {
  const called: string[] = []
  const database: Database = {
    async callRpc(functionName, _args, token) {
      called.push(functionName)
      const isMember = token !== null && members.has(token)
      if (functionName === 'workspace_membership') {
        return ok({ outcome: 'ok', role: isMember ? 'member' : null })
      }
      return ok(isMember ? written : { outcome: 'forbidden' })
    },
    probe: async () => true,
  }
  return { database, called }
}

const writing = (token: string, workspaceId = '15213', init: RequestInit = { body: '{"name":"Ada"}' }) => ({
  method: 'PATCH',
  headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId },
  ...init,
})

describe("a stranger's write", () => {
  test.each([...memberDoors, ...internalDoors])(
    'at $route is a 403 by the claim of its token, without a query and without reading the body',
    async ({ method, path, headers, refusal }) => {
      const database = createStubDatabase()
      const body = createWatchedBody()
      const { app } = createOriginWithDoors({ database })
      const response = await app.request(path, { method, headers: headers(mallory), ...body.init })
      expect(await read(response)).toMatchObject({ status: 403, body: { code: refusal } })
      expect([database.calls.length, body.pulls]).toEqual([0, 0])
    },
  )

  test.each([...memberDoors, ...internalDoors])(
    'at $route is a 403 by the answer of the database, before its body is read',
    async ({ method, path, headers, refusal }) => {
      const { database, called } = createMembersDatabase(new Set())
      const body = createWatchedBody()
      const { app } = createOriginWithDoors({ database })
      const response = await app.request(path, { method, headers: headers(carol), ...body.init })
      expect(await read(response)).toMatchObject({ status: 403, body: { code: refusal } })
      expect(called).toEqual(['workspace_membership'])
      expect(body.pulls).toBe(0)
    },
  )

  test('is looked up only now and then, however often it comes', async () => {
    const members = new Set<string>()
    const { database, called } = createMembersDatabase(members)
    const { app, clock } = createOriginWithDoors({ database })
    const statuses = async () => (await app.request('/contacts/c1', writing(carol))).status
    const first = await Promise.all(Array.from({ length: 20 }, statuses))
    expect(new Set(first)).toEqual(new Set([403]))
    expect(await statuses()).toBe(403)
    expect(called).toHaveLength(1)

    members.add(carol)
    await clock.advance(limits.originStrangerSeconds * 1_000)
    expect(await statuses()).toBe(200)
  })

  test('does not evict members from memory', async () => {
    const { database, called } = createMembersDatabase(new Set([carol]))
    const { app } = createOriginWithDoors({ database })
    await app.request('/contacts/c1', writing(carol))
    const dave = await tokenOf('dave')
    for (let number = 0; number <= limits.originStrangersMax; number += 1) {
      await app.request('/contacts/c1', writing(dave, `invented-${number}`))
    }
    called.length = 0
    expect((await app.request('/contacts/c1', writing(carol))).status).toBe(200)
    expect(called).toEqual(['contact_update'])
  })
})

describe('a member', () => {
  test('is looked up once a minute', async () => {
    const { database, called } = createMembersDatabase(new Set([carol]))
    const { app, clock } = createOriginWithDoors({ database })
    await app.request('/contacts/c1', writing(carol))
    await clock.advance(limits.membershipSeconds * 1_000 - 1)
    await app.request('/contacts/c1', writing(carol))
    await clock.advance(1)
    await app.request('/contacts/c1', writing(carol))
    expect(called.filter((name) => name === 'workspace_membership')).toHaveLength(2)
  })

  test('that was removed writes no more, although its role is remembered', async () => {
    const members = new Set([carol])
    const { database } = createMembersDatabase(members)
    const { app } = createOriginWithDoors({ database })
    expect((await app.request('/contacts/c1', writing(carol))).status).toBe(200)
    members.delete(carol)
    expect(await read(await app.request('/contacts/c1', writing(carol)))).toMatchObject({
      status: 403,
      body: { code: 'not_a_member' },
    })
  })

  test('of one workspace is no member of another', async () => {
    const { database } = createMembersDatabase(new Set([carol]))
    const { app } = createOriginWithDoors({ database })
    await app.request('/contacts/c1', writing(carol))
    expect((await app.request('/contacts/c1', writing(alice, '15214'))).status).toBe(403)
  })

  test('whose membership cannot be read gets Retry-After, and is not refused from then on', async () => {
    let isThere = false
    const database: Database = {
      callRpc: async (name) => {
        if (!isThere) return { ok: false, error: { kind: 'unavailable' } }
        return ok(name === 'workspace_membership' ? { outcome: 'ok', role: 'member' } : written)
      },
      probe: async () => isThere,
    }
    const { app } = createOriginWithDoors({ database })
    const body = createWatchedBody()
    expect(await read(await app.request('/contacts/c1', writing(carol, '15213', body.init)))).toMatchObject({
      status: 503,
      body: { code: 'origin_unavailable' },
    })
    expect(body.pulls).toBe(0)
    isThere = true
    expect((await app.request('/contacts/c1', writing(carol))).status).toBe(200)
  })
})

describe('an invalid workspace or contact id', () => {
  test.each([
    // The routes of operators are about all workspaces, and read no workspace's id.
    ...memberDoors
      .filter(({ refusal }) => refusal === 'not_a_member')
      .map((door) => ({ ...door, given: door.headers(alice, 'a b') })),
    ...internalDoors
      .filter(({ path }) => path.startsWith('/contacts'))
      .map((door) => ({ ...door, given: door.headers(alice, 'x'.repeat(65)) })),
    { ...loadDoor, path: '/load/no-such-resource', given: loadDoor.headers(alice) },
    { ...loadDoor, path: '/workspaces/a%20b/settings', given: loadDoor.headers(alice) },
    { ...loadDoor, method: 'PATCH', path: '/contacts/a%20b', given: memberDoors[0]?.headers(alice) ?? {} },
  ])('is refused before a body is read: $method $path', async ({ method, path, given }) => {
    const database = createStubDatabase()
    const body = createWatchedBody()
    const response = await createOriginWithDoors({ database }).app.request(path, {
      method,
      headers: given,
      ...body.init,
    })
    expect([400, 404]).toContain(response.status)
    expect([database.calls.length, body.pulls]).toEqual([0, 0])
  })

  test('is refused also where the workspace is missing', async () => {
    const body = createWatchedBody()
    const headers = { Authorization: `Bearer ${internalAuthKey}` }
    const { app } = createOriginWithDoors({ database: createStubDatabase() })
    const response = await app.request('/contacts', { method: 'POST', headers, ...body.init })
    expect(await read(response)).toMatchObject({ status: 400, body: { code: 'workspace_missing' } })
    expect(body.pulls).toBe(0)
  })
})

describe('limits', () => {
  const rateLimits = { userMax: 2, workspaceMax: 3, windowSeconds: 60 }
  const limited = () => {
    const clock = createFakeClock(nowMs - (nowMs % 60_000))
    const { database, called } = createMembersDatabase(new Set([alice, bob, carol]))
    return { ...createOriginWithDoors({ database, clock, rateLimits }), called }
  }

  test.each(memberDoors)('at $route apply before a body is read or the database queried', async (door) => {
    const { app, called } = limited()
    for (let count = 0; count < rateLimits.userMax; count += 1)
      await app.request('/contacts/c1', writing(alice))
    called.length = 0
    const body = createWatchedBody()
    const { method, path } = door
    const response = await app.request(path, { method, headers: door.headers(alice), ...body.init })
    expect(response.headers.get('Retry-After')).toBe('61')
    expect(await read(response)).toMatchObject({
      status: 429,
      body: { code: 'rate_limited', retryAfter: 61 },
    })
    expect([called.length, body.pulls]).toEqual([0, 0])
  })

  test('end after the time that Retry-After gives', async () => {
    const { app, clock } = limited()
    const statusOf = async () => (await app.request('/contacts/c1', writing(alice))).status
    expect([await statusOf(), await statusOf(), await statusOf()]).toEqual([200, 200, 429])
    await clock.advance(61_000)
    expect(await statusOf()).toBe(200)
  })

  test('count the users of a workspace together, and no strangers', async () => {
    const { app } = limited()
    const statusOf = async (token: string) => (await app.request('/contacts/c1', writing(token))).status
    for (const name of ['m1', 'm2', 'm3', 'm4']) expect(await statusOf(await tokenOf(name, {}))).toBe(403)
    expect([await statusOf(alice), await statusOf(alice), await statusOf(bob), await statusOf(bob)]).toEqual([
      200, 200, 200, 429,
    ])
  })

  test('count requests that are refused, so a stranger costs no more lookups than a member', async () => {
    const { app, called } = limited()
    const erin = await tokenOf('erin')
    const statuses: number[] = []
    for (let number = 0; number < 5; number += 1) {
      statuses.push((await app.request('/contacts/c1', writing(erin, `w${number}`))).status)
    }
    expect(statuses).toEqual([403, 403, 429, 429, 429])
    expect(called).toHaveLength(2)
  })

  test('do not count requests with the internal key, which the Worker has counted', async () => {
    const { app } = limited()
    const headers = { Authorization: `Bearer ${internalAuthKey}`, 'X-Workspace-ID': '15213' }
    for (const more of [{}, { 'X-Caller-Token': alice }]) {
      for (let count = 0; count < 5; count += 1) {
        const init = { method: 'DELETE', headers: { ...headers, ...more } }
        expect((await app.request('/contacts/c1', init)).status).not.toBe(429)
      }
    }
  })
})

test('every route that reads a body is in these tests', () => {
  const taking = originRouteList
    .filter(({ takes }) => [takes.body, takes.lines, takes.message].some((each) => each !== undefined))
    .map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`)
  const tested = [...bodyDoors, callDoor, ...mailDoors].map(({ method, path }) =>
    `${method} ${path}`.replace(/\/[ce]1/, '/:id'),
  )
  const named = tested.map((route) =>
    route
      .replace('/load/contact-list', '/load/:resource')
      .replace('/workspaces/15213', '/workspaces/:id')
      .replace('/queues/messages', '/queues/:queue')
      .replace('/mailboxes/u1/inbox', '/mailboxes/:userId/:folder'),
  )
  expect(new Set(named)).toEqual(new Set(taking))
})
