import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { servedClient, storeClient } from '../support/served-client.ts'

describe('the browser client that the Worker serves', () => {
  let stack: TestStack
  let folder: string

  beforeAll(async () => {
    stack = await startTestStack({ contacts: 500 })
    folder = await mkdtemp(join(tmpdir(), 'boardcache-client-'))
  })
  afterAll(async () => {
    await stack?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** The traces of the lines of a log about one request. */
  async function tracesOf(name: 'worker' | 'origin', requestId: string): Promise<ReadonlySet<string>> {
    const text = await readFile(join(stack.logs, `${name}.log`), 'utf8')
    const lines = text.split('\n').filter((line) => line.startsWith('{') && line.includes(requestId))
    return new Set(lines.map((line) => z.object({ traceId: z.string() }).parse(JSON.parse(line)).traceId))
  }

  it('runs in Node too, and shows what is changed in the database', async () => {
    const stored = new Set<string>()
    await storeClient(stack.worker, folder, stored)
    expect(stored.size).toBeGreaterThan(2)
    const client = (await servedClient(stack.worker, folder)).createBoardcache({
      url: stack.worker,
      workspaceId: '15213',
      token: stack.tokens.member,
    })
    const page = client.board('board_123').page(1)
    const stop = page.subscribe(() => undefined)
    const [first] = (await page.read()).data?.contacts ?? []
    await eventually(() => page.peek().status === 'current')
    await stack.sql`update contacts set name = 'Seen in Node' where workspace_id = '15213' and id = ${first?.id ?? ''}`
    await eventually(() => page.peek().data?.contacts[0]?.name === 'Seen in Node')
    stop()
    client.close()
  })

  it('gives each request a trace, which the Worker, the origin, Postgres and the answer name', async () => {
    const { createBoardcache } = await servedClient(stack.worker, folder)
    const fetched = vi.spyOn(globalThis, 'fetch')
    const sent = () =>
      fetched.mock.calls.map(([, init]) => new Headers(init?.headers).get('traceparent') ?? '')
    const token = stack.tokens.member
    const client = createBoardcache({ url: stack.worker, workspaceId: '15213', token, live: false })
    // The query waits for the lock, so that its connection can be watched meanwhile.
    const { reading, traceId } = await stack.sql.begin(async (sql) => {
      await sql`lock table public.contacts in access exclusive mode`
      const waiting = client.board('board_123').page(4).read()
      const shown = await eventually(async () => {
        const rows = await stack.sql<{ trace: string }[]>`
          select replace(application_name, 'boardcache ', '') as trace from pg_stat_activity
          where wait_event_type = 'Lock' and application_name like 'boardcache %'`
        return rows.find(({ trace }) => sent().some((parent) => parent.includes(trace))) ?? false
      })
      return { reading: waiting, traceId: shown.trace }
    })
    expect((await reading).data?.contacts.length).toBeGreaterThan(0)
    client.close()
    expect(sent()).not.toContain('')
    const answer = await fetched.mock.results[sent().findIndex((parent) => parent.includes(traceId))]?.value
    fetched.mockRestore()
    expect(answer.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
    const requestId = answer.headers.get('X-Request-ID')
    for (const name of ['worker', 'origin'] as const) {
      const traces = await eventually(async () => {
        const found = await tracesOf(name, requestId)
        return found.size > 0 && found
      })
      expect(traces).toEqual(new Set([traceId]))
    }
  })

  it('may be loaded by pages of every origin, and kept for as long as its name says', async () => {
    const stored = new Set<string>()
    await storeClient(stack.worker, folder, stored)
    for (const name of ['boardcache.d.ts', ...stored]) {
      const answer = await fetch(`${stack.worker}/client/${name}`, {
        headers: { Origin: 'https://any.example' },
      })
      await answer.body?.cancel()
      expect(answer.status).toBe(200)
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*')
      expect(answer.headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin')
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
      const isNamedByContent = name.startsWith('boardcache-')
      expect(answer.headers.get('Cache-Control')).toBe(
        isNamedByContent ? 'public, max-age=31536000, immutable' : 'public, no-cache',
      )
    }
    const missing = await fetch(`${stack.worker}/client/nothing.js`)
    expect(missing.status).toBe(404)
    await missing.body?.cancel()
  })
})
