import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import type { HubFrame } from '../../shared/contract/live.ts'
import { applyDifference } from '../../shared/live/apply-difference.ts'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { entryEtagOf, liveProtocol, liveTokenPrefix } from '../../shared/live/wire.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

/*
 * From a statement in Postgres to an open browser, through the relay, the ledger and a hub that loads from the origin.
 */

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
})
afterAll(async () => {
  await stack?.stop()
})

const answerSchema = z.object({ data: z.record(z.string(), z.unknown()) })

/** The data of a GET, without the member that says where it came from, and the first part of its ETag. */
async function read(path: string, token: string, minVersion = 0) {
  const headers = {
    Authorization: `Bearer ${token}`,
    ...{ 'X-Workspace-ID': '15213', 'X-Min-Version': String(minVersion) },
  }
  const response = await fetch(`${stack.worker}${path}`, { headers })
  const { data } = answerSchema.parse(await response.json())
  const { _cache, ...shown } = data
  return { data: shown as JsonObject, etag: entryEtagOf(response.headers.get('ETag') ?? '') }
}

async function connect(token: string) {
  const url = `${stack.worker.replace('http', 'ws')}/api/live?workspaceId=15213`
  const socket = new WebSocket(url, [liveProtocol, `${liveTokenPrefix}${token}`])
  const frames: HubFrame[] = []
  let wake: () => void = () => undefined
  socket.onmessage = ({ data }) => {
    frames.push(JSON.parse(String(data)))
    wake()
  }
  /** The next frame of one of these types. One caller waits at a time. */
  const next = async <Type extends HubFrame['type']>(...types: Type[]) => {
    const isOne = (frame: HubFrame): frame is Extract<HubFrame, { type: Type }> =>
      types.some((type) => type === frame.type)
    for (;;) {
      const found = frames.find(isOne)
      if (found !== undefined) {
        frames.splice(0, frames.indexOf(found) + 1)
        return found
      }
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  await next('welcome')
  return { socket, next }
}

it.each(['/api/boards/board_123/contacts?per_page=20', '/api/cache-settings/workspace/15213/counts'])(
  'a change of a row reaches browsers that show %s, as a difference that makes the current answer',
  async (path) => {
    const token = stack.tokens.member
    const held = await read(path, token)
    const { socket, next } = await connect(token)
    socket.send(JSON.stringify({ type: 'show', id: 1, question: path, etag: held.etag, version: null }))
    const first = await next('shown', 'changed')
    expect(first.id).toBe(1)
    await stack.sql`update contacts set priority = case priority when 'high' then 'low' else 'high' end
      where workspace_id = '15213' and id = (select id from contacts where workspace_id = '15213'
        and board_id = 'board_123' order by created_at desc, id desc limit 1)`
    const { from, difference, version } = await next('changed')
    // Without the version, an answer over HTTP may be as old as the staleness bound.
    const now = await read(path, token, version)
    const without = (data: JsonObject | null) =>
      Object.fromEntries(Object.entries(data ?? {}).filter(([name]) => !name.startsWith('_')))
    if (first.type === 'shown') expect(from).toBe(held.etag)
    expect(without(applyDifference(held.data, difference))).toEqual(without(now.data))
    socket.close()
  },
)
