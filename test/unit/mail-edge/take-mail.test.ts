import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mailEnvelopeHeader } from '../../../shared/contract/inbound-email.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { takeMessage } from '../../../worker/inbound-email/take-mail.ts'
import { settle } from '../../support/fake-clock.ts'
import { createMailWorld, limited, processed, queued, taken } from './mail-world.ts'

const encoder = new TextEncoder()
const message = [
  'From: Ann Lee <ann@example.com>',
  'To: sales@acme.example',
  'Subject: Hello',
  'Date: Sat, 31 Jan 2026 12:00:00 +0000',
  'Message-ID: <one@example.com>',
  '',
  'When can you deliver?',
  '',
].join('\r\n')

/** A message that arrives in pieces of these sizes; the last size repeats. */
function streamOf(bytes: Uint8Array, sizes: readonly number[] = [1_000]): ReadableStream<Uint8Array> {
  let [at, index] = [0, 0]
  return new ReadableStream(
    {
      pull(controller) {
        const size = sizes[Math.min(index, sizes.length - 1)] ?? 1
        index += 1
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + size))
        at += size
        if (at >= bytes.length) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

const incoming = (text: string, more = {}) => ({
  bytes: streamOf(encoder.encode(text)),
  lengthBytes: null,
  envelope: null,
  ...more,
})

describe('a message of MIME', () => {
  it('reaches the origin byte for byte, whatever it is and however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (body, sizes, hasHeader) => {
          const { parts, received, arriving } = createMailWorld()
          const bytes = hasHeader ? Buffer.concat([encoder.encode(message), body]) : body
          const answer = await takeMessage(
            parts,
            { ...incoming(''), bytes: streamOf(bytes, sizes) },
            arriving(),
          )
          expect(answer.ok).toBe(true)
          expect(Buffer.from(received[0] ?? []).equals(Buffer.from(bytes))).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('that Redis knows as completed is answered without the origin, and its body is not read', async () => {
    const { parts, arriving, settleKept, writes } = createMailWorld()
    await takeMessage(parts, incoming(message), arriving())
    await settleKept()
    let reads = 0
    const bytes = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          reads += 1
          controller.enqueue(encoder.encode(reads === 1 ? message : 'x'.repeat(1_000)))
        },
      },
      { highWaterMark: 0 },
    )
    const again = await takeMessage(parts, { ...incoming(''), bytes }, arriving())
    expect(again).toMatchObject(ok({ status: 200, body: { state: 'completed' } }))
    expect([writes.length, reads]).toEqual([1, 1])
  })

  it('goes on to the origin with the envelope that it came in', async () => {
    const { parts, arriving, writes } = createMailWorld()
    const envelope = { from: '', to: ['sales@grüße.example'] }
    await takeMessage(parts, incoming(message, { envelope }), arriving())
    const [passed] = writes
    const header =
      passed !== undefined && 'headers' in passed ? passed.headers[mailEnvelopeHeader] : undefined
    expect(JSON.parse(decodeURIComponent(header ?? ''))).toEqual(envelope)
  })

  it('is not found by what is known of the same message in another envelope', async () => {
    const { parts, arriving, settleKept, writes } = createMailWorld()
    for (const to of ['a@acme.example', 'b@acme.example']) {
      await takeMessage(parts, incoming(message, { envelope: { from: '', to: [to] } }), arriving())
      await settleKept()
    }
    expect(writes).toHaveLength(2)
  })

  it('without an id, or with a header that is too long to read, is left to the database', async () => {
    const { parts, arriving, redis, received } = createMailWorld()
    const noId = message.replace(/Message-ID.*\r\n/, '')
    const long = `X-Long: ${'x'.repeat(limits.mailHeadersBytesMax)}\r\n${message}`
    for (const text of [noId, long]) {
      expect((await takeMessage(parts, incoming(text), arriving())).ok).toBe(true)
      expect(received.at(-1)?.length).toBe(text.length)
    }
    expect(redis.requests).toEqual([])
  })

  it.each([
    ['says that it is', { lengthBytes: limits.mailMimeBytesMax + 1 }],
    ['does not say that it is', {}],
  ])('is refused if it is too large and %s', async (_what, more) => {
    const { parts, arriving } = createMailWorld()
    const chunk = encoder.encode('x'.repeat(1_048_576))
    let sentBytes = 0
    const bytes = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(sentBytes === 0 ? encoder.encode(message) : chunk)
        sentBytes += chunk.length
        if (sentBytes > 30 * chunk.length) controller.close()
      },
    })
    const answer = await takeMessage(parts, { ...incoming(''), bytes, ...more }, arriving())
    expect(answer).toEqual(err({ code: 'body_too_large' }))
  })

  it('is refused without a byte, and if its sender breaks off', async () => {
    const { parts, arriving, events } = createMailWorld()
    expect(await takeMessage(parts, incoming(''), arriving())).toEqual(err({ code: 'message_unreadable' }))
    expect(await takeMessage(parts, { ...incoming(''), bytes: null }, arriving())).toEqual(
      err({ code: 'message_unreadable' }),
    )
    const broken = (after: string) =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(encoder.encode(after)),
        pull: (controller) => controller.error(new Error('gone')),
      })
    for (const after of ['From: ann', message]) {
      const answer = await takeMessage(parts, { ...incoming(''), bytes: broken(after) }, arriving())
      expect(answer).toEqual(err({ code: 'malformed_request' }))
    }
    expect(events.every((event) => event.kind === 'mail' && event.result === 'refused')).toBe(true)
  })

  it('is given up when its header does not arrive in time', async () => {
    const { clock, parts, arriving } = createMailWorld()
    const bytes = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode('From:')),
    })
    const answer = takeMessage(parts, { ...incoming(''), bytes }, arriving())
    await settle()
    await clock.advance(limits.arrivalDeadlineMs)
    expect(await answer).toEqual(err({ code: 'request_timeout' }))
  })
})

describe('the answer', () => {
  it.each([
    ['processed', [processed()], 200, { success: true, processed: { messageId: 'one@example.com' } }],
    ['queued', [queued()], 202, { messageId: 'one@example.com', queuePosition: 'normal' }],
    ['queued in one workspace and processed in another', [processed(), queued('15214')], 202, {}],
  ] as const)('to a message that was %s', async (_what, outcomes, status, body) => {
    const { parts, arriving, world } = createMailWorld()
    world.answers.splice(0, 1, ok(taken(...outcomes)))
    const answer = await takeMessage(parts, incoming(message), arriving())
    expect(answer).toMatchObject(ok({ status, body }))
  })

  it('to a limited sender has the time to wait, from the database and then from Redis', async () => {
    const { clock, parts, arriving, world, settleKept, writes } = createMailWorld()
    world.answers.splice(0, 1, ok(taken(limited(clock.now() + 30_000))))
    const first = await takeMessage(parts, incoming(message), arriving())
    expect(first).toMatchObject(err({ code: 'rate_limited', retryAfterSeconds: 7 }))
    await settleKept()
    const other = incoming(message.replace('one@', 'two@'))
    expect(await takeMessage(parts, other, arriving())).toMatchObject(
      err({ code: 'rate_limited', retryAfterSeconds: 30 }),
    )
    expect(writes).toHaveLength(1)
  })

  it('while nobody knows whether it was taken says that it may be sent again', async () => {
    const { parts, arriving, world, events } = createMailWorld()
    world.answers.splice(0, 1, err({ code: 'write_unconfirmed' }))
    expect(await takeMessage(parts, incoming(message), arriving())).toMatchObject(
      err({ code: 'write_unconfirmed', sentence: expect.stringContaining('Send it again') }),
    )
    expect(events).toMatchObject([{ kind: 'mail', way: 'json', result: 'failed' }])
  })

  it('is counted for the workspaces if it came from Redis, and reported behind it', async () => {
    const { clock, parts, arriving, settleKept, writes } = createMailWorld()
    await takeMessage(parts, incoming(message), arriving())
    await settleKept()
    await takeMessage(parts, incoming(message), arriving())
    const settled = settleKept()
    await clock.advance(2 * limits.mailReportPauseMs)
    await settled
    expect(writes.at(-1)).toMatchObject({
      path: '/inbound-email/edge-counts',
      body: { counts: [{ workspaceId: '15213', duplicates: 1, limited: 0 }] },
    })
  })
})
