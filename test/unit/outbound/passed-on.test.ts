import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { WireError } from '../../../shared/contract/errors.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { openMessage } from '../../../worker/inbound-email/message-stream.ts'
import { createOrigin, type Origin } from '../../../worker/outbound/origin-client.ts'
import { createFakeClock, type FakeClock, settle } from '../../support/fake-clock.ts'

const caller = { kind: 'service', userId: null, requestId: 'request-1' } as const
const deadlineMs = 1_000
const head = new TextEncoder().encode('From: ann@example.com\r\n\r\n')

let clock: FakeClock
let origin: Origin
/** How the origin treats the body of a request. */
let receive: (body: ReadableStream<Uint8Array>) => Promise<Response>

beforeEach(() => {
  clock = createFakeClock()
  receive = async (body) => {
    const bytes = await new Response(body).arrayBuffer()
    return Response.json({ success: true, data: bytes.byteLength })
  }
  vi.stubGlobal('fetch', (_url: string, { body }: { body: ReadableStream<Uint8Array> }) => receive(body))
  origin = createOrigin({
    ...{ url: 'http://127.0.0.1:1', internalAuthKey: 'a key of these tests', clock },
    recorder: { record: () => undefined },
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** Passes on a message whose header has arrived, and whose rest comes from this source. */
async function passOn(source: ReadableStream<Uint8Array>): Promise<Result<number, WireError>> {
  const message = await openMessage(source, clock)
  if (!message.ok) return message
  const { bytes, sendersFault } = message.value
  const passed = {
    path: '/mime',
    contentType: 'message/rfc822',
    headers: {},
    bytes,
    deadlineMs,
    sendersFault,
  }
  const passing = origin.passOn(z.number(), passed, caller)
  await settle()
  await clock.advance(deadlineMs)
  return passing
}

type Pull = (controller: ReadableStreamDefaultController<Uint8Array>, time: number) => Promise<void> | void

function messageFrom(pull: Pull): ReadableStream<Uint8Array> {
  let time = 0
  return new ReadableStream(
    {
      pull(controller) {
        time += 1
        if (time === 1) return controller.enqueue(head)
        return pull(controller, time)
      },
    },
    { highWaterMark: 0 },
  )
}

const whole = () => messageFrom((controller) => controller.close())
const stalled = () => messageFrom(() => new Promise<void>(() => undefined))
const brokenOff = () => messageFrom((controller) => controller.error(new Error('gone')))

describe('a message that passes through', () => {
  it('is answered by the origin', async () => {
    expect(await passOn(whole())).toEqual(ok(head.length))
  })

  it.each([
    ['stalls', stalled, 'request_timeout'],
    ['breaks off', brokenOff, 'malformed_request'],
  ] as const)(
    'and whose sender %s says nothing about the origin, however often',
    async (_what, source, code) => {
      for (let time = 0; time < 20; time += 1) expect(await passOn(source())).toEqual(err({ code }))
      expect(origin.breaker().state).toBe('closed')
      expect(await passOn(whole())).toEqual(ok(head.length))
    },
  )

  it.each([
    ['does not read', () => new Promise<Response>(() => undefined), 'write_unconfirmed'],
    ['cannot be reached', () => Promise.reject(new Error('refused')), 'write_unconfirmed'],
  ] as const)(
    'to an origin that %s is the fault of the origin, whose breaker opens',
    async (_what, treat, code) => {
      receive = treat
      const endless = () => messageFrom((controller) => controller.enqueue(new Uint8Array(65_536)))
      for (let time = 0; time < 5; time += 1) expect(await passOn(endless())).toMatchObject(err({ code }))
      expect(origin.breaker().state).not.toBe('closed')
    },
  )
})
