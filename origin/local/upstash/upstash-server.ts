import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Answer, answerOf } from './answers.ts'
import { RedisAway, type RedisCommand, type RedisStore } from './redis-store.ts'
import { type Asked, parseRequest, type Subscription } from './requests.ts'
import { scanWithTypes } from './scan-types.ts'

const bodyBytesMax = 10_485_760
const subscriptionsMax = 100
const base = 'http://bridge'
const methods = ['HEAD', 'GET', 'POST', 'PUT']

interface Answered {
  readonly status: number
  readonly body: Answer | readonly Answer[]
}

interface UpstashServerOptions {
  readonly token: string
  readonly store: RedisStore
}

/**
 * Upstash's REST interface in front of a Redis: commands as JSON or in the path, pipelines, transactions, subscriptions as server-sent
 * events, base64 on request, Upstash's errors and states. It has none of the commands that Upstash adds to Redis (JSON, search) but WITHTYPE of SCAN.
 */
export function createUpstashServer({ token, store }: UpstashServerOptions): Server {
  const wanted = digest(`Bearer ${token}`)
  const isAuthorized = (request: IncomingMessage, url: URL) => {
    const inQuery = url.searchParams.get('_token')
    const given = request.headers.authorization ?? (inQuery === null ? '' : `Bearer ${inQuery}`)
    return timingSafeEqual(digest(given), wanted)
  }
  let subscriptions = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<Answered | null> {
    const address = request.url ?? '/'
    if (!URL.canParse(address, base)) return failed(400, 'ERR failed to parse command')
    const url = new URL(address, base)
    if (!methods.includes(request.method ?? '')) return failed(405, 'ERR method not allowed')
    if (!isAuthorized(request, url)) return failed(401, 'WRONGPASS invalid or missing auth token')
    const body = await readBody(request)
    if (body === null) return failed(413, `ERR max request size exceeded. Limit: ${bodyBytesMax} bytes`)
    const asked = parseRequest(url, body)
    if (!asked.ok) return failed(400, asked.error)
    if (isSubscription(asked.value)) {
      if (subscriptions >= subscriptionsMax) return failed(429, 'ERR max number of subscriptions reached')
      subscriptions += 1
      response.on('close', () => {
        subscriptions -= 1
      })
      await stream(store, asked.value, response)
      return null
    }
    const isBase64 = request.headers['upstash-encoding']?.toString().toLowerCase() === 'base64'
    return execute(store, asked.value, isBase64)
  }

  return createServer((request, response) => {
    handle(request, response).then(
      (answered) => answered !== null && send(request, response, answered),
      (error: unknown) => send(request, response, unexpected(error)),
    )
  })
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const failed = (status: number, error: string): Answered => ({ status, body: { error } })
const unexpected = (error: unknown) =>
  error instanceof RedisAway
    ? failed(503, `ERR ${error.message}`)
    : failed(500, 'ERR internal error of the bridge')

/** Null if the body is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let lengthBytes = 0
  for await (const chunk of request) {
    lengthBytes += chunk.length
    if (lengthBytes > bodyBytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const isSubscription = (asked: Asked): asked is Subscription =>
  asked.kind === 'subscribe' || asked.kind === 'psubscribe'

async function execute(
  store: RedisStore,
  asked: Exclude<Asked, Subscription>,
  isBase64: boolean,
): Promise<Answered> {
  const run = async (command: RedisCommand) =>
    answerOf(await (scanWithTypes(store, command) ?? store.run(command)), isBase64)
  if (asked.kind === 'command') {
    const body = await run(asked.command)
    return { status: 'error' in body ? 400 : 200, body }
  }
  if (asked.kind === 'pipeline') return { status: 200, body: await Promise.all(asked.commands.map(run)) }
  const outcomes = await store.transact(asked.commands)
  if ('error' in outcomes) return { status: 400, body: outcomes }
  return { status: 200, body: outcomes.map((outcome) => answerOf(outcome, isBase64)) }
}

/** Messages as server-sent events, until the client goes away: `data: message,<channel>,<message>`. */
async function stream(
  store: RedisStore,
  { kind, channels }: Subscription,
  response: ServerResponse,
): Promise<void> {
  const say = (words: readonly Buffer[]) => response.write(`data: ${words.map(String).join(',')}\n\n`)
  // A message can come in the same packet as Redis's confirmation: it waits for the head of the answer.
  const early: (readonly Buffer[])[] = []
  let hear = (words: readonly Buffer[]): unknown => early.push(words)
  const end = await store.subscribe(kind, channels, (words) => hear(words))
  if (response.destroyed) end()
  response.on('close', end)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const [at, channel] of channels.entries())
    say([kind, channel, String(at + 1)].map((word) => Buffer.from(word)))
  for (const words of early) say(words)
  hear = say
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answered): void {
  if (response.headersSent) {
    response.end()
    return
  }
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // One Redis without replicas: whoever sends this back has always read its own writes.
    'upstash-sync-token': 'local=1',
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
