import { describe, expect, it } from 'vitest'
import type { WireErrorCode } from '../../../shared/contract/errors.ts'
import { mailEnvelopeHeader } from '../../../shared/contract/inbound-email.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { takeRoutedMail } from '../../../worker/routes/routed-mail.ts'
import { createMailWorld, limited, processed, queued, taken } from './mail-world.ts'

function createWorld() {
  const { parts, clock, ...world } = createMailWorld()
  const services = {
    mail: parts,
    clock,
    config: { requestLog: { level: 'silent', sampleRate: 0 } },
    metrics: { flushSoon: () => null },
  } as const
  const rejections: string[] = []
  const deliver = (more: { rawSize?: number; from?: string } = {}) => {
    const text = 'From: ann@example.com\r\nMessage-ID: <one@example.com>\r\n\r\nHello\r\n'
    const message = {
      ...{ from: 'bounce@example.com', to: 'sales@acme.example', rawSize: text.length },
      raw: new Response(text).body as ReadableStream<Uint8Array>,
      setReject: (reason: string) => void rejections.push(reason),
      ...more,
    }
    return takeRoutedMail(services, message, { waitUntil: (work) => void world.kept.push(work) })
  }
  return { ...world, clock, deliver, rejections }
}

describe('a message from Email Routing', () => {
  it('is taken with the envelope that it came in, an empty sender included', async () => {
    const { deliver, writes, rejections, events } = createWorld()
    await deliver({ from: '' })
    const [passed] = writes
    const header =
      passed !== undefined && 'headers' in passed ? passed.headers[mailEnvelopeHeader] : undefined
    expect(JSON.parse(decodeURIComponent(header ?? ''))).toEqual({ from: '', to: ['sales@acme.example'] })
    expect(rejections).toEqual([])
    expect(events).toMatchObject([{ kind: 'mail', way: 'routing', result: 'processed' }])
  })

  it.each([
    ['processed', processed()],
    ['queued', queued()],
    ['seen before', { ...queued(), status: 'seen', state: 'processing', processedAt: null }],
  ] as const)('is accepted if it was %s', async (_what, outcome) => {
    const { deliver, world, rejections } = createWorld()
    world.answers.splice(0, 1, ok(taken(outcome)))
    await deliver()
    expect(rejections).toEqual([])
  })

  it.each<WireErrorCode>(['recipient_unknown', 'message_unreadable', 'body_too_large'])(
    'is rejected for good with a sentence if it can never be taken (%s)',
    async (code) => {
      const { deliver, world, rejections } = createWorld()
      world.answers.splice(0, 1, err({ code }))
      await deliver()
      expect(rejections).toEqual([expect.stringMatching(/^[A-Z].*\.$/)])
    },
  )

  it('is rejected for good without a byte of it if it is too large', async () => {
    const { deliver, rejections, writes } = createWorld()
    await deliver({ rawSize: limits.mailMimeBytesMax + 1 })
    expect([rejections.length, writes.length]).toEqual([1, 0])
  })

  it.each<WireErrorCode>([
    'origin_unavailable',
    'origin_timeout',
    'overloaded',
    'write_unconfirmed',
    'internal',
  ])('comes again, and is not rejected, after %s', async (code) => {
    const { deliver, world, rejections } = createWorld()
    world.answers.splice(0, 1, err({ code }))
    await expect(deliver()).rejects.toThrow()
    expect(rejections).toEqual([])
  })

  it('comes again if its sender has sent too many', async () => {
    const { clock, deliver, world, rejections } = createWorld()
    world.answers.splice(0, 1, ok(taken(limited(clock.now() + 60_000))))
    await expect(deliver()).rejects.toThrow('within an hour')
    expect(rejections).toEqual([])
  })
})
