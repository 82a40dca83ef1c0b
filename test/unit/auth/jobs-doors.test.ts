import { beforeEach, describe, expect, it } from 'vitest'
import type { WireError } from '../../../shared/contract/errors.ts'
import { type Role, userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { Arrival, DoorParts } from '../../../worker/auth/admit.ts'
import { doors } from '../../../worker/auth/admit.ts'

const internalKey = 'the internal key of these tests'
const metricsToken = 'the metrics token of these tests'
const emailSecret = 'the mail secret of these tests'
const user = { userId: userIdSchema.parse('user-1'), token: 'member', workspaces: null, expiresAtMs: 0 }

/** The user's roles by workspace, or what keeps the door from finding them out. */
let roles: Record<string, Role | WireError>
let counted: string[]

beforeEach(() => {
  roles = {}
  counted = []
})

function arrivalWith(headers: Record<string, string>, operators: string | null): Arrival {
  const take = (scope: 'user' | 'workspace') => (id: string) => {
    counted.push(`${scope} ${id}`)
    const allowance = { scope, requestsMax: 9, windowSeconds: 60, remaining: 8, resetSeconds: 1 }
    return { allowance, isRefused: false, refusal: null }
  }
  const services: DoorParts = {
    bearer: {
      authenticate: async (header) =>
        header === 'Bearer member'
          ? ok(user)
          : err({ code: header === null ? 'token_missing' : 'token_invalid' }),
      authenticateToken: () => err({ code: 'token_invalid' }),
    },
    memberships: {
      roleOf(_principal, workspaceId): Result<Role, WireError> {
        const role = roles[workspaceId]
        if (role === undefined) return err({ code: 'not_a_member' })
        return typeof role === 'string' ? ok(role) : err(role)
      },
    },
    voicePlatform: {
      verify: async () => ok(null),
      verifySigned: async () => ok(null),
    },
    emailSender: {
      verify: async () => ok(null),
      holdsSecret: async (headers) => headers.get('Authorization') === `Bearer ${emailSecret}`,
    },
    rateLimits: { user: take('user'), workspace: take('workspace') },
    config: {
      ...{ internalAuthKey: internalKey, metricsToken },
      operatorsWorkspaceId: operators === null ? null : workspaceIdSchema.parse(operators),
    },
  }
  return {
    ...{ services, method: 'GET', headers: new Headers(headers), requestId: 'request-1' },
    trace: { traceId: `${'0'.repeat(31)}1`, flags: '00', state: null },
    ...{ notes: { limits: [] }, workspaceInUrl: undefined, isNamedByBody: false },
    readNaming: () => Promise.reject(new Error('no body is read here')),
    readRaw: () => Promise.reject(new Error('no body is read here')),
    keepAlive: () => undefined,
  }
}

type Door = 'jobs' | 'queues' | 'queue-figures' | 'email-figures'

function come(
  door: Door,
  by: string | null,
  workspace: string | null = null,
  operators: string | null = 'ops',
) {
  const headers = {
    ...(by === null ? {} : { Authorization: `Bearer ${by}` }),
    ...(workspace === null ? {} : { 'X-Workspace-ID': workspace }),
  }
  return doors[door](arrivalWith(headers, operators))
}

const asUser = { caller: { kind: 'member', userId: 'user-1', token: 'member' } }
const asService = { caller: { kind: 'service', userId: null } }

describe('the door of jobs', () => {
  it('lets an admin in to the workspace of the header, and to no other', async () => {
    roles = { '15213': 'admin' }
    expect(await come('jobs', 'member', '15213')).toMatchObject(ok({ workspaceId: '15213', ...asUser }))
    expect(await come('jobs', 'member', '15214')).toEqual(err({ code: 'not_a_member' }))
    expect(await come('jobs', 'member')).toEqual(err({ code: 'workspace_missing' }))
  })

  it('lets an operator in to every workspace, named or not, in their own name', async () => {
    roles = { ops: 'admin' }
    expect(await come('jobs', 'member')).toMatchObject(ok({ workspaceId: null, ...asUser }))
    expect(await come('jobs', 'member', '15214')).toMatchObject(ok({ workspaceId: '15214', ...asUser }))
  })

  it('lets a holder of the internal key in to every workspace, looked up nowhere', async () => {
    expect(await come('jobs', internalKey)).toMatchObject(ok({ workspaceId: null, ...asService }))
    expect(await come('jobs', internalKey, '15214')).toMatchObject(ok({ workspaceId: '15214', ...asService }))
    expect(await come('jobs', internalKey, 'a b')).toMatchObject(err({ code: 'invalid_parameter' }))
    expect(counted).toEqual([])
  })

  it.each([
    ['a member', { '15213': 'member' }, 'admin_required'],
    [
      "a member who is also one of the operators' workspace",
      { '15213': 'member', ops: 'member' },
      'admin_required',
    ],
    ['a stranger', {}, 'not_a_member'],
    ['a user whose role nobody can find out', { '15213': { code: 'auth_unavailable' } }, 'auth_unavailable'],
    [
      'a stranger whose role as an operator nobody can find out',
      { ops: { code: 'auth_unavailable' } },
      'auth_unavailable',
    ],
  ] as const)('refuses %s', async (_who, known, code) => {
    roles = known
    expect(await come('jobs', 'member', '15213')).toMatchObject(err({ code }))
  })

  it('refuses METRICS_TOKEN, which only reads figures', async () => {
    expect(await come('jobs', metricsToken, '15213')).toMatchObject(err({ code: 'token_invalid' }))
    expect(await come('queues', metricsToken)).toMatchObject(err({ code: 'token_invalid' }))
  })

  it('counts a user before the membership, and a workspace only for those who belong to it', async () => {
    await come('jobs', 'member', '15213')
    expect(counted).toEqual(['user user-1'])
  })
})

describe.each(['queues', 'queue-figures'] as const)('the door of %s', (door) => {
  it('lets operators in, whichever workspace the header names', async () => {
    roles = { ops: 'admin' }
    expect(await come(door, 'member', '15213')).toMatchObject(ok({ workspaceId: null, ...asUser }))
    expect(await come(door, internalKey)).toMatchObject(ok({ workspaceId: null, ...asService }))
  })

  it.each([
    ['an admin of another workspace', { '15213': 'admin' }, 'ops'],
    ["a member of the operators' workspace", { ops: 'member' }, 'ops'],
    ["an admin while no operators' workspace is configured", { '15213': 'admin' }, null],
  ] as const)('refuses %s', async (_who, known, operators) => {
    roles = known
    const refused = await come(door, 'member', '15213', operators)
    expect(refused).toEqual(err({ code: 'operator_required' }))
  })

  it('says what keeps it from finding out whether a user is an operator', async () => {
    roles = { ops: { code: 'auth_unavailable' } }
    expect(await come(door, 'member')).toEqual(err({ code: 'auth_unavailable' }))
    expect(await come(door, null)).toEqual(err({ code: 'token_missing' }))
  })
})

it('the door of figures lets METRICS_TOKEN in, as the service that it is for the origin', async () => {
  expect(await come('queue-figures', metricsToken)).toMatchObject(ok({ workspaceId: null, ...asService }))
})

describe('the door of the figures of mail', () => {
  it('lets the mail secret in to every workspace, or to the one that the header names', async () => {
    expect(await come('email-figures', emailSecret)).toMatchObject(ok({ workspaceId: null, ...asService }))
    expect(await come('email-figures', emailSecret, '15214')).toMatchObject(
      ok({ workspaceId: '15214', ...asService }),
    )
    expect(await come('email-figures', emailSecret, 'a b')).toMatchObject(err({ code: 'invalid_parameter' }))
  })

  it('lets in whoever the door of jobs lets in, and nobody else', async () => {
    roles = { '15213': 'admin' }
    expect(await come('email-figures', 'member', '15213')).toMatchObject(
      ok({ workspaceId: '15213', ...asUser }),
    )
    expect(await come('email-figures', 'member', '15214')).toEqual(err({ code: 'not_a_member' }))
    expect(await come('email-figures', internalKey)).toMatchObject(ok({ workspaceId: null, ...asService }))
    expect(await come('email-figures', metricsToken)).toMatchObject(err({ code: 'token_invalid' }))
  })

  it('is the only one that the mail secret opens', async () => {
    for (const door of ['jobs', 'queues', 'queue-figures'] as const)
      expect(await come(door, emailSecret, '15213')).toMatchObject(err({ code: 'token_invalid' }))
  })
})
