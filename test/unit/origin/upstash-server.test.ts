import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createUpstashServer } from '../../../origin/local/upstash/upstash-server.ts'

const words = (...texts: string[]) => texts.map((text) => Buffer.from(text))

it('tells a subscriber the message that came with the confirmation of Redis, and those after it', async () => {
  let hear: (message: readonly Buffer[]) => void = () => undefined
  const server = createUpstashServer({
    token: 'token',
    store: {
      run: () => Promise.resolve({ reply: null }),
      transact: () => Promise.resolve([]),
      subscribe: (_kind, _channels, onMessage) => {
        hear = onMessage
        onMessage(words('message', 'news', 'first'))
        return Promise.resolve(() => undefined)
      },
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/subscribe/news?_token=token`)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const heard = answer.body?.pipeThrough(new TextDecoderStream())
  hear(words('message', 'news', 'second'))
  let text = ''
  for await (const part of heard ?? []) {
    text += part
    if (text.includes('second')) break
  }
  expect(text).toBe(
    ['subscribe,news,1', 'message,news,first', 'message,news,second']
      .map((line) => `data: ${line}\n\n`)
      .join(''),
  )
  server.closeAllConnections()
  server.close()
})
