import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defaultCacheSettings, isCacheOn, lifetimeOf } from '../../../shared/contract/settings.ts'
import {
  boardIdSchema,
  campaignIdSchema,
  contactIdSchema,
  segmentIdSchema,
  userIdSchema,
} from '../../../shared/ids.ts'
import { resources } from '../../../shared/resources/index.ts'
import { defineResource } from '../../../shared/resources/resource.ts'
import type { Served } from '../../../shared/resources/served.ts'
import { cacheSettings } from '../../../shared/resources/workspace/cache-settings.ts'
import { workspaceTag } from '../../../shared/tags/tags.ts'
import { emptyWorkspace } from '../../support/entries.ts'

const declared = [...resources, cacheSettings]
const bytesOf = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))
const served: Served = {
  status: 'HIT',
  source: 'cloudflare_kv',
  ttlSeconds: 180,
  ageSeconds: 12,
  provedAgeSeconds: 0,
  edgeLocation: 'LAX',
  responseTimeMs: 12,
  retrievedAtMs: 1_750_000_000_000,
  isCacheEnabled: true,
  userId: userIdSchema.parse('user-1'),
}

describe('the declarations', () => {
  it('have names and routes of their own', () => {
    expect(new Set(declared.map(({ name }) => name)).size).toBe(declared.length)
    expect(new Set(declared.map(({ route }) => route)).size).toBe(declared.length)
  })

  it('are in an order in which a route with a name precedes one with a parameter in the same place', () => {
    const patternOf = (route: string) => new RegExp(`^${route.replaceAll(/\{[A-Za-z]+\}/g, '[^/]+')}$`)
    const shadowed = declared.filter(({ route }, place) =>
      declared.slice(0, place).some((earlier) => patternOf(earlier.route).test(route)),
    )
    expect(shadowed.map(({ route }) => route)).toEqual([])
  })
})

describe.each(declared.map((resource) => [resource.name, resource] as const))('%s', (_name, resource) => {
  const question = resource.parse(resource.example.path, resource.example.query)

  it('accepts its example, and its origin accepts the parameters that follow from it', () => {
    if (!question.ok) throw new Error('the example is a question')
    expect(question.value.resource).toBe(resource)
    expect(resource.params.safeParse(question.value.params).success).toBe(true)
    expect(resource.data.safeParse(resource.example.data).success).toBe(true)
  })

  it('presents its example as it declares, for users and for the backend', () => {
    const body = bytesOf(resource.example.data)
    expect(resource.isReadable(body)).toBe(true)
    for (const userId of [served.userId, null]) {
      const parts = resource.present(body, { ...served, userId })
      const answered: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
      expect(resource.answer.safeParse(answered)).toMatchObject({ success: true, data: answered })
    }
  })

  it('has the parameters of its path in its route, a name in kebab-case, and a version from 1', () => {
    const named = [...resource.route.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name]) => name)
    expect(named).toEqual(Object.keys(resource.path.shape))
    expect(resource.name).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(Number.isInteger(resource.version) && resource.version >= 1).toBe(true)
  })

  it('depends on its workspace, and some caller may read it', () => {
    if (!question.ok) throw new Error('the example is a question')
    const owner = question.value.sharing === 'user' ? served.userId : null
    expect(question.value.tagsFor(owner)).toContain(workspaceTag)
    expect(resource.callers.length).toBeGreaterThan(0)
  })

  it('warms questions that it would answer', () => {
    const workspace = {
      ...emptyWorkspace,
      boardIds: [boardIdSchema.parse('b1')],
      leadIds: [contactIdSchema.parse('k1')],
      campaignIds: [campaignIdSchema.parse('g1')],
      segmentIds: [segmentIdSchema.parse('s1')],
    }
    for (const { params } of resource.warmQuestions(workspace)) {
      expect(resource.params.safeParse(params).success).toBe(true)
    }
  })
})

/** The least that a declaration must say. */
const least = {
  name: 'plain',
  summary: 'A thing',
  description: 'A thing of these tests.',
  route: '/api/things/{id}',
  path: z.strictObject({ id: z.string() }),
  query: z.strictObject({ email: z.email(), limit: z.string().optional() }),
  params: z.strictObject({ id: z.string(), email: z.email() }),
  data: z.object({ name: z.string() }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 600,
  paramsOf: ({ id }: { id: string }, { email }: { email: string }) => ({ id, email }),
  tags: () => [workspaceTag],
  example: { path: { id: 'a' }, query: { email: 'a@example.com' }, data: { name: 'A' } },
} as const
const plain = defineResource(least)

describe('a declaration without its optional members', () => {
  const question = plain.questionOf({ id: 'a', email: 'a@example.com' })

  it('has no toggle, an absence with a sentence of its own code, and the member _cache', () => {
    expect(question.toggle).toBeNull()
    expect(plain.absence).toEqual({ code: 'not_found' })
    const parts = plain.present(bytesOf({ name: 'A' }), served)
    expect(JSON.parse(Buffer.concat(parts).toString('utf8'))).toEqual({
      name: 'A',
      _cache: {
        ...{ status: 'HIT', source: 'cloudflare_kv', ttl: 180, age: 12, proved_age: 0 },
        ...{ edge_location: 'LAX', response_time_ms: 12 },
      },
    })
  })

  it('is compared whole if only writes change it, and not at all if time does', () => {
    const body = bytesOf({ name: 'A' })
    expect(question.comparable?.(body)).toBe('{"name":"A"}')
    const timed = defineResource({ ...least, changes: 'time' })
    expect(timed.questionOf({ id: 'a', email: 'a@example.com' }).comparable).toBeNull()
  })

  it('has no next page, no warm-up and no embedded tags, and lacks no user', () => {
    const body = bytesOf({ name: 'A' })
    expect(question.next).toBeNull()
    expect(question.ownOf(body, userIdSchema.parse('user-1'))).toBeNull()
    expect(plain.warmQuestions(emptyWorkspace)).toEqual([])
    expect(plain.embeddedTags(body)).toEqual([])
  })
})

describe('a declaration about the deployment', () => {
  const ofDeployment = { ...least, callers: ['service'], scope: 'deployment' } as const

  it('has a lifetime of its own that is no setting of any workspace', () => {
    const resource = defineResource(ofDeployment)
    expect(resource).toMatchObject({ scope: 'deployment', ownLifetimeSeconds: null, ownToggle: null })
    const question = resource.questionOf({ id: 'a', email: 'a@example.com' })
    expect(lifetimeOf(question, defaultCacheSettings)).toBe(600)
    expect(isCacheOn(question, defaultCacheSettings)).toBe(true)
  })

  it.each([
    ['members', { callers: ['member', 'service'] as const }],
    ['one user', { sharing: 'user' as const }],
    ['a toggle', { toggle: true }],
    ['a lifetime of workspaces', { lifetime: 'contactsTTL' as const }],
    ['a warm-up', { warm: () => [] }],
  ])('is not for %s', (_what, changes) => {
    expect(() => defineResource({ ...ofDeployment, ...changes })).toThrow('resource of the deployment')
  })
})

it('a query parameter without a default that is not optional is required, in its schema and when it is missing', () => {
  const { required } = z.toJSONSchema(plain.query, { io: 'input' })
  expect(required).toEqual(['email'])
  const parsed = plain.parse({ id: 'a' }, {})
  expect(!parsed.ok && parsed.error.map(({ parameter }) => parameter)).toEqual(['email'])
})
