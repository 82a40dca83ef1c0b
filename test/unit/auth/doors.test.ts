import { beforeEach, describe, expect, it, test } from 'vitest'
import type { WireError } from '../../../shared/contract/errors.ts'
import { deploymentId, userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { Arrival, DoorParts } from '../../../worker/auth/admit.ts'
import { doors } from '../../../worker/auth/admit.ts'
import type { Access } from '../../../worker/auth/callers.ts'

const internalKey = 'the internal key of these tests'
const metricsToken = 'the metrics token of these tests'
const member = { userId: userIdSchema.parse('user-1'), token: 'member', workspaces: null, expiresAtMs: 0 }
let counted: string[]
let role: Result<'admin' | 'member', WireError>

beforeEach(() => {
  counted = []
  role = ok('member')
})

/** Parts that know one user, by the token `member`. */
function parts(operatorsWorkspaceId: string | null = null): DoorParts {
  const take = (scope: 'user' | 'workspace') => (id: string) => {
    counted.push(`${scope} ${id}`)
    const allowance = { scope, requestsMax: 9, windowSeconds: 60, remaining: 8, resetSeconds: 1 }
    return { allowance, isRefused: false, refusal: null }
  }
  return {
    bearer: {
      async authenticate(header) {
        if (header === null) return err({ code: 'token_missing' })
        return header === 'Bearer member' ? ok(member) : err({ code: 'token_invalid' })
      },
      authenticateToken: (token) => (token === 'member' ? ok(member) : err({ code: 'token_invalid' })),
    },
    memberships: { roleOf: () => role },
    voicePlatform: {
      verify: async () => ok(null),
      verifySigned: async () => err({ code: 'signature_invalid' }),
    },
    emailSender: { verify: async () => ok(null), holdsSecret: async () => false },
    rateLimits: { user: take('user'), workspace: take('workspace') },
    config: {
      internalAuthKey: internalKey,
      metricsToken,
      operatorsWorkspaceId:
        operatorsWorkspaceId === null ? null : workspaceIdSchema.parse(operatorsWorkspaceId),
    },
  }
}

function arrival(headers: Record<string, string>, services = parts()): Arrival {
  return {
    services,
    method: 'GET',
    headers: new Headers(headers),
    requestId: 'request-1',
    trace: { traceId: `${'0'.repeat(31)}1`, flags: '00', state: null },
    notes: { limits: [] },
    workspaceInUrl: undefined,
    isNamedByBody: false,
    readNaming: () => Promise.reject(new Error('no body is read here')),
    readRaw: () => Promise.reject(new Error('no body is read here')),
    keepAlive: () => undefined,
  }
}

const asService = { Authorization: `Bearer ${internalKey}`, 'X-Workspace-ID': '15213' }
const asMember = { Authorization: 'Bearer member', 'X-Workspace-ID': '15213' }

describe('a service that reads a resource', () => {
  it('is let in by the internal key and a workspace, counted against no limit and looked up nowhere', async () => {
    role = err({ code: 'not_a_member' })
    const at = arrival(asService)
    expect(await doors['reader-or-service'](at)).toMatchObject(
      ok({ kind: 'service', workspaceId: '15213', userId: null, mayLoad: true, wantsExplanation: false }),
    )
    expect([counted, at.notes.limits]).toEqual([[], []])
  })

  it("calls the origin in no user's name, and names the user that it reads for if there is one", async () => {
    const admitted = await doors['reader-or-service'](arrival({ ...asService, 'X-User-ID': 'user-7' }))
    expect(admitted).toMatchObject(ok({ userId: 'user-7', caller: { kind: 'service', userId: 'user-7' } }))
    expect(counted).toEqual([])
  })

  it.each([
    ['workspace_missing', { Authorization: asService.Authorization }],
    ['invalid_parameter', { ...asService, 'X-Workspace-ID': 'a/b' }],
    ['invalid_parameter', { ...asService, 'X-User-ID': 'a b' }],
    ['token_invalid', { ...asService, Authorization: `Bearer ${internalKey}x` }],
    ['token_missing', { 'X-Workspace-ID': '15213' }],
  ])('is refused with %s: %j', async (code, headers) => {
    expect(await doors['reader-or-service'](arrival(headers))).toMatchObject(err({ code }))
  })

  it('is not let in if the resource is for members only', async () => {
    expect(await doors.reader(arrival(asService))).toEqual(err({ code: 'token_invalid' }))
  })

  it('sees only cached answers of it with X-Explain', async () => {
    const explained = arrival({ ...asService, 'X-Explain': '1' })
    expect(await doors.reader(explained)).toMatchObject(ok({ wantsExplanation: true, mayLoad: false }))
  })

  it('names the workspace of the path as members do', async () => {
    const inPath = { ...arrival({ Authorization: asService.Authorization }), workspaceInUrl: '15214' }
    expect(await doors['reader-or-service'](inPath)).toMatchObject(ok({ workspaceId: '15214' }))
    const differing = { ...arrival(asService), workspaceInUrl: '15214' }
    expect(await doors['reader-or-service'](differing)).toEqual(err({ code: 'workspace_mismatch' }))
  })
})

describe('a service that reads what belongs to the deployment', () => {
  const key = { Authorization: asService.Authorization }

  it('is let in by the internal key alone, and no header makes it another workspace or another user', async () => {
    for (const headers of [
      key,
      { ...asService, 'X-User-ID': 'user-7' },
      { ...key, 'X-Workspace-ID': 'a/b' },
    ]) {
      const at = arrival(headers)
      const caller = { kind: 'service', userId: null }
      const reader = { ...caller, workspaceId: deploymentId, mayLoad: true, wantsExplanation: false, caller }
      expect(await doors.service(at)).toMatchObject(ok(reader))
      expect([counted, at.notes]).toEqual([[], { limits: [] }])
    }
  })

  it('gets an explanation if it wants one, and members never get in', async () => {
    expect(await doors.service(arrival({ ...key, 'X-Explain': '1' }))).toMatchObject(
      ok({ wantsExplanation: true }),
    )
    expect(await doors.service(arrival({ ...key, 'X-Explain': 'yes' }))).toMatchObject(
      err({ code: 'invalid_parameter' }),
    )
    for (const headers of [
      asMember,
      { 'X-Workspace-ID': '15213' },
      { Authorization: `${key.Authorization}x` },
    ])
      expect(await doors.service(arrival(headers))).toEqual(err({ code: 'key_invalid' }))
  })

  it.each(['reader', 'reader-or-service', 'member', 'admin'] as const)(
    'is named by nobody, whatever their key or token (%s)',
    async (access) => {
      for (const headers of [asService, asMember]) {
        const named = await doors[access](arrival({ ...headers, 'X-Workspace-ID': deploymentId }))
        expect(named.ok).toBe(false)
        const inPath = { ...arrival({ Authorization: headers.Authorization }), workspaceInUrl: deploymentId }
        expect((await doors[access](inPath)).ok).toBe(false)
      }
    },
  )
})

describe('a member who reads a resource', () => {
  it.each(['admin', 'member'] as const)('is let in with the role %s that the door found', async (found) => {
    role = ok(found)
    expect(await doors['reader-or-service'](arrival(asMember))).toMatchObject(ok({ role: found }))
  })

  it.each(['reader', 'reader-or-service'] as const)('is counted against the limits (%s)', async (access) => {
    expect(await doors[access](arrival(asMember))).toMatchObject(ok({ kind: 'member', userId: 'user-1' }))
    expect(counted).toEqual(['user user-1', 'workspace 15213'])
  })

  it.each([
    ['0', ok({ wantsExplanation: false })],
    ['1', err({ code: 'admin_required' })],
    ['yes', err({ code: 'invalid_parameter' })],
  ])('gets with X-Explain: %s %j', async (value, expected) => {
    expect(await doors.reader(arrival({ ...asMember, 'X-Explain': value }))).toMatchObject(expected)
  })

  it('gets an explanation as an admin', async () => {
    role = ok('admin')
    expect(await doors.reader(arrival({ ...asMember, 'X-Explain': '1' }))).toMatchObject(
      ok({ wantsExplanation: true, mayLoad: true }),
    )
  })
})

describe('each kind of access', () => {
  const key = `Bearer ${internalKey}`
  const token = `Bearer ${metricsToken}`
  type Kind = Exclude<Access, 'voice-platform' | 'voice-signature' | 'email-sender'>
  /** All of them: a new one does not compile until it is here. The doors of the voice platform and of mail have tests of their own. */
  const listed: Readonly<Record<Kind, true>> = {
    ...{ public: true, 'metrics-token': true, 'internal-key': true, member: true, admin: true, reader: true },
    ...{ 'reader-or-service': true, service: true, 'service-or-admin': true, operator: true, jobs: true },
    ...{ queues: true, 'queue-figures': true, 'alert-settings': true, 'email-figures': true },
    ...{ 'operator-named': true, 'operator-reading': true, live: true },
  }
  const kinds = Object.keys(listed) as Kind[]
  const letIn = async (authorization: string | undefined, operators: string | null = null) => {
    const headers = {
      'X-Workspace-ID': '15213',
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    }
    const kindsLetIn: Kind[] = []
    for (const kind of kinds) {
      if ((await doors[kind](arrival(headers, parts(operators)))).ok) kindsLetIn.push(kind)
    }
    return kindsLetIn
  }

  test.each([
    ['nobody', undefined, 'member', ['public']],
    ['nonsense', 'Bearer nonsense', 'member', ['public']],
    ['a member', 'Bearer member', 'member', ['public', 'member', 'reader', 'reader-or-service', 'live']],
    [
      'an admin of just any workspace',
      'Bearer member',
      'admin',
      [
        ...['public', 'member', 'admin', 'reader', 'reader-or-service', 'service-or-admin'],
        ...['operator', 'jobs', 'email-figures', 'live'],
      ],
    ],
    [
      'a holder of the internal key',
      key,
      'member',
      [
        ...['public', 'internal-key', 'reader-or-service', 'service', 'service-or-admin', 'jobs'],
        ...['queues', 'queue-figures', 'alert-settings', 'email-figures', 'operator-named'],
        'operator-reading',
      ],
    ],
    [
      'a holder of METRICS_TOKEN',
      token,
      'member',
      ['public', 'metrics-token', 'operator', 'queue-figures', 'operator-reading'],
    ],
  ] as const)(
    'lets %s in where it says so, and nowhere else',
    async (_who, authorization, known, expected) => {
      role = ok(known)
      expect(await letIn(authorization)).toEqual(expected)
    },
  )

  test('lets an admin of the operators’ workspace set alerts', async () => {
    role = ok('admin')
    expect(await letIn('Bearer member', '15213')).toEqual(
      expect.arrayContaining([
        ...['alert-settings', 'operator-named', 'operator-reading'],
        ...['queues', 'queue-figures'],
      ]),
    )
  })

  const operators: readonly Access[] = [
    'alert-settings',
    'operator-named',
    'operator-reading',
    'queues',
    'queue-figures',
  ]

  test.each<[string, typeof role, string | null]>([
    ['a member of the operators’ workspace', ok('member'), '15213'],
    ['an admin of another workspace', err({ code: 'not_a_member' }), '15213'],
    ['an admin while the deployment has no operators’ workspace', ok('admin'), null],
    ['a member while the deployment has no operators’ workspace', ok('member'), null],
  ])('refuses %s with one code wherever operators are needed', async (_who, known, workspace) => {
    role = known
    const answers = operators.map((kind) => doors[kind](arrival(asMember, parts(workspace))))
    for (const answer of await Promise.all(answers))
      expect(answer).toEqual(err({ code: 'operator_required' }))
  })

  test('refuses whoever may not read the figures with what is missing there', async () => {
    role = ok('member')
    const refused = (workspace: string | null) => doors.operator(arrival(asMember, parts(workspace)))
    expect(await refused('15213')).toEqual(err({ code: 'operator_required' }))
    expect(await refused(null)).toEqual(err({ code: 'admin_required' }))
  })

  test('says what keeps it from finding out whether a user is an operator', async () => {
    role = err({ code: 'auth_unavailable' })
    for (const kind of operators)
      expect(await doors[kind](arrival(asMember, parts('15213')))).toEqual(err({ code: 'auth_unavailable' }))
  })

  test('names the operator whose action is written down', async () => {
    role = ok('admin')
    const asKeyHolder = await doors['operator-named'](arrival({ Authorization: key }, parts('15213')))
    expect(asKeyHolder).toEqual(ok({ by: { kind: 'internal-key', userId: null, workspaceId: null } }))
    const asAdmin = await doors['operator-named'](arrival(asMember, parts('15213')))
    expect(asAdmin).toEqual(ok({ by: { kind: 'user', userId: 'user-1', workspaceId: '15213' } }))
  })
})

describe('a decision of the platform, while Redis cannot be reached,', () => {
  const decided = (method: string, refusal: Promise<boolean>) => {
    const services = parts()
    const take = () => ({
      allowance: { scope: 'user' as const, requestsMax: 9, windowSeconds: 60, remaining: 8, resetSeconds: 7 },
      isRefused: false,
      refusal,
    })
    const limited = { ...services, rateLimits: { user: take, workspace: null } }
    return doors.member({ ...arrival(asMember, limited), method })
  }

  it.each(['POST', 'PATCH', 'DELETE'])('is waited for by a %s', async (method) => {
    const refused = err({ code: 'rate_limited', retryAfterSeconds: 7 })
    expect(await decided(method, Promise.resolve(true))).toEqual(refused)
    expect(await decided(method, Promise.resolve(false))).toMatchObject({ ok: true })
  })

  it.each(['GET', 'HEAD'])('keeps no %s waiting', async (method) => {
    expect(await decided(method, new Promise(() => undefined))).toMatchObject({ ok: true })
  })
})

describe('an operator with an open stream', () => {
  it('is still let in while they are an admin, and counted no second time', async () => {
    role = ok('admin')
    const admitted = await doors.operator(arrival(asMember))
    if (!admitted.ok) throw new Error('an admin is let in')
    counted = []
    expect(await admitted.value.isStillLetIn()).toBe(true)
    for (const now of [ok('member' as const), err({ code: 'not_a_member' as const })]) {
      role = now
      expect(await admitted.value.isStillLetIn()).toBe(false)
    }
    expect(counted).toEqual([])
  })
})
