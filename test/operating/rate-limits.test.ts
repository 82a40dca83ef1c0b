import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRedisServerInstalled } from '../../origin/local/redis.ts'
import { type Answer, ask, figuresPath } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

const browserOrigin = 'http://localhost:3000'
const userMax = 40
const workspaceMax = 100
const metricsToken = 'metrics token of these tests'
const asTokenHolder = { headers: { Authorization: `Bearer ${metricsToken}` } }

async function createUser(stack: TestStack, workspaceId: string) {
  const token = await stack.tokenOf({ userId: randomUUID(), workspaces: { [workspaceId]: 'member' } })
  return (): Promise<Answer> =>
    ask(`${stack.worker}/api/cache-settings/workspace/${workspaceId}/counts`, {
      headers: { Authorization: `Bearer ${token}`, Origin: browserOrigin },
    })
}

/** Reports a change as the CRM's backend does. */
function invalidateBoard({ worker, internalAuthKey }: TestStack): Promise<Answer> {
  return ask(`${worker}/api/cache/invalidate`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${internalAuthKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ workspaceId: '15213', boardId: 'board_1', action: 'board_updated' }),
  })
}

/** Reads until it is refused, and answers how many reads passed. */
async function spend(read: () => Promise<Answer>): Promise<{ passed: number; refused: Answer }> {
  for (let passed = 0; passed < 10 * userMax; passed += 1) {
    const answer = await read()
    if (answer.status === 429) return { passed, refused: answer }
    expect(answer.status).toBe(200)
  }
  throw new Error('no read was refused')
}

async function countOf(stack: TestStack, scope: string, outcome: string): Promise<number> {
  const { text } = await ask(`${stack.worker}${figuresPath}?format=prometheus`, asTokenHolder)
  const line = `boardcache_rate_limited_total{scope="${scope}",outcome="${outcome}"} `
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(line))
      ?.slice(line.length) ?? 0,
  )
}

describe('with a short window', () => {
  const windowSeconds = 4
  let stack: TestStack
  beforeAll(async () => {
    stack = await startTestStack({
      contacts: 500,
      workerVariables: {
        RATE_LIMIT_USER_MAX: String(userMax),
        RATE_LIMIT_WINDOW_SECONDS: String(windowSeconds),
        METRICS_TOKEN: metricsToken,
      },
    })
  })
  afterAll(async () => {
    await stack?.stop()
  })

  it('a user past the limit gets 429 and the time to retry, and is let in then; others notice nothing', async () => {
    const [greedy, modest] = [await createUser(stack, '15213'), await createUser(stack, '15213')]
    const first = await greedy()
    expect(first.headers.get('RateLimit-Policy')).toBe(`"user";q=${userMax};w=${windowSeconds}`)
    expect(first.headers.get('RateLimit')).toMatch(/^"user";r=39;t=[1-4]$/)

    const { refused } = await spend(greedy)
    const retryAfterSeconds = Number(refused.headers.get('Retry-After'))
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1)
    expect(retryAfterSeconds).toBeLessThanOrEqual(2 * windowSeconds)
    expect(JSON.parse(refused.text)).toMatchObject({
      success: false,
      code: 'rate_limited',
      retryAfter: retryAfterSeconds,
    })
    expect(refused.headers.get('RateLimit')).toBe(`"user";r=0;t=${retryAfterSeconds}`)
    expect(refused.headers.get('Access-Control-Allow-Origin')).toBe(browserOrigin)
    expect(refused.headers.get('Access-Control-Expose-Headers')).toMatch(
      /Retry-After, RateLimit, RateLimit-Policy/,
    )
    expect((await modest()).status).toBe(200)

    await eventually(async () => (await greedy()).status === 200, {
      deadlineMs: retryAfterSeconds * 1_000,
      everyMs: 100,
    })
    await eventually(async () => (await countOf(stack, 'user', 'refused')) > 0)
  })
})

/** A window that no machine is too slow to spend a limit in. */
describe('with a window of an hour and a limit of users alone', () => {
  let stack: TestStack
  beforeAll(async () => {
    stack = await startTestStack({
      contacts: 500,
      workerVariables: {
        RATE_LIMIT_USER_MAX: String(userMax),
        RATE_LIMIT_WINDOW_SECONDS: '3600',
        METRICS_TOKEN: metricsToken,
      },
    })
  })
  afterAll(async () => {
    await stack?.stop()
  })

  it('a user past the limit is refused by the monitoring routes too, as an admin', async () => {
    const token = await stack.tokenOf({ userId: randomUUID(), workspaces: { '15213': 'admin' } })
    const look = () =>
      ask(`${stack.worker}/api/monitoring/alerts`, { headers: { Authorization: `Bearer ${token}` } })
    const first = await look()
    expect(first.headers.get('RateLimit')).toMatch(/^"user";r=39;t=\d+$/)
    const { refused } = await spend(look)
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'rate_limited' })
  })

  it('a user past the limit has no write passed on to the origin', async () => {
    const token = await stack.tokenOf({ userId: randomUUID(), workspaces: { '15213': 'member' } })
    const write = (method: string, body: string | null) =>
      ask(`${stack.worker}/api/contacts/contact_000001`, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': '15213' },
        body,
      })
    const { refused } = await spend(() => write('PATCH', '{"name":"Within the limit"}'))
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'rate_limited' })
    expect((await write('DELETE', null)).status).toBe(429)
    const rows = await stack.sql`
      select name from contacts where workspace_id = '15213' and id = 'contact_000001'`
    expect(rows.map((row) => row['name'])).toEqual(['Within the limit'])
  })

  it('health, metrics, preflights and requests with the keys are never refused', async () => {
    const { refused } = await spend(await createUser(stack, '15213'))
    expect(refused.status).toBe(429)
    for (let each = 0; each < 2 * userMax; each += 1) {
      const answers = await Promise.all([
        ask(`${stack.worker}/health`),
        ask(`${stack.worker}/metrics`, asTokenHolder),
        ask(`${stack.worker}${figuresPath}`, asTokenHolder),
        invalidateBoard(stack),
        ask(`${stack.worker}/api/boards/board_123/contacts`, {
          method: 'OPTIONS',
          headers: { Origin: browserOrigin, 'Access-Control-Request-Method': 'GET' },
        }),
      ])
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204])
      for (const { headers } of answers) expect(headers.get('RateLimit')).toBeNull()
    }
  })
})

describe('with a long window', () => {
  let stack: TestStack
  beforeAll(async () => {
    stack = await startTestStack({
      contacts: 500,
      workerVariables: {
        RATE_LIMIT_USER_MAX: String(userMax),
        RATE_LIMIT_WORKSPACE_MAX: String(workspaceMax),
        RATE_LIMIT_WINDOW_SECONDS: '3600',
        METRICS_TOKEN: metricsToken,
      },
    })
  })
  afterAll(async () => {
    await stack?.stop()
  })

  it('all users of a workspace past its limit are refused, and another workspace is not', async () => {
    for (let passed = 0; passed < workspaceMax; ) {
      const used = await spend(await createUser(stack, '15213'))
      passed += used.passed
      if (passed === workspaceMax) {
        expect(used.refused.headers.get('RateLimit')).toMatch(/^"user";r=\d+;t=\d+, "workspace";r=0;t=\d+$/)
      }
      expect(passed).toBeLessThanOrEqual(workspaceMax)
    }
    expect((await (await createUser(stack, '15213'))()).status).toBe(429)
    expect((await (await createUser(stack, '15214'))()).status).toBe(200)
  })

  it.runIf(isRedisServerInstalled())(
    'an isolate that never saw a user refuses them because of the count of another one',
    async () => {
      const read = await createUser(stack, '15214')
      expect((await spend(read)).passed).toBe(userMax)
      await stack.pieces.worker.stop()
      await stack.pieces.worker.start()
      let passed = 0
      await eventually(
        async () => {
          const { status } = await read()
          if (status === 200) passed += 1
          return status === 429
        },
        { everyMs: 100 },
      )
      expect(passed).toBeLessThan(userMax)
    },
  )

  it('with Redis killed the limit of the platform decides, and each request is counted', async () => {
    await stack.pieces.redis?.kill()
    const read = await createUser(stack, '15215')
    const answers = []
    for (let each = 0; each < userMax / 2; each += 1) answers.push(await read())
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    await eventually(async () => (await countOf(stack, 'user', 'passed-by-platform')) > 0)
    await stack.pieces.redis?.start()
    // Once Redis answers again, the platform's limit is no longer used.
    await eventually(
      async () => {
        const before = await countOf(stack, 'user', 'passed-by-platform')
        await (await createUser(stack, '15216'))()
        return (await countOf(stack, 'user', 'passed-by-platform')) === before
      },
      { deadlineMs: 20_000, everyMs: 1_100 },
    )
  })
})
