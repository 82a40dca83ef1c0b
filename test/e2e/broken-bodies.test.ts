import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { relayOff, startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack({ contacts: 500, hasRedis: false, originEnvironment: relayOff })
})
afterAll(async () => {
  await stack?.stop()
})

const path = '/api/cache/invalidate'
const answerMaxMs = 20_000

/** Sends bytes to the Worker unchanged, ends this side of the connection, and answers what comes back. */
function exchange(headers: readonly string[], body: string): Promise<string> {
  const { hostname, port } = new URL(stack.worker)
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    `Authorization: Bearer ${stack.internalAuthKey}`,
    'Connection: close',
    ...headers,
  ]
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.end(`${head.join('\r\n')}\r\n\r\n${body}`))
    socket.setTimeout(answerMaxMs, () => socket.destroy(new Error('no answer came in time')))
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

const event = '{"workspaceId":"15213","action":"workspace_updated"}'
const chunk = `${event.length.toString(16)}\r\n${event}\r\n`

test.each([
  ['a chunk without a size', ['Transfer-Encoding: chunked'], `zz\r\n${event}\r\n0\r\n\r\n`],
  ['a chunk longer than it says', ['Transfer-Encoding: chunked'], `5\r\n${event}\r\n0\r\n\r\n`],
  ['no last chunk', ['Transfer-Encoding: chunked'], chunk],
  ['an end in the middle of a chunk', ['Transfer-Encoding: chunked'], chunk.slice(0, 20)],
  ['fewer bytes than it says', [`Content-Length: ${event.length + 10}`], event],
])('a body with %s is a 400, changes nothing, and is no error in the log', async (_name, headers, body) => {
  const log = () => readFile(join(stack.logs, 'worker.log'), 'utf8')
  const { version } = await stack.invalidate(JSON.parse(event))
  const logged = (await log()).length
  const answer = await exchange(headers, body)
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).toContain('"code":"malformed_request"')
  expect((await stack.invalidate(JSON.parse(event))).version).toBe(version + 1)
  expect((await log()).slice(logged)).not.toMatch(/"level":"error"|uncaught/i)
})
