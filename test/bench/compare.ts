import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { takePort } from '../../origin/local/ports.ts'
import { stackFileSchema } from '../../origin/local/stack-file.ts'
import { eventually } from '../support/eventually.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { type ComparedRequest, type ComparedStack, comparedRequests } from './compare-requests.ts'

/**
 * `npm run compare -- --before <folder>` compares the raw answers of this version with those of the version in
 * another folder. Both get the same requests in the same order, each on its own local stack with the same seed.
 * Prints every difference in status, headers (including their order and repetitions) and body. Values that differ
 * from one run to the next are masked.
 */
const here = fileURLToPath(new URL('../..', import.meta.url))
const options = z.object({ before: z.string() }).parse(
  parseArgs({
    options: { before: { type: 'string' } },
  }).values,
)
const contacts = 2_000
const answerDeadlineMs = 30_000

/** Instants, durations, ids, versions and digests differ in each run. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '<instant>'],
  [/"(\w*(ms|Ms|time|Time|age|ageMs|ttl|version|timestamp|uptime\w*))":-?[\d.e+-]+/g, '"$1":<number>'],
  [/(_bytes"):\d+/g, '$1:<bytes>'],
  [/sb_publishable_[\w-]+/g, '<key>'],
  [/dur=[\d.]+/g, 'dur=<ms>'],
  [/ttl=-?\d+/g, 'ttl=<s>'],
  [/\b(t|w|r|q)=\d+/g, '$1=<n>'],
  [/127\.0\.0\.1:\d+|localhost:\d+/g, '<host>'],
]
const maskedHeaders = new Set([
  'date',
  'age',
  'etag',
  'x-request-id',
  'server-timing',
  'content-length',
  'traceparent',
])

function masked(text: string): string {
  return masks.reduce((so, [pattern, by]) => so.replaceAll(pattern, by), text)
}

async function answerOf(base: string, { method, path, headers, body }: ComparedRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${base}${path}`,
      { method, headers: { ...headers, Connection: 'close' } },
      (response) => {
        const lines: string[] = [`status ${response.statusCode}`]
        const { rawHeaders } = response
        for (let at = 0; at < rawHeaders.length; at += 2) {
          const name = rawHeaders[at] ?? ''
          lines.push(
            `${name}: ${maskedHeaders.has(name.toLowerCase()) ? '<masked>' : masked(rawHeaders[at + 1] ?? '')}`,
          )
        }
        if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
          response.destroy()
          resolve(lines.join('\n'))
          return
        }
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve([...lines, '', masked(Buffer.concat(chunks).toString('utf8'))].join('\n')),
        )
      },
    )
    sent.setTimeout(answerDeadlineMs, () => sent.destroy(new Error(`${method} ${path} was not answered`)))
    sent.once('error', reject)
    sent.end(body ?? undefined)
  })
}

/** The part of stack.json that every version writes. */
const comparedStackSchema = stackFileSchema.pick({ worker: true, internalAuthKey: true, tokens: true })

async function readStack(data: string): Promise<ComparedStack> {
  return comparedStackSchema.parse(JSON.parse(await readFile(join(data, 'stack.json'), 'utf8')))
}

/** Starts the stack of a folder, passes it to `use` and stops it again. */
async function withStack<Value>(
  folder: string,
  use: (stack: ComparedStack) => Promise<Value>,
): Promise<Value> {
  const data = await makeDataDirectory()
  const args = ['--data', data, '--port', String(await takePort(0)), '--contacts', String(contacts)]
  const child = spawn(process.execPath, [join(folder, 'origin/local/start.ts'), ...args], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, RATE_LIMIT_USER_MAX: '0', RATE_LIMIT_WORKSPACE_MAX: '0' },
  })
  const ended = once(child, 'close')
  try {
    const stack = await eventually(() => readStack(data), { deadlineMs: 120_000 })
    return await use(stack)
  } finally {
    child.kill('SIGINT')
    await ended
    await rm(data, { recursive: true, force: true })
  }
}

async function answersOf(folder: string, document: unknown): Promise<Map<string, string[]>> {
  return withStack(folder, async (stack) => {
    const answers = new Map<string, string[]>()
    for (const each of comparedRequests(document, stack)) {
      const known = answers.get(each.name) ?? []
      answers.set(each.name, [...known, await answerOf(stack.worker, each)])
    }
    return answers
  })
}

const document = await withStack(options.before, async ({ worker }) =>
  (await fetch(`${worker}/openapi.json`, { signal: AbortSignal.timeout(answerDeadlineMs) })).json(),
)
const before = await answersOf(options.before, document)
const after = await answersOf(here, document)
let differing = 0
for (const [name, answers] of before) {
  const others = after.get(name) ?? []
  for (const [index, answer] of answers.entries()) {
    if (answer === others[index]) continue
    differing += 1
    console.log(
      `\n=== ${name}\n--- before\n${answer.slice(0, 1_500)}\n--- after\n${(others[index] ?? '').slice(0, 1_500)}`,
    )
  }
}
console.log(`\n${[...before.values()].flat().length} answers compared, ${differing} differ`)
process.exitCode = differing === 0 ? 0 : 1
