import { exports } from 'cloudflare:workers'
import { describe, expect, it, test } from 'vitest'
import { errorBodySchema, type WireErrorCode, wireErrors } from '../../shared/contract/errors.ts'
import { routes } from '../../worker/app.ts'
import type { Access } from '../../worker/auth/callers.ts'
import type { Route } from '../../worker/http/route.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

/*
 * The requests that every route refuses, whatever it does. The routes and their declarations are those of the Worker's own table, so a new one is in
 * these tests at once.
 */

const tokenFor = async (workspace: string) => workerTokenFor({ [workspace]: 'admin' })
const workspace = { 'X-Workspace-ID': '15213' }
const key = { ...workspace, Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` }
const admin = { ...workspace, Authorization: `Bearer ${await tokenFor('15213')}` }
const stranger = { ...workspace, Authorization: `Bearer ${await tokenFor('15214')}` }
const metrics = { ...workspace, Authorization: `Bearer ${workerTestBindings.METRICS_TOKEN}` }

interface Door {
  /** Headers that the door accepts. */
  readonly admitted: Record<string, string>
  /** The error for an admin of another workspace. */
  readonly stranger: WireErrorCode
  /** The doors of callers without a token have errors of their own. */
  readonly nobody: WireErrorCode
  readonly nonsense: WireErrorCode
}

const ofUsers = { nobody: 'token_missing', nonsense: 'token_invalid', stranger: 'not_a_member' } as const
const ofOperators = { ...ofUsers, admitted: key, stranger: 'operator_required' } as const
const ofKey = {
  admitted: key,
  nobody: 'key_invalid',
  nonsense: 'key_invalid',
  stranger: 'key_invalid',
} as const
/** Null: anybody may come in, or the voice platform or a sender of mail, whose doors have tests of their own. */
const doors: Readonly<Record<Access, Door | null>> = {
  public: null,
  'metrics-token': null,
  'voice-platform': null,
  'voice-signature': null,
  'email-sender': null,
  member: { ...ofUsers, admitted: admin },
  admin: { ...ofUsers, admitted: admin },
  live: { ...ofUsers, admitted: admin },
  reader: { ...ofUsers, admitted: admin },
  'reader-or-service': { ...ofUsers, admitted: key },
  'service-or-admin': { ...ofUsers, admitted: key },
  jobs: { ...ofUsers, admitted: key },
  'email-figures': { ...ofUsers, admitted: key },
  operator: { ...ofUsers, admitted: metrics },
  queues: ofOperators,
  'queue-figures': ofOperators,
  'alert-settings': ofOperators,
  'operator-named': ofOperators,
  'operator-reading': ofOperators,
  'internal-key': ofKey,
  service: ofKey,
}

const guarded = routes.flatMap((route) => {
  const door = doors[route.access]
  return door === null ? [] : [{ ...route, route, door, name: `${route.method} ${route.path}` }]
})

const values: Readonly<Record<string, string>> = {
  ...{ workspaceId: '15213', queue: 'messages', folder: 'inbox' },
  deliveryId: '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a10',
}

/** The route's path with a value in each place, or `odd` in one of them. */
function pathOf({ path }: Pick<Route, 'path'>, odd: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => odd[name] ?? values[name] ?? 'x1')
}

async function refusal(method: string, path: string, headers: Record<string, string>, body?: BodyInit) {
  const response = await exports.default.fetch(`https://boardcache.test${path}`, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body }),
  })
  const { code, details = [] } = errorBodySchema.parse(await response.json())
  expect(response.status).toBe(wireErrors[code].status)
  const parameters = details.map(({ parameter }) => parameter)
  return { code, parameters, allow: response.headers.get('Allow') }
}

/** The parameters without which a route looks no further. */
const needed: Readonly<Record<string, string>> = { 'DELETE /api/admin/redis': '?database=cache' }

type Guarded = (typeof guarded)[number]

/** A body that the route must not read: none has this length, so a route that read it would say so. */
const unreadBy = ({ takes }: Guarded) =>
  takes.body === undefined ? undefined : 'x'.repeat(takes.body.bytesMax + 1)

describe.each(guarded)('$name refuses before it reads a body', (guard) => {
  const { route, method, door } = guard

  it.each(['nobody', 'nonsense', 'stranger'] as const)('%s', async (who) => {
    const headers = {
      nobody: workspace,
      nonsense: { ...workspace, Authorization: 'Bearer nonsense' },
      stranger,
    }
    expect((await refusal(method, pathOf(route), headers[who], unreadBy(guard))).code).toBe(door[who])
  })
})

const parametersOf = ({ path }: Pick<Guarded, 'path'>) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

it.each(guarded.filter((guard) => parametersOf(guard).length > 0))(
  '$name names the parameter of its path that has another form',
  async ({ route, method, door }) => {
    for (const parameter of parametersOf(route)) {
      // A space is in no id, folder, queue or state.
      const odd = pathOf(route, { [parameter]: 'a%20b' })
      const { code, parameters } = await refusal(method, odd, door.admitted)
      expect([code, parameters]).toEqual(['invalid_parameter', expect.arrayContaining([parameter])])
    }
  },
)

it.each(guarded.filter(({ takes }) => takes.query !== undefined))(
  '$name refuses a parameter that it does not know, or one twice',
  async ({ route, method, door }) => {
    for (const query of ['unheard=1', '__proto__=1', 'unheard=1&unheard=1']) {
      const { code, parameters } = await refusal(method, `${pathOf(route)}?${query}`, door.admitted)
      expect([code, parameters]).toEqual(['invalid_parameter', expect.arrayContaining([query.split('=')[0]])])
    }
  },
)

it.each(guarded.filter(({ takes }) => takes.body !== undefined))(
  '$name refuses a body that is too large, broken or of another form',
  async (guard) => {
    const { route, method, name, door } = guard
    const code = async (body: BodyInit) =>
      (await refusal(method, `${pathOf(route)}${needed[name] ?? ''}`, door.admitted, body)).code
    expect(await code(unreadBy(guard) ?? '')).toBe('body_too_large')
    for (const broken of ['', '{', '{"a":1', 'nonsense', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])])
      expect(await code(broken)).toBe('invalid_json')
    const deep = '['.repeat(100) + ']'.repeat(100)
    for (const other of [
      'null',
      '[]',
      '"text"',
      '7',
      deep,
      '{"unheard":1}',
      '{"__proto__":{}}',
      '{"\\u0000":1}',
    ])
      expect([other, await code(other)]).toEqual([other, 'invalid_body'])
  },
)

test.each([...new Set(routes.map(({ path }) => path))])('%s names the methods that it has', async (path) => {
  const reaching = routes.filter((route) => patternOf(route.path).test(pathOf({ path })))
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) =>
    reaching.every((route) => route.method !== method),
  )
  for (const method of methods) {
    const { code, allow } = await refusal(method, pathOf({ path }), key)
    expect([method, code]).toEqual([method, 'method_not_allowed'])
    for (const route of routes.filter((each) => each.path === path)) expect(allow).toContain(route.method)
  }
})

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
