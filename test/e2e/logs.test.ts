import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

const lineSchema = z.looseObject({ requestId: z.string().optional(), traceId: z.string().optional() })
const pageSchema = z.object({
  data: z.object({
    contacts: z.array(z.object({ id: z.string(), name: z.string(), email: z.string().nullable() })).min(1),
  }),
})
const boardPattern = '/api/boards/{boardId}/contacts'

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack({ contacts: 500 })
})
afterAll(async () => {
  await stack?.stop()
})

const textOf = (name: 'worker' | 'origin') => readFile(join(stack.logs, `${name}.log`), 'utf8')

/** The lines of a log about one request. */
async function linesOf(name: 'worker' | 'origin', requestId: string) {
  const lines = (await textOf(name)).split('\n').filter((line) => line.startsWith('{'))
  return lines
    .map((line) => lineSchema.parse(JSON.parse(line)))
    .filter((line) => line.requestId === requestId)
}

function read(query: string, headers: Record<string, string>) {
  return stack.api().get(`/api/boards/board_123/contacts?${query}`, headers)
}

it('a request is one line of the Worker, with the request id and trace that the origin logs too', async () => {
  const [requestId, traceId] = [randomUUID(), randomUUID().replaceAll('-', '')]
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
  const tracestate = 'congo=t61rcWkgMzE'
  const answer = await read('page=2', { 'X-Request-ID': requestId, traceparent, tracestate })
  expect(answer.headers.get('X-Request-ID')).toBe(requestId)
  const span = requestId.replaceAll('-', '').slice(16)
  expect(answer.headers.get('traceparent')).toBe(`00-${traceId}-${span}-00`)
  await eventually(async () => (await linesOf('worker', requestId)).length > 0)
  expect(await linesOf('worker', requestId)).toEqual([
    {
      level: 'info',
      message: 'request',
      requestId,
      traceId,
      method: 'GET',
      route: boardPattern,
      status: 200,
      tier: 'database',
      verdict: 'MISS',
      ms: expect.any(Number),
      location: expect.any(String),
      workspaceId: '15213',
    },
  ])
  const atOrigin = await eventually(async () => {
    const lines = await linesOf('origin', requestId)
    return lines.some(({ route }) => route === '/load/:resource') && lines
  })
  for (const line of atOrigin) expect(line.traceId).toBe(traceId)
  expect(`${await textOf('worker')}${await textOf('origin')}`).not.toContain('t61rcWkgMzE')
})

it('an invalid traceparent is replaced by a trace of our own and not passed on', async () => {
  const requestId = randomUUID()
  const foreign = '4bf92f3577b34da6a3ce929d0e0e4736'
  await read('page=3', { 'X-Request-ID': requestId, traceparent: `01-${foreign}-00f067aa0ba902b7-01` })
  const [line] = await eventually(async () => {
    const lines = await linesOf('worker', requestId)
    return lines.length > 0 && lines
  })
  expect(line?.traceId).toBe(requestId.replaceAll('-', ''))
  const atOrigin = await eventually(async () => {
    const lines = await linesOf('origin', requestId)
    return lines.length > 0 && lines
  })
  for (const { traceId } of atOrigin) expect(traceId).toBe(line?.traceId)
  expect(`${await textOf('worker')}${await textOf('origin')}`).not.toContain(foreign)
})

it('no line contains a token, an internal key, a search, an id of the path or contact data', async () => {
  const page = await read('per_page=100', {})
  const { contacts } = pageSchema.parse(JSON.parse(page.text)).data
  const address = contacts.find(({ email }) => email !== null)?.email
  if (typeof address !== 'string') throw new Error('the contact has no address')
  const lastId = randomUUID()
  const secretSearch = 'Quetzalcoatl'
  await read(`search=${encodeURIComponent(address)}`, {})
  await read(`search=${secretSearch}`, {})
  await ask(`${stack.worker}/${secretSearch}`)
  await ask(`${stack.worker}/api/boards/board_123/contacts?search=${secretSearch}`, {
    headers: { Authorization: `Bearer ${secretSearch}` },
  })
  await read('page=1', { 'X-Request-ID': lastId })
  await eventually(async () => (await linesOf('worker', lastId)).length === 1)
  const logged = `${await textOf('worker')}${await textOf('origin')}`
  const forbidden = [
    secretSearch,
    stack.tokens.admin,
    stack.internalAuthKey,
    'board_123',
    ...contacts.flatMap(({ name, email, id }) => [name, email ?? address, id]),
  ]
  expect(forbidden.filter((text) => logged.includes(text))).toEqual([])
})
