import { readFile, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  mailMetricsSchema,
  mailQueuedSchema,
  mailTakenSchema,
} from '../../shared/contract/inbound-email-answers.ts'
import { mailAllowanceSchema, mailQueueSchema } from '../../shared/contract/inbound-email-figures.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { runTool } from '../support/run-tool.ts'

let stack: TestStack
let messages = 0

beforeAll(async () => {
  stack = await startTestStack({ contacts: 300 })
})
afterAll(() => stack?.stop())

const path = '/api/email-webhook'
const bearer = () => ({ Authorization: `Bearer ${stack.emailWebhookSecret}` })
const newId = () => `message-${++messages}@acme-tools.example`

function mailOf(more: object = {}) {
  const messageId = newId()
  return {
    messageId,
    from: { name: 'Ann Lee', email: 'ann.lee@acme-tools.example' },
    to: [{ name: '', email: stack.emailAddress }],
    subject: `About ${messageId}`,
    date: '2026-01-31T12:00:00Z',
    importance: 'normal',
    attachments: [],
    text: 'When can you deliver?',
    ...more,
  }
}

function send(mail: object, headers: Record<string, string> = bearer()) {
  return ask(`${stack.worker}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(mail),
  })
}

function sendMime(text: string, headers: Record<string, string> = {}) {
  return ask(`${stack.worker}${path}`, {
    method: 'POST',
    headers: { ...bearer(), 'Content-Type': 'message/rfc822', ...headers },
    body: text,
  })
}

/** The status of a message of which only the length is sent, so that its refusal does not race with its bytes. */
function statusOfDeclared(lengthBytes: number): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const headers = { ...bearer(), 'Content-Type': 'message/rfc822', 'Content-Length': lengthBytes }
  const request = httpRequest(`${stack.worker}${path}`, { method: 'POST', headers })
  request.on('response', ({ statusCode }) => {
    resolve(statusCode)
    request.destroy()
  })
  request.on('error', reject)
  request.flushHeaders()
  return promise
}

const mimeOf = (id: string, more = '') =>
  [
    'From: Ann Lee <ann.lee@acme-tools.example>',
    `To: ${stack.emailAddress}`,
    `Subject: About ${id}`,
    'Date: Sat, 31 Jan 2026 12:00:00 +0000',
    `Message-ID: <${id}>`,
    `${more}`,
    'When can you deliver?',
    '',
  ].join('\r\n')

/**
 * Whether the message was a new one, or known. On a machine that is busy with other tests the database is slow, and then messages go to
 * the queue, as they must.
 */
function isNewIn({ status, text }: { status: number; text: string }): boolean {
  expect([status, text]).toEqual([expect.toBeOneOf([200, 202]), expect.any(String)])
  const body: unknown = JSON.parse(text)
  return status === 202 ? mailQueuedSchema.parse(body) !== null : !('state' in mailTakenSchema.parse(body))
}

async function communicationsAbout(id: string): Promise<number> {
  const [row] = await stack.sql`
    select count(*)::int as n from communications where workspace_id = '15213' and subject = ${`About ${id}`}`
  return Number(row?.['n'])
}

async function figures<Schema extends z.ZodType>(schema: Schema, name: string, workspace = '15213') {
  const headers = { ...bearer(), 'X-Workspace-ID': workspace }
  const { status, text } = await ask(`${stack.worker}${path}/${name}`, { headers })
  expect([status, text]).toEqual([200, expect.any(String)])
  return schema.parse(JSON.parse(text))
}

describe('a message', () => {
  it('is stored once with its company and contact, and a second one of it is known', async () => {
    const mail = mailOf()
    expect(isNewIn(await send(mail))).toBe(true)
    await eventually(async () => (await communicationsAbout(mail.messageId)) === 1)
    const [row] = await stack.sql`
      select company_id, contact_id from communications where subject = ${`About ${mail.messageId}`}`
    expect([row?.['company_id'], row?.['contact_id']]).toEqual([expect.any(String), expect.any(String)])
    const again = await send(mail)
    expect(isNewIn(again)).toBe(false)
    expect(JSON.parse(again.text)).toMatchObject({ state: 'completed', processedAt: expect.any(String) })
    expect(await communicationsAbout(mail.messageId)).toBe(1)
  })

  it('is one message whether it comes as JSON, signed, or as MIME', async () => {
    const mail = mailOf()
    expect(isNewIn(await send(mail))).toBe(true)
    const body = JSON.stringify(mail)
    const sentAt = new Date()
    const signature = new Webhook(stack.emailWebhookSecret).sign('msg_1', sentAt, body)
    const signed = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': signature,
    }
    expect(isNewIn(await send(mail, signed))).toBe(false)
    expect(isNewIn(await sendMime(mimeOf(mail.messageId)))).toBe(false)
  })

  it('of some megabytes passes through, and one past the bound does not', async () => {
    const body = (bytes: number) =>
      `Content-Type: text/plain\r\n\r\n${'0123456789abcdef\r\n'.repeat(bytes / 18)}`
    expect(isNewIn(await sendMime(mimeOf(newId(), body(5_000_000))))).toBe(true)
    expect(await statusOfDeclared(27_000_000)).toBe(413)
  })

  it('goes to the recipient of its envelope, and to nobody without an address that is known', async () => {
    const elsewhere = mimeOf(newId()).replace(stack.emailAddress, 'someone@elsewhere.example')
    expect((await sendMime(elsewhere)).status).toBe(404)
    const envelope = encodeURIComponent(JSON.stringify({ from: '', to: [stack.emailAddress] }))
    expect(isNewIn(await sendMime(elsewhere, { 'X-Mail-Envelope': envelope }))).toBe(true)
  })

  it('sent many times at once is one communication', async () => {
    const mail = mailOf()
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(mail)))
    expect(answers.map(isNewIn).filter(Boolean)).toHaveLength(1)
    await eventually(async () => (await communicationsAbout(mail.messageId)) > 0)
    expect(await communicationsAbout(mail.messageId)).toBe(1)
  })
})

describe('while Redis is away', () => {
  it('the database recognizes what was taken before, and takes what is new', async () => {
    const mail = mailOf()
    expect(isNewIn(await send(mail))).toBe(true)
    await stack.pieces.redis?.stop()
    try {
      expect(isNewIn(await send(mail))).toBe(false)
      expect(isNewIn(await send(mailOf()))).toBe(true)
    } finally {
      await stack.pieces.redis?.start()
    }
  })
})

describe('the figures', () => {
  it('count each message once, by day and by hour, and duplicates by who recognized them', async () => {
    const from = { name: '', email: 'figures@figures.example' }
    const before = await figures(mailMetricsSchema, 'metrics?days=1')
    const mail = mailOf({ from })
    for (let time = 0; time < 4; time += 1) await send(mail)
    const today = (metrics: z.output<typeof mailMetricsSchema>) => Object.values(metrics.daily).at(-1)
    const more = async () => {
      const after = await figures(mailMetricsSchema, 'metrics?days=1')
      return {
        received: (today(after)?.received ?? 0) - (today(before)?.received ?? 0),
        processed: (today(after)?.processed ?? 0) - (today(before)?.processed ?? 0),
        duplicates: (today(after)?.duplicates ?? 0) - (today(before)?.duplicates ?? 0),
      }
    }
    await eventually(
      async () => JSON.stringify(await more()) === '{"received":4,"processed":1,"duplicates":3}',
    )
    expect(await figures(z.unknown(), 'metrics?by=domain')).toMatchObject({
      domains: expect.arrayContaining([expect.objectContaining({ domain: 'figures.example' })]),
    })
  })

  it('say what a sender may still send, and what waits', async () => {
    const from = { name: '', email: 'allowed@allowed.example' }
    await send(mailOf({ from }))
    expect(await figures(mailAllowanceSchema, 'rate-limit?email=allowed%40allowed.example')).toMatchObject({
      emailAllowed: true,
      emailRemaining: 99,
    })
    expect(await figures(mailQueueSchema, 'queue')).toMatchObject({ high: expect.any(Number) })
  })
})

describe('a sender past the limit of the workspace', () => {
  it('is refused by the database and then by Redis, and let in when the workspace exempts it', async () => {
    const headers = {
      Authorization: `Bearer ${stack.internalAuthKey}`,
      'X-Workspace-ID': '15213',
      'Content-Type': 'application/json',
    }
    const settings = (body: object) =>
      ask(`${stack.worker}${path}/settings`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect((await settings({ senderPerHour: 3 })).status).toBe(200)
    const from = { name: '', email: 'many@many.example' }
    for (let time = 0; time < 3; time += 1) expect(isNewIn(await send(mailOf({ from })))).toBe(true)
    for (let time = 0; time < 3; time += 1) {
      const refused = await send(mailOf({ from }))
      expect(refused.status).toBe(429)
      expect(JSON.parse(refused.text)).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) })
    }
    expect((await settings({ senderPerHour: 100, exemptSenders: ['Many@Many.example'] })).text).toContain(
      'many@many.example',
    )
    expect((await settings({ exemptDomains: ['not a domain'] })).status).toBe(400)
  })
})

describe('npm run mail', () => {
  it('sends a file, many messages and the same one again to any deployment', async () => {
    const file = join(stack.logs, 'mail.eml')
    await writeFile(file, mimeOf('file@acme-tools.example'))
    const environment = { EMAIL_WEBHOOK_SECRET: stack.emailWebhookSecret }
    const mail = (...args: string[]) =>
      runTool(
        'node',
        ['origin/local/send-mail.ts', '--url', stack.worker, '--to', stack.emailAddress, ...args],
        {
          environment,
        },
      )
    expect(await mail('--count', '3', '--from', 'tool@tool.example')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('\n3 in '),
    })
    expect((await mail('--file', file, '--duplicate')).stdout).toMatch(/1 {2}200 (completed|processing)\n/)
    expect(await mail('--count', '0')).toMatchObject({ exitCode: 2 })
    const unknown = await runTool(
      'node',
      ['origin/local/send-mail.ts', '--url', stack.worker, '--to', 'no@one.example'],
      { environment },
    )
    expect(unknown).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('404 recipient_unknown') })
  })
})

it('no log line has an address, a subject or a text', async () => {
  const from = { name: 'Private Name', email: 'private@private.example' }
  expect(
    (await send(mailOf({ from, subject: 'Private subject', text: 'Private text' }))).status,
  ).toBeLessThan(300)
  expect((await send(mailOf({ from, to: [{ name: '', email: 'private@nowhere.example' }] }))).status).toBe(
    404,
  )
  for (const name of ['worker', 'origin'])
    expect(await readFile(join(stack.logs, `${name}.log`), 'utf8')).not.toMatch(/private/i)
})
