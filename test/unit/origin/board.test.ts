import { Queue } from 'bullmq'
import { beforeEach, describe, expect, test } from 'vitest'
import { outlineOf } from '../../../origin/board/data-outline.ts'
import { createLoginAttempts } from '../../../origin/board/login-attempts.ts'
import { queueNames } from '../../../shared/contract/queue-names.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createStubQueues, type StubQueues } from '../../support/stub-queues.ts'
import { createOrigin, internalAuthKey, nowMs } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'

const own = workspaceIdSchema.parse('15213')
const login = { username: 'ops', password: 'a long enough password' }

let queues: StubQueues
let clock: FakeClock

beforeEach(() => {
  queues = createStubQueues(nowMs)
  clock = createFakeClock(nowMs)
  removed = []
  boardQueues = []
})

const originWith = (board: typeof login | null = login) => createWith(board).app

function createWith(board: typeof login | null = login) {
  return createOrigin({
    clock,
    database: createPromptDatabase(() => null),
    ...(board === null ? {} : { board }),
    queueBackend: {
      queues,
      database: { query: () => Promise.reject(new Error('no database')) },
      boardQueues: () => boardQueues,
      close: async () => undefined,
    },
  })
}

let removed: string[]
let boardQueues: readonly Queue[]

/** BullMQ's own view of a queue, of which the board needs one call only. */
function boardQueueOf(name: string): Queue {
  const getJob = async (id: string) => ({ remove: async () => void removed.push(`${name} ${id}`) })
  return Object.assign(Object.create(Queue.prototype), { name, getJob })
}

const sameSite = { 'Sec-Fetch-Site': 'same-origin' }

async function signIn(app = originWith(), form: Record<string, string> = login, headers = {}) {
  return app.request('https://origin.test/admin/queues/login', {
    method: 'POST',
    headers: { ...sameSite, ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
}

const cookieOf = (response: Response) => (response.headers.get('Set-Cookie') ?? '').split(';')[0] ?? ''

describe('the board', () => {
  test('is not there unless its login is configured', async () => {
    for (const path of ['/admin/queues', '/admin/queues/login', '/admin/queues/api/queues']) {
      const response = await originWith(null).request(path)
      expect([path, response.status, await response.json()]).toMatchObject([
        path,
        404,
        { code: 'route_not_found' },
      ])
    }
  })

  test('sends everybody without a session to its login, and answers nothing else', async () => {
    const app = originWith()
    const page = await app.request('/admin/queues')
    expect([page.status, page.headers.get('Location')]).toEqual([303, '/admin/queues/login'])
    for (const cookie of ['', 'boardcache_board=x', 'boardcache_board=9999999999.abc.def']) {
      const data = await app.request('/admin/queues/api/queues', { headers: { Cookie: cookie } })
      expect(data.status).toBe(401)
      const change = await app.request('/admin/queues/api/queues/ai/pause', {
        method: 'PUT',
        headers: { Cookie: cookie, ...sameSite },
      })
      expect(change.status).toBe(401)
    }
    expect(queues.calls).toEqual([])
  })

  test('is not opened by the internal key', async () => {
    const headers = { Authorization: `Bearer ${internalAuthKey}` }
    expect((await originWith().request('/admin/queues/api/queues', { headers })).status).toBe(401)
  })

  test('opens for its name and password, with a cookie that no script and no other site can use', async () => {
    const app = originWith()
    const response = await signIn(app)
    expect([response.status, response.headers.get('Location')]).toEqual([303, '/admin/queues'])
    const cookie = response.headers.get('Set-Cookie') ?? ''
    for (const attribute of [
      'HttpOnly',
      'SameSite=Strict',
      'Secure',
      'Path=/admin/queues',
      'Max-Age=28800',
    ]) {
      expect(cookie).toContain(attribute)
    }
    const page = await app.request('/admin/queues', { headers: { Cookie: cookieOf(response) } })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Boardcache queues')
  })

  test.each([
    ['another name', { ...login, username: 'root' }],
    ['another password', { ...login, password: 'password' }],
    ['nothing', { username: '', password: '' }],
    ['no fields', {}],
    ['a field twice', { 'username=ops&password=x&password': login.password }],
  ])('stays closed for %s', async (_what, form) => {
    const response = await signIn(originWith(), form as Record<string, string>)
    expect([response.status, response.headers.get('Set-Cookie')]).toEqual([401, null])
  })

  test.each(['a%00b', '%E0%A4%A', '%ff'])('refuses a URL that cannot be decoded: %s', async (id) => {
    const app = originWith()
    const headers = { ...sameSite, Cookie: cookieOf(await signIn(app)) }
    for (const [method, path] of [
      ['GET', `messages/${id}`],
      ['PUT', `messages/${id}/retry`],
      ['GET', `messages/x?status=${id}`],
    ] as const) {
      const response = await app.request(`/admin/queues/api/queues/${path}`, { method, headers })
      expect([method, response.status]).toEqual([method, 400])
    }
    expect(queues.calls).toEqual([])
  })

  test('says no more than that the queues do not answer if Bull Board fails', async () => {
    const broken = Object.assign(Object.create(Queue.prototype), {
      ...{ name: 'messages', opts: {} },
      getJob: () => Promise.reject(new Error('a secret of the database')),
    })
    boardQueues = [broken]
    const app = originWith()
    const headers = { Cookie: cookieOf(await signIn(app)) }
    const response = await app.request('/admin/queues/api/queues/messages/7', { headers })
    expect([response.status, await response.json()]).toEqual([503, { error: 'The queues do not answer.' }])
  })

  test.each([
    ['is larger than a form can be', 413, 'x'.repeat(limits.boardLoginBodyBytesMax + 1)],
    ['breaks off', 400, new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) })],
  ])('stays closed for a form that %s, and says so', async (_what, status, body) => {
    const response = await originWith().request('/admin/queues/login', {
      ...{ method: 'POST', headers: sameSite, body, duplex: 'half' },
    })
    expect([response.status, response.headers.get('Set-Cookie')]).toEqual([status, null])
    expect(await response.text()).toContain('did not arrive whole, or is too large')
  })

  test('lets an address try a few times only, whatever it sends then, and again after a while', async () => {
    const app = originWith()
    const wrong = { ...login, password: 'not the password' }
    for (let each = 0; each < limits.boardAttemptsMax; each += 1) {
      expect((await signIn(app, wrong)).status).toBe(401)
    }
    const refused = await signIn(app)
    expect([refused.status, Number(refused.headers.get('Retry-After')) > 0]).toEqual([429, true])
    await clock.advance(2 * limits.boardAttemptsWindowMs)
    expect((await signIn(app)).status).toBe(303)
  })

  test('ends a session after its time, at the end of it, and for everybody with a new password', async () => {
    const app = originWith()
    const open = async (cookie: string, at = app) =>
      (await at.request('/admin/queues', { headers: { Cookie: cookie } })).status === 200
    const first = cookieOf(await signIn(app))
    const second = cookieOf(await signIn(app))
    await app.request('/admin/queues/logout', { method: 'POST', headers: { ...sameSite, Cookie: first } })
    expect([await open(first), await open(second)]).toEqual([false, true])
    expect(await open(second, originWith())).toBe(true)
    expect(await open(second, originWith({ ...login, password: 'another long password' }))).toBe(false)
    await clock.advance(limits.boardSessionSeconds * 1_000)
    expect(await open(second)).toBe(false)
  })

  test.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a sibling of its site', { 'Sec-Fetch-Site': 'same-site' }],
    ['another origin', { Origin: 'https://evil.test', Host: 'origin.test' }],
    ['nobody knows where', {}],
  ])('refuses a change that comes from %s, with a session or not', async (_where, from) => {
    const app = originWith()
    const cookie = cookieOf(await signIn(app))
    const headers = { Cookie: cookie, ...from } as Record<string, string>
    const change = await app.request('/admin/queues/api/queues/ai/pause', { method: 'PUT', headers })
    expect([change.status, queues.calls]).toEqual([403, []])
    const body = new URLSearchParams(login).toString()
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const attempt = await app.request('/admin/queues/login', {
      method: 'POST',
      headers: { ...from, ...type } as Record<string, string>,
      body,
    })
    expect(attempt.status).toBe(403)
  })

  test('takes the word of an older browser for where a change comes from', async () => {
    const response = await originWith().request('/admin/queues/login', {
      method: 'POST',
      headers: {
        ...{ Origin: 'https://origin.test', Host: 'origin.test' },
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(login).toString(),
    })
    expect(response.status).toBe(303)
  })

  test('has a policy on every answer that lets no foreign and no inline script run', async () => {
    const app = originWith()
    const cookie = cookieOf(await signIn(app))
    for (const path of ['', '/login', '/api/queues', '/no/such/page']) {
      const response = await app.request(`/admin/queues${path}`, { headers: { Cookie: cookie } })
      const policy = response.headers.get('Content-Security-Policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(policy).not.toContain('*')
      expect(response.headers.get('X-Frame-Options')).toBe('DENY')
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(response.headers.get('X-Request-ID')).toMatch(/./)
    }
  })
})

describe('a change on the board', () => {
  async function change(path: string, method = 'PUT') {
    const app = originWith()
    const cookie = cookieOf(await signIn(app))
    queues.calls.length = 0
    const response = await app.request(`/admin/queues/api/queues${path}`, {
      method,
      headers: { Cookie: cookie, ...sameSite },
    })
    return response.status
  }

  beforeEach(() => {
    queues.put({ id: '15213~f', workspaceId: own, queue: 'ai', state: 'failed' })
    queues.put({ id: '15213~g', workspaceId: own, queue: 'ai', state: 'failed' })
    queues.put({ id: '15213~d', workspaceId: own, queue: 'ai', state: 'delayed' })
    queues.put({ id: '15213~w', workspaceId: own, queue: 'ai' })
  })

  test.each([
    ['/ai/pause', ['pause ai']],
    ['/ai/resume', ['resume ai']],
    ['/ai/15213~f/retry', ['retry ai']],
    ['/ai/15213~d/promote', ['promote ai']],
    ['/ai/15213~w/clean', ['cancel ai']],
    ['/ai/clean/wait', ['clean ai']],
    ['/ai/retry/failed', ['list ai', 'retry ai', 'retry ai']],
  ])("PUT %s goes through the queues' own interface", async (path, calls) => {
    expect([await change(path), queues.calls]).toEqual([204, calls])
  })

  test.each([
    ['/ai/add', 'POST'],
    ['/ai/empty', 'PUT'],
    ['/ai/obliterate', 'PUT'],
    ['/ai/promote', 'PUT'],
    ['/ai/concurrency', 'PUT'],
    ['/ai/rate-limit', 'PUT'],
    ['/ai/15213~w/update-data', 'PATCH'],
    ['/ai/15213~w/priority', 'PATCH'],
    ['/ai/job-schedulers/daily', 'PATCH'],
    ['/ai/job-schedulers/daily/run', 'PUT'],
    ['/ai/job-schedulers/daily/remove', 'PUT'],
  ])('%s by %s is refused', async (path, method) => {
    expect([await change(path, method), queues.calls]).toEqual([403, []])
  })

  test('removes a job that has ended, which is no business of the handlers any more', async () => {
    boardQueues = queueNames.map(boardQueueOf)
    expect(await change('/ai/15213~f/clean')).toBe(204)
    expect(removed).toEqual(['ai 15213~f'])
  })

  test('that is not possible is no success', async () => {
    expect(await change('/ai/none/retry')).toBe(404)
    expect(await change('/ai/15213~w/retry')).toBe(409)
    expect(await change('/nothing/pause')).toBe(404)
  })

  test('that throws is answered and logged as any other fault of the origin', async () => {
    queues.pause = () => Promise.reject(new Error('a secret of the database'))
    const { app, logged } = createWith()
    const headers = { Cookie: cookieOf(await signIn(app)), ...sameSite }
    const response = await app.request('/admin/queues/api/queues/ai/pause', { method: 'PUT', headers })
    expect([response.status, await response.json()]).toMatchObject([500, { code: 'internal' }])
    expect(logged.join('')).toContain('unexpected error')
    expect(logged.join('')).not.toContain('a secret of the database')
  })
})

describe('attempts to sign in', () => {
  test('count for a whole IPv6 network, and for IPv4 in either notation', () => {
    const attempts = createLoginAttempts(clock)
    for (let each = 0; each < limits.boardAttemptsMax; each += 1) {
      attempts.noteFailure(`2001:db8:1:2::${each}`)
      attempts.noteFailure('::ffff:192.0.2.1')
    }
    expect(attempts.waitMs('2001:db8:1:2:aaaa:bbbb:cccc:dddd')).toBeGreaterThan(0)
    expect(attempts.waitMs('192.0.2.1')).toBeGreaterThan(0)
    expect(attempts.waitMs('2001:db8:1:3::1')).toBe(0)
    expect(attempts.waitMs('192.0.2.2')).toBe(0)
  })

  test('of many addresses together are bounded too', () => {
    const attempts = createLoginAttempts(clock)
    for (let each = 0; each < 10 * limits.boardAttemptsMax; each += 1) attempts.noteFailure(`192.0.2.${each}`)
    expect(attempts.waitMs('198.51.100.1')).toBeGreaterThan(0)
  })
})

describe('the outline of data', () => {
  test('names members and shows ids, and no other value', () => {
    const data = {
      ...{
        contactId: 'contact_42',
        segment_id: 'seg-1',
        id: '7',
        email: 'ann@example.com',
        phone: 4_930_123,
      },
      ...{ userId: 'Ann Lee', list: ['ann@example.com'], nested: { name: 'Ann' }, note: null, ok: true },
    }
    const outline = outlineOf(data)
    expect(outline).toMatchObject({ contactId: 'contact_42', segment_id: 'seg-1', id: '7' })
    const text = JSON.stringify(outline)
    for (const secret of ['ann@example.com', '4930123', 'Ann', 'true']) expect(text).not.toContain(secret)
    expect(Object.keys(outline as object)).toEqual(Object.keys(data))
  })

  test('is small, whatever the data are', () => {
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, at) => [`${'n'.repeat(500)}${at}`, 'v']),
    )
    for (const data of [many, Array.from({ length: 9_999 }, () => 1), 'x'.repeat(60_000), null, 5]) {
      expect(JSON.stringify(outlineOf(data)).length).toBeLessThan(5_000)
    }
  })
})
