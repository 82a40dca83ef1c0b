import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { userIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createApp, routes } from '../../../worker/app.ts'
import type { Arrival } from '../../../worker/auth/admit.ts'
import type { Env } from '../../../worker/env.ts'
import type { Route } from '../../../worker/http/route.ts'
import type { Taken } from '../../../worker/rate-limits/limiter.ts'
import type { Services } from '../../../worker/services.ts'

/** The steps that a request causes, in their order. */
type Step = 'verify' | 'user limit' | 'membership' | 'workspace limit' | 'body' | 'work'
/** The step that stops the request; null if none does. */
type Stop = 'verify' | 'user limit' | 'membership' | 'workspace limit' | null

const chunkBytes = 512
const key = 'the internal key of these tests'
let steps: Step[]
let readBytes: number

beforeEach(() => {
  steps = []
  readBytes = 0
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

function note(step: Step): void {
  if (steps.at(-1) !== step) steps.push(step)
}

/** A limit that refuses the request if told to. */
function limitOf(scope: 'user' | 'workspace', isRefused: boolean) {
  return (): Taken => {
    note(`${scope} limit`)
    const allowance = { scope, requestsMax: 1, windowSeconds: 60, remaining: 0, resetSeconds: 1 }
    return { allowance, isRefused, refusal: null }
  }
}

/** A part that notes each call, and fails. */
function otherPart(): unknown {
  return new Proxy(() => undefined, {
    get: (_, name) => (name === 'then' ? undefined : otherPart()),
    apply() {
      note('work')
      return Promise.reject(new Error('no part of these tests'))
    },
  })
}

/** Parts that let a request through up to `stop` and note their calls. Every other call of a route counts as work. */
function servicesUpTo(stop: Stop): Services {
  const principal = { userId: userIdSchema.parse('user-1'), token: 'a.b.c', workspaces: null, expiresAtMs: 0 }
  const parts: Record<string, unknown> = {
    config: {
      ...{ allowedOrigins: [], internalAuthKey: key, metricsToken: null, operatorsWorkspaceId: '15213' },
      requestLog: { level: 'silent', sampleRate: 0 },
    },
    clock: { now: () => 0, schedule: () => () => undefined },
    metrics: { recorder: { record: () => undefined }, flushSoon: () => null },
    bearer: {
      async authenticate() {
        note('verify')
        return stop === 'verify' ? err({ code: 'token_invalid' }) : ok(principal)
      },
    },
    rateLimits: {
      user: limitOf('user', stop === 'user limit'),
      workspace: limitOf('workspace', stop === 'workspace limit'),
    },
    redis: { servers: [], namespaces: {} },
    regions: { nearness: null },
    voicePlatform: { verify: readToVerify, verifySigned: readToVerify },
    emailSender: { verify: readToVerify, holdsSecret: async () => false },
    memberships: {
      async roleOf() {
        note('membership')
        return stop === 'membership' ? err({ code: 'not_a_member' }) : ok('admin')
      },
    },
  }
  const known = (name: string | symbol) => typeof name === 'string' && Object.hasOwn(parts, name)
  const watched = new Proxy(parts, {
    get: (target, name) => (known(name) ? target[String(name)] : otherPart()),
  })
  return watched as unknown as Services
}

/** A signature is verified by the whole body. */
async function readToVerify(arrival: Pick<Arrival, 'readRaw'>) {
  const body = await arrival.readRaw()
  return body.ok ? ok(null) : body
}

/** A body of spaces followed by `text`, which notes how much of it is read. */
function bodyOf(text: string, lengthBytes: number): ReadableStream<Uint8Array> {
  let leftBytes = lengthBytes - text.length
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        note('body')
        const piece = leftBytes > 0 ? ' '.repeat(Math.min(chunkBytes, leftBytes)) : text
        readBytes += piece.length
        leftBytes -= piece.length
        controller.enqueue(new TextEncoder().encode(piece))
        if (piece === text) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

interface Sent {
  readonly stop: Stop
  readonly hasHeader?: boolean
  readonly authorization?: string
  readonly text?: string
  readonly lengthBytes?: number
}

async function send(route: Route, sent: Sent): Promise<number> {
  const { stop, hasHeader = true, authorization = 'Bearer a.b.c', text = '{}', lengthBytes = 0 } = sent
  const path = route.path.replace('{queue}', 'messages').replaceAll(/\{\w+\}/g, '15213')
  // The only query that a route with a body requires.
  const query = route.path === '/api/admin/redis' && route.method === 'DELETE' ? '?database=cache' : ''
  const request = new Request(`https://boardcache.test${path}${query}`, {
    method: route.method,
    headers: { Authorization: authorization, ...(hasHeader ? { 'X-Workspace-ID': '15213' } : {}) },
    ...(route.method === 'GET' ? {} : { body: bodyOf(text, lengthBytes), duplex: 'half' }),
  })
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  const response = await createApp(() => servicesUpTo(stop)).fetch(request, {} as Env, context)
  return response.status
}

const named = (route: Route) => [`${route.method} ${route.path}`, route] as const
const ofUsers = routes.filter(({ access }) =>
  [
    ...['member', 'admin', 'reader', 'operator', 'alert-settings', 'jobs'],
    ...['operator-named', 'operator-reading'],
  ].includes(access),
)
const withBody = routes.filter(({ takes }) => takes.body !== undefined)
const namesWorkspaceInBody = (route: Route) => route.takes.body?.namesWorkspace === true

describe.each(ofUsers.map(named))('%s', (_name, route) => {
  it.each([
    ['verify', 401, ['verify']],
    ['user limit', 429, ['verify', 'user limit']],
    ['membership', 403, ['verify', 'user limit', 'membership']],
    ['workspace limit', 429, ['verify', 'user limit', 'membership', 'workspace limit']],
  ] as const)('stops at the %s, and has done and read nothing beyond it', async (stop, status, expected) => {
    expect(await send(route, { stop, lengthBytes: limits.requestBodyBytesMax })).toBe(status)
    expect(steps).toEqual(expected)
  })

  it('lets a member in in this order, and reads a body only then', async () => {
    await send(route, { stop: null, text: '{"workspaceId":"15213"}' })
    expect(steps.slice(0, 4)).toEqual(['verify', 'user limit', 'membership', 'workspace limit'])
    expect(steps.slice(0, 4)).not.toContain('body')
  })
})

describe.each(routes.filter(({ access }) => access === 'internal-key').map(named))('%s', (_name, route) => {
  it.each(['Bearer wrong', 'Bearer a.b.c', 'nonsense'])('reads nothing for %s', async (authorization) => {
    expect(await send(route, { stop: null, authorization })).toBe(401)
    expect(steps).toEqual([])
  })
})

describe.each(withBody.map(named))('the body of %s', (_name, route) => {
  it('is read no further than its schema needs', async () => {
    const bytesMax = route.takes.body?.bytesMax ?? 0
    const authorization = route.access === 'internal-key' ? `Bearer ${key}` : 'Bearer a.b.c'
    const sent = {
      stop: null,
      authorization,
      lengthBytes: 4 * Math.max(bytesMax, limits.requestBodyBytesMax),
    }
    expect(await send(route, sent)).toBe(413)
    expect(readBytes).toBeGreaterThan(bytesMax)
    expect(readBytes).toBeLessThanOrEqual(bytesMax + chunkBytes)
  })
})

describe.each(routes.filter(namesWorkspaceInBody).map(named))('%s without X-Workspace-ID', (_name, route) => {
  const sent = { hasHeader: false, text: '{"workspaceId":"15213"}' }

  it.each([
    ['verify', 401, ['verify']],
    ['user limit', 429, ['verify', 'user limit']],
    ['membership', 403, ['verify', 'user limit', 'body', 'membership']],
    ['workspace limit', 429, ['verify', 'user limit', 'body', 'membership', 'workspace limit']],
  ] as const)(
    'reads its tiny body once the user is known and within their limit, and stops at the %s',
    async (...row) => {
      const [stop, status, expected] = row
      expect(await send(route, { ...sent, stop })).toBe(status)
      expect(steps).toEqual(expected)
    },
  )

  it('reads no more of a large one than of a tiny one', async () => {
    expect(await send(route, { ...sent, stop: null, lengthBytes: limits.requestBodyBytesMax })).toBe(413)
    expect(readBytes).toBeLessThanOrEqual(limits.workspaceBodyBytesMax + chunkBytes)
    expect(steps).toEqual(['verify', 'user limit', 'body'])
  })

  it('is refused if header and body name different workspaces', async () => {
    expect(await send(route, { stop: null, text: '{"workspaceId":"15214"}' })).toBe(400)
    expect(steps).not.toContain('work')
  })
})
