import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import { z } from 'zod'
import { serviceUrl } from '../../shared/contract/service-url.ts'
import { LocalError } from './local-error.ts'
import { readStackFile } from './stack-file.ts'
import { isMailFile, mailOfFile, makeMail, type TestMail } from './test-mail.ts'

/*
 * `npm run mail`: sends test mail to the stack that runs here, or to any deployment. Without a file it makes a message. Each of the
 * messages is a new one; with --duplicate the same is sent every time. It prints how often each answer came, and ends with 1 if any
 * request failed.
 */

const usage = `Give options after "npm run mail --":

  --file FILE    the message: MIME as it was sent, or JSON of the webhook; without it a short one is made
  --count N      how many are sent, 1 to 100,000 (1; with --duplicate 2)
  --duplicate    send the same message every time
  --from A       the sender, instead of the file's
  --to A         the recipient, instead of the file's (the local stack's own address without a file)
  --at-once N    how many requests run at a time, 1 to 200 (10)
  --url URL      the deployment; its secret is read from the variable EMAIL_WEBHOOK_SECRET (the local stack)
  --data FOLDER  where the local stack keeps its files (.local)`

const wholeFrom1To = (max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(max))
const address = z.string().regex(/^[^\s<>@]{1,64}@[^\s<>@]{1,253}$/)

const optionsSchema = z.object({
  file: z.string().min(1).optional(),
  count: wholeFrom1To(100_000).optional(),
  duplicate: z.boolean().default(false),
  from: address.optional(),
  to: address.optional(),
  'at-once': wholeFrom1To(200).default(10),
  url: serviceUrl('the deployment').optional(),
  data: z.string().min(1).default('.local'),
})
type Options = z.output<typeof optionsSchema>

interface Target {
  readonly url: string
  readonly secret: string
  /** The address to which a message goes that is made here; null if none is known. */
  readonly to: string | null
}

interface Sent {
  /** The status and the code or state of an answer; `no answer` if none came. */
  readonly outcome: string
  readonly isFailure: boolean
  readonly durationMs: number
}

async function sendMail(): Promise<boolean> {
  if (process.argv.includes('--help')) {
    console.log(usage)
    return true
  }
  const options = parseOptions()
  const target = await targetOf(options)
  const messages = await messagesOf(options, target)
  const startedAtMs = performance.now()
  const limit = pLimit(options['at-once'])
  const sent = await Promise.all(messages.map((mail) => limit(() => post(target, mail()))))
  console.log(describe(sent, performance.now() - startedAtMs))
  return !sent.some(({ isFailure }) => isFailure)
}

function parseOptions(): Options {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: process.argv.slice(2),
      options: {
        ...{ file: text, count: text, from: text, to: text, 'at-once': text, url: text, data: text },
        duplicate: { type: 'boolean' },
      },
    })
    return optionsSchema.parse(values)
  } catch {
    throw new LocalError(usage)
  }
}

async function targetOf({ url, to, data }: Options): Promise<Target> {
  if (url === undefined) {
    const stack = await readStackFile(resolve(data))
    return { url: stack.worker, secret: stack.emailWebhookSecret, to: to ?? stack.emailAddress }
  }
  const secret = process.env['EMAIL_WEBHOOK_SECRET'] ?? ''
  if (secret === '') throw new LocalError('Set EMAIL_WEBHOOK_SECRET to the secret of that deployment.')
  return { url, secret, to: to ?? null }
}

/** Makes each message when it is its turn, so that a long run holds a few of them in memory. */
async function messagesOf(options: Options, { to }: Target): Promise<(() => TestMail)[]> {
  const { file, from = null, duplicate } = options
  const count = options.count ?? (duplicate ? 2 : 1)
  const content = file === undefined ? null : await readMessage(file)
  if (content === null && to === null) throw new LocalError(`Name the recipient with --to.\n\n${usage}`)
  const run = randomUUID()
  const make = (index: number): TestMail => {
    const messageId = `${run}.${index}@mail-test.example`
    const wishes = { messageId, date: new Date(), from }
    if (content === null) return makeMail({ ...wishes, to })
    // One message of a file keeps its own id, so that sending the file again is sending the same mail again.
    return mailOfFile(content, { ...wishes, to: options.to ?? null }, duplicate || count === 1)
  }
  if (!duplicate) return Array.from({ length: count }, (_, index) => () => make(index))
  const same = make(0)
  return Array.from({ length: count }, () => () => same)
}

async function readMessage(file: string): Promise<Buffer> {
  const content = await readFile(file).catch(() => {
    throw new LocalError(`${file} cannot be read.`)
  })
  if (!isMailFile(content)) throw new LocalError(`${file} begins as JSON does, and is no object of JSON.`)
  return content
}

const answerSchema = z.looseObject({ code: z.string().optional(), state: z.string().optional() })

async function post({ url, secret }: Target, { contentType, body }: TestMail): Promise<Sent> {
  const startedAtMs = performance.now()
  const outcome = (words: string, isFailure: boolean): Sent => ({
    outcome: words,
    isFailure,
    durationMs: performance.now() - startedAtMs,
  })
  try {
    const response = await fetch(`${url}/api/email-webhook`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': contentType },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(60_000),
    })
    const answer = answerSchema.safeParse(await response.json().catch(() => null))
    const word = answer.data?.code ?? answer.data?.state
    return outcome(word === undefined ? `${response.status}` : `${response.status} ${word}`, !response.ok)
  } catch {
    return outcome('no answer', true)
  }
}

function describe(sent: readonly Sent[], tookMs: number): string {
  const outcomes = [...Map.groupBy(sent, ({ outcome }) => outcome)].map(
    ([outcome, those]) => `${String(those.length).padStart(7)}  ${outcome}`,
  )
  const durations = sent.map(({ durationMs }) => durationMs).sort((left, right) => left - right)
  const at = (share: number) => Math.round(durations[Math.ceil(share * durations.length) - 1] ?? 0)
  return `${outcomes.join('\n')}\n${sent.length} in ${(tookMs / 1_000).toFixed(1)} s; p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`
}

try {
  process.exit((await sendMail()) ? 0 : 1)
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error)
  process.exit(error instanceof LocalError ? 2 : 1)
}
