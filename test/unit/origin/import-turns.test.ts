import { request as send } from 'node:http'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createImportTurns } from '../../../origin/contacts/import-turns.ts'
import type { Database } from '../../../origin/database/database.ts'
import { startServer } from '../../../origin/http/server.ts'
import { originMetricsSchema } from '../../../shared/contract/origin.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { eventually } from '../../support/eventually.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { alice, bob, createOrigin, internalAuthKey, read } from './origin-under-test.ts'

const encoder = new TextEncoder()
const line = (id: string) =>
  encoder.encode(`${JSON.stringify({ id, board_id: 'b', board_column_id: 'c', name: id })}\n`)
const written = ok({ outcome: 'ok', created: 0, updated: 0, rejected: [], outbox: [] })

const turnsSchema = z.object({ running: z.number(), waiting: z.number(), refused: z.number() })

/** An upload that a test sends piece by piece. */
function createUpload() {
  let isRead = false
  const pulls: (() => void)[] = []
  const pieces: ((controller: ReadableStreamDefaultController<Uint8Array>) => void)[] = []
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        isRead = true
        if (pieces.length === 0) await new Promise<void>((resolve) => pulls.push(resolve))
        pieces.shift()?.(controller)
      },
    },
    { highWaterMark: 0 },
  )
  const piece = async (act: (controller: ReadableStreamDefaultController<Uint8Array>) => void) => {
    pieces.push(act)
    pulls.shift()?.()
    await settle()
  }
  return {
    stream,
    isRead: () => isRead,
    send: (bytes: Uint8Array) => piece((controller) => controller.enqueue(bytes)),
    end: () => piece((controller) => controller.close()),
    breakOff: () => piece((controller) => controller.error(new Error('the connection is gone'))),
  }
}

/** The answer of the database to a batch. Its check whether the caller may import always succeeds. */
type AnswerBatch = () => Promise<Result<unknown, { kind: 'refused' }>>

function createScene(
  answerBatch: AnswerBatch = async () => written,
  admit: AnswerBatch = async () => written,
) {
  const clock = createFakeClock()
  let batches = 0
  const database: Database = {
    async callRpc(_name, args) {
      if (Array.isArray(args['p_contacts']) && args['p_contacts'].length === 0) return admit()
      batches += 1
      return answerBatch()
    },
    probe: async () => true,
  }
  const origin = createOrigin({ database, clock })
  const begin = async (
    more: { workspaceId?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ) => {
    const upload = createUpload()
    const { signal = null, workspaceId = '15213' } = more
    const headers = { 'X-Workspace-ID': workspaceId, Authorization: `Bearer ${alice}`, ...more.headers }
    const init = { method: 'POST', headers, body: upload.stream, duplex: 'half' as const, signal }
    const answer = Promise.resolve(origin.app.request('/contacts/import', init))
    let response: Response | null = null
    void answer.then((answered) => {
      response = answered
    })
    await settle()
    return { upload, answer, hasBegun: () => response !== null }
  }
  const turns = async () => {
    const { queues } = originMetricsSchema.parse(await (await origin.request('/metrics')).json())
    return turnsSchema.parse(queues['import-turns'])
  }
  return { ...origin, clock, begin, turns, batches: () => batches }
}

describe('the turns of imports', () => {
  test('are two in a workspace; the next waits, unread, until one of them ends', async () => {
    const { begin } = createScene()
    const [first, second, third] = [
      await begin(),
      await begin(),
      await begin({ headers: { Authorization: `Bearer ${bob}` } }),
    ]
    expect([first, second, third].map((each) => each.hasBegun())).toEqual([true, true, false])
    expect(third.upload.isRead()).toBe(false)
    await first.upload.end()
    expect(third.hasBegun()).toBe(true)
    await third.upload.send(line('c1'))
    await third.upload.end()
    expect(await (await third.answer).text()).toContain('"done"')
  })

  test('of one workspace do not delay another', async () => {
    const { begin } = createScene()
    for (let number = 0; number < 6; number += 1) await begin()
    const headers = { Authorization: `Bearer ${internalAuthKey}` }
    const other = await begin({ workspaceId: '15214', headers })
    expect(other.hasBegun()).toBe(true)
    expect((await other.answer).status).toBe(200)
  })

  test('are refused with 429 and Retry-After, before the upload is read, if enough imports wait', async () => {
    const { begin, turns } = createScene()
    for (let number = 0; number < limits.workspaceImportsMax + limits.workspaceImportsWaitingMax; number += 1)
      await begin()
    const refused = await begin()
    const response = await refused.answer
    expect(response.headers.get('Retry-After')).toBe(`${limits.importRetryAfterSeconds}`)
    expect(await read(response)).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect(refused.upload.isRead()).toBe(false)
    expect(await turns()).toEqual({
      running: limits.workspaceImportsMax,
      waiting: limits.workspaceImportsWaitingMax,
      refused: 1,
    })
  })

  test('that do not come in time are refused the same way', async () => {
    const { begin, clock } = createScene()
    for (let number = 0; number < limits.workspaceImportsMax; number += 1) await begin()
    const late = await begin()
    await clock.advance(limits.importTurnWaitMs - 1)
    expect(late.hasBegun()).toBe(false)
    await clock.advance(1)
    expect((await late.answer).status).toBe(429)
    expect((await late.answer).headers.get('Retry-After')).toBe(`${limits.importRetryAfterSeconds}`)
    expect(late.upload.isRead()).toBe(false)
  })

  test('are bounded in the whole process, which answers 503 beyond it', async () => {
    const turns = createImportTurns(createFakeClock())
    const { signal } = new AbortController()
    const take = (name: string) =>
      turns.take({ workspaceId: workspaceIdSchema.parse(name), callerKey: name, callerToken: null }, signal)
    const inAll = limits.importsMax + limits.importsWaitingMax
    for (let number = 0; number < inAll; number += 1) void take(`w${number}`)
    await settle()
    expect([turns.queue.running, turns.queue.waiting]).toEqual([limits.importsMax, limits.importsWaitingMax])
    const refused = { kind: 'overloaded', retryAfterSeconds: limits.importRetryAfterSeconds }
    expect(await take('another')).toEqual(err(refused))
  })

  test('let an import have at most one query in flight', async () => {
    let underWay = 0
    let most = 0
    const { begin, batches } = createScene(async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await settle()
      underWay -= 1
      return written
    })
    const { upload, answer } = await begin()
    for (let number = 0; number < 3 * limits.importBatchLinesMax; number += 1)
      void upload.send(line(`c${number}`))
    await upload.end()
    await (await answer).text()
    expect(batches()).toBe(3)
    expect(most).toBe(1)
  })
})

type Scene = ReturnType<typeof createScene>
type Import = Awaited<ReturnType<Scene['begin']>>

async function each(imports: readonly Import[], act: (one: Import) => Promise<void>): Promise<void> {
  for (const one of imports) await act(one)
  await settle()
}

const endings: [string, (scene: Scene, imports: readonly Import[]) => Promise<void>, AnswerBatch?][] = [
  ['all of it is written', async (_scene, imports) => each(imports, ({ upload }) => upload.end())],
  ['the upload breaks off', async (_scene, imports) => each(imports, ({ upload }) => upload.breakOff())],
  ['the upload stalls', async ({ clock }) => clock.advance(limits.importIdleMs)],
  [
    'the upload crawls',
    async ({ clock }, imports) => {
      for (let time = 0; time < 4; time += 1) {
        await each(imports, ({ upload }) => upload.send(encoder.encode(' ')))
        await clock.advance(limits.importIdleMs / 3)
      }
    },
  ],
  [
    'it has too many bad lines',
    async (_scene, imports) =>
      each(imports, ({ upload }) => upload.send(encoder.encode('bad\n'.repeat(limits.importRejectionsMax)))),
  ],
  [
    'the database refuses the writer',
    async (_scene, imports) =>
      each(imports, async ({ upload }) => {
        await upload.send(line('c1'))
        await upload.end()
      }),
    async () => err({ kind: 'refused' }),
  ],
  [
    'it throws an unexpected error',
    async (_scene, imports) =>
      each(imports, async ({ upload }) => {
        await upload.send(line('c1'))
        await upload.end()
      }),
    () => Promise.reject(new Error('planted')),
  ],
  [
    'its answer is no longer read',
    async (_scene, imports) =>
      each(imports, async ({ answer, upload }) => {
        await (await answer).body?.cancel()
        await upload.end()
      }),
  ],
]

describe('the turn of an import is free again when', () => {
  test.each(endings)('%s', async (_name, end, answerBatch) => {
    const scene = createScene(answerBatch)
    const both = [await scene.begin(), await scene.begin()]
    expect(await scene.turns()).toMatchObject({ running: 2, waiting: 0 })
    await end(scene, both)
    expect(await scene.turns()).toMatchObject({ running: 0, waiting: 0 })
  })

  test.each([
    ['the database does not let its caller write there', async () => ok({ outcome: 'forbidden' }), 403],
    ['that cannot be found out', () => Promise.reject(new Error('planted')), 500],
  ])('%s', async (_name, admit, status) => {
    const { app, turns } = createScene(async () => written, admit)
    const headers = { 'X-Workspace-ID': '15213', Authorization: `Bearer ${alice}` }
    expect((await app.request('/contacts/import', { method: 'POST', headers, body: '{}' })).status).toBe(
      status,
    )
    expect(await turns()).toMatchObject({ running: 0 })
  })

  test('its caller disconnects while it waits: it leaves the queue, and the next one gets its turn', async () => {
    const { begin, turns } = createScene()
    const running = await begin()
    await begin()
    const gone = new AbortController()
    const waiting = await begin({ signal: gone.signal })
    const next = await begin()
    gone.abort()
    await waiting.answer.catch(() => undefined)
    expect(await turns()).toMatchObject({ running: 2, waiting: 1 })
    await running.upload.end()
    expect(next.hasBegun()).toBe(true)
  })

  test('the connection of its caller is gone, during the upload or while it waits', async () => {
    const { app, turns, clock } = createScene()
    const server = await startServer({ fetch: app.fetch, host: '127.0.0.1', port: 0, clock })
    const upload = () => {
      const headers = { 'X-Workspace-ID': '15213', Authorization: `Bearer ${alice}` }
      const options = { port: server.port, path: '/contacts/import', method: 'POST', headers }
      const sent = send({ host: '127.0.0.1', ...options }).on('error', () => undefined)
      sent.write(line('c1'))
      return sent
    }
    const all = [upload(), upload(), upload(), upload()]
    await eventually(async () => {
      const { running, waiting } = await turns()
      return running === 2 && waiting === 2
    })
    for (const each of all) each.destroy()
    await eventually(async () => {
      const { running, waiting } = await turns()
      return running === 0 && waiting === 0
    })
    expect(await server.stop(0)).toBe(true)
  })
})
