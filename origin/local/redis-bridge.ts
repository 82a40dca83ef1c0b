import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import RedisMock from 'ioredis-mock'
import { z } from 'zod'

/**
 * Upstash's REST interface in front of a Redis: the commands that the product uses, with Upstash's shapes and errors. With
 * REDIS_PORT it connects to that Redis, otherwise it uses an embedded one.
 */
const environment = z
  .object({
    PORT: z.string().transform(Number),
    TOKEN: z.string().min(16),
    REDIS_PORT: z.string().transform(Number).optional(),
  })
  .parse(process.env)

const bodyBytesMax = 10_485_760
const commandDeadlineMs = 500

type Command = readonly [string, ...string[]]
type Reply = { readonly result: unknown } | { readonly error: string }

const commandSchema = z
  .array(z.union([z.string(), z.number(), z.boolean(), z.null()]).transform((argument) => String(argument)))
  .min(1)
  .transform((words): Command => [words[0] ?? '', ...words.slice(1)])
const pipelineSchema = z.array(commandSchema)

const redis: Redis | InstanceType<typeof RedisMock> =
  environment.REDIS_PORT === undefined
    ? new RedisMock()
    : new Redis(environment.REDIS_PORT, '127.0.0.1', {
        commandTimeout: commandDeadlineMs,
        maxRetriesPerRequest: 0,
        enableOfflineQueue: false,
        retryStrategy: () => 200,
      })
redis.on('error', () => undefined)

/** The embedded Redis knows the options of SET in capitals only. */
function normalized([name, ...rest]: Command): Command {
  const upper = name.toUpperCase()
  if (upper.startsWith('EVAL')) return withoutFlags([upper, ...rest])
  if (upper !== 'SET') return [upper, ...rest]
  const [key = '', value = '', ...options] = rest
  return [upper, key, value, ...options.map((option) => option.toUpperCase())]
}

/**
 * The scripts of @upstash/ratelimit begin with a line that Upstash knows and Redis 7.0 refuses. Without that line a script has
 * another SHA. This map leads from the SHA that a caller sends to the one that Redis knows.
 */
const flagLine = /^#!lua flags=allow-key-locking\n/
const scriptsMax = 100
const plainScripts = new Map<string, string>()

function withoutFlags([name, script = '', ...rest]: Command): Command {
  if (name === 'EVAL' && flagLine.test(script)) {
    const plainScript = script.replace(flagLine, '')
    if (plainScripts.size < scriptsMax) plainScripts.set(sha1(script), plainScript)
    return [name, plainScript, ...rest]
  }
  const known = name === 'EVALSHA' ? plainScripts.get(script) : undefined
  return known === undefined ? [name, script, ...rest] : ['EVALSHA', sha1(known), ...rest]
}

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

async function execute(command: Command): Promise<Reply> {
  try {
    return { result: plain(await call(normalized(command))) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : 'ERR' }
  }
}

/** The embedded Redis has one method for each command that it knows. */
function call([name, ...rest]: Command): unknown {
  if (redis instanceof Redis) return redis.call(name, ...rest)
  if (name.startsWith('EVAL')) throw new Error('ERR the embedded Redis runs no scripts')
  const method: unknown = Reflect.get(redis, name.toLowerCase())
  if (typeof method !== 'function') throw new Error(`ERR unknown command '${name}'`)
  return Reflect.apply(method, redis, rest)
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  return Array.isArray(value) ? value.map(plain) : (value ?? null)
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const wanted = digest(`Bearer ${environment.TOKEN}`)

async function handle(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), wanted)) {
    return { status: 401, body: { error: 'WRONGPASS invalid or missing auth token' } }
  }
  const chunks: Buffer[] = []
  let lengthBytes = 0
  for await (const chunk of request) {
    lengthBytes += chunk.length
    if (lengthBytes > bodyBytesMax) return { status: 413, body: { error: 'ERR max request size exceeded' } }
    chunks.push(chunk)
  }
  const path = request.url ?? '/'
  const json = parseJson(Buffer.concat(chunks).toString('utf8'))
  if (path === '/pipeline') {
    const commands = pipelineSchema.safeParse(json)
    if (!commands.success) return { status: 400, body: { error: 'ERR failed to parse pipeline request' } }
    return { status: 200, body: await Promise.all(commands.data.map(execute)) }
  }
  const command = commandSchema.safeParse(
    path === '/' ? json : path.slice(1).split('/').map(decodeURIComponent),
  )
  if (!command.success) return { status: 400, body: { error: 'ERR failed to parse command' } }
  const reply = await execute(command.data)
  return { status: 'error' in reply ? 400 : 200, body: reply }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function answer(response: ServerResponse, { status, body }: { status: number; body: unknown }): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

createServer((request, response) => {
  handle(request).then(
    (answered) => answer(response, answered),
    () => answer(response, { status: 400, body: { error: 'ERR' } }),
  )
}).listen(environment.PORT, '127.0.0.1')

// The process that started this one has ended.
process.on('disconnect', () => process.exit(0))
