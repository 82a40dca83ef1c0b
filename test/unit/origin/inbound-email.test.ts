import { describe, expect, test } from 'vitest'
import type { DatabaseFailure } from '../../../origin/failures.ts'
import { createMailPace } from '../../../origin/inbound-email/mail-pace.ts'
import { pause } from '../../../shared/clock.ts'
import { mailEnvelopeHeader } from '../../../shared/contract/inbound-email.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { mailFrom } from '../../support/mail.ts'
import { createOrigin, internalAuthKey, read } from './origin-under-test.ts'

const { sender: _sender, ...email } = mailFrom('ann@sales.acme.co.uk')

const processed = (workspaceId = '15213') => ({
  ...{
    status: 'processed',
    workspaceId,
    communicationId: 'c1',
    companyId: null,
    contactId: 'k1',
    threadId: 't1',
  },
  ...{ automated: null, isIdReused: false },
})
const taken = (mail: object) => ok({ outcome: 'ok', mail })

type Answer = Result<unknown, DatabaseFailure>

/** An origin whose database gives these answers one after the other, the last one for good. */
function origin(...answers: readonly [Answer, ...Answer[]]) {
  const asked: { name: string; args: Readonly<Record<string, unknown>> }[] = []
  const clock = createFakeClock()
  let tookMs = 0
  const { app, logged } = createOrigin({
    clock,
    database: {
      async callRpc(name, args) {
        asked.push({ name, args })
        if (tookMs > 0) await pause(clock, tookMs)
        return answers[asked.length - 1] ?? answers.at(-1) ?? err({ kind: 'unavailable' })
      },
      probe: async () => true,
    },
  })
  const send = async (path: string, init: RequestInit) => {
    const headers = { Authorization: `Bearer ${internalAuthKey}`, ...init.headers }
    const answering = Promise.resolve(app.request(path, { ...init, headers }))
    let answer: Response | null = null
    void answering.then((response) => {
      answer = response
    })
    while (answer === null) await clock.advance(10)
    return read(answer)
  }
  const post = (body: unknown, path = '/inbound-email/messages') =>
    send(path, { method: 'POST', body: JSON.stringify(body) })
  /** From now on the database takes so long for each call. */
  const takeLong = (durationMs: number) => {
    tookMs = durationMs
  }
  return { asked, logged, send, post, takeLong }
}

const mime = [
  'From: Ann Lee <ann@acme.example>',
  'To: us@ours.example',
  'Subject: An offer',
  'Date: Thu, 26 Nov 2026 09:00:00 +0000',
  'Message-ID: <m1@acme.example>',
  '',
  'Here it is.',
].join('\r\n')

describe('a message', () => {
  test('is taken with what follows from its sender, and answered as the database decided', async () => {
    const { asked, post } = origin(taken(processed()))
    expect(await post(email)).toEqual({
      status: 200,
      body: {
        success: true,
        data: {
          ...{ messageId: email.messageId, digest: email.digest, senderDomain: 'acme.co.uk' },
          outcomes: [processed()],
        },
      },
    })
    expect(asked).toEqual([
      {
        name: 'inbound_email_take',
        args: {
          p_mail: { ...email, sender: { domain: 'acme.co.uk', isFreeMail: false, companyName: 'Acme' } },
          p_workspace: null,
          p_is_slow: false,
        },
      },
    ])
  })

  test('to several workspaces is taken in each, and what one of them refuses does not keep it from the others', async () => {
    const limited = {
      ...{ status: 'limited', workspaceId: '15214', scope: 'sender', retryAfterSeconds: 60 },
      limitedUntil: '2026-11-26T10:00:00Z',
    }
    const { asked, post } = origin(
      ok({ outcome: 'ok', workspaces: ['15214', 'gone', '15213'] }),
      taken(limited),
      ok({ outcome: 'recipient_unknown' }),
      taken(processed()),
    )
    expect(await post(email)).toMatchObject({
      status: 200,
      body: { data: { outcomes: [limited, processed()] } },
    })
    expect(asked.map(({ args }) => args['p_workspace'])).toEqual([null, '15214', 'gone', '15213'])
  })

  test('is tried again while its transaction loses to others, and no oftener than the limit says', async () => {
    const lost: readonly [Answer, Answer, Answer] = [
      err({ kind: 'conflict' }),
      err({ kind: 'invalid', code: '23505' }),
      err({ kind: 'invalid', code: '23503' }),
    ]
    const won = origin(...lost, taken(processed()))
    expect(await won.post(email)).toMatchObject({ status: 200 })
    expect(won.asked).toHaveLength(4)
    const never = origin(err({ kind: 'conflict' }))
    expect(await never.post(email)).toMatchObject({ status: 503, body: { code: 'overloaded' } })
    expect(never.asked).toHaveLength(limits.mailAttemptsMax)
  })

  test.each<readonly [Answer, number, string]>([
    [ok({ outcome: 'recipient_unknown' }), 404, 'recipient_unknown'],
    [err({ kind: 'unavailable' }), 503, 'origin_unavailable'],
    [err({ kind: 'timeout' }), 504, 'origin_timeout'],
    [err({ kind: 'invalid', code: '42883' }), 500, 'internal'],
  ])('that fails is answered by the reason, and tried no second time', async (answer, status, code) => {
    const { asked, post } = origin(answer)
    expect(await post(email)).toMatchObject({ status, body: { code } })
    expect(asked).toHaveLength(1)
  })

  test('is left to the queue while the database is slow, and no longer once it is fast again', async () => {
    const { asked, post, takeLong } = origin(taken(processed()))
    const isQueued = async (messages: number) => {
      for (let count = 0; count < messages; count += 1) await post(email)
      return asked.slice(-messages).map(({ args }) => args['p_is_slow'])
    }
    takeLong(limits.mailSlowMs + 50)
    expect(await isQueued(limits.mailSlowTransactions)).not.toContain(true)
    expect(await isQueued(2)).toEqual([true, true])
    takeLong(0)
    await isQueued(limits.mailSlowTransactions)
    expect(await isQueued(2)).toEqual([false, false])
  })

  test('never shows in the log', async () => {
    const { logged, post } = origin(err({ kind: 'unavailable' }))
    await post(email)
    expect(logged.join('')).not.toMatch(/ann@|us@|An offer|Here it is/)
  })
})

describe('a message as it was sent', () => {
  test('is read whole, to the addresses of its envelope if there is one', async () => {
    const { asked, send } = origin(taken(processed()))
    expect(await send('/inbound-email/mime', { method: 'POST', body: mime })).toMatchObject({
      status: 200,
      body: { data: { messageId: 'm1@acme.example' } },
    })
    const envelope = encodeURIComponent(
      JSON.stringify({ from: 'bounce@acme.example', to: ['sales@ours.example'] }),
    )
    await send('/inbound-email/mime', {
      method: 'POST',
      body: mime,
      headers: { [mailEnvelopeHeader]: envelope },
    })
    expect(asked.map(({ args }) => args['p_mail'])).toMatchObject([
      { recipients: ['us@ours.example'], subject: 'An offer', text: expect.stringContaining('Here it is.') },
      { recipients: ['sales@ours.example'], to: ['us@ours.example'] },
    ])
  })

  test.each([
    ['no e-mail', { body: 'Hello' }, 400, 'message_unreadable'],
    [
      'one that names nobody',
      { body: mime.replace('To: us@ours.example\r\n', '') },
      404,
      'recipient_unknown',
    ],
    [
      'an envelope that is none',
      { body: mime, headers: { [mailEnvelopeHeader]: '%' } },
      400,
      'invalid_parameter',
    ],
  ])('is refused as %s', async (_what, init, status, code) => {
    const { asked, send } = origin(taken(processed()))
    expect(await send('/inbound-email/mime', { method: 'POST', ...init })).toMatchObject({
      status,
      body: { code },
    })
    expect(asked).toEqual([])
  })
})

describe('figures', () => {
  test('have days, the hours of today and the last hours by their names', async () => {
    const hour = Date.parse('2026-11-26T02:00:00Z') / 3_600_000
    const counts = {
      ...{ received: 4, processed: 2, failed: 0, duplicates: 1, limited: 1, queued: 0 },
      ...{ duplicatesByRedis: 1, limitedByRedis: 0, processingMs: 31, processingMsMax: 20.123, slow: 0 },
    }
    const shown = {
      ...{ received: 4, processed: 2, failed: 0, duplicates: 1, limited: 1, queued: 0 },
      ...{ duplicatesByRedis: 1, limitedByRedis: 0, processing: { meanMs: 15.5, maxMs: 20.12, slow: 0 } },
    }
    const { send } = origin(
      ok({
        outcome: 'ok',
        hour,
        periods: [
          { kind: 'daily', period: Math.floor(hour / 24), ...counts },
          { kind: 'hourly', period: hour - 3, ...counts },
          { kind: 'hourly', period: hour, ...counts },
        ],
      }),
    )
    expect(await send('/inbound-email/figures?days=7', {})).toMatchObject({
      status: 200,
      body: {
        data: {
          daily: { '2026-11-26': shown },
          hourlyToday: { '02': shown },
          hours: [{ from: '2026-11-25T23:00:00.000Z' }, { from: '2026-11-26T02:00:00.000Z', ...shown }],
        },
      },
    })
  })

  test('ask for a sender by the folded address and its domain', async () => {
    const allowance = {
      ...{ outcome: 'ok', emailAllowed: true, domainAllowed: true, emailRemaining: 5, domainRemaining: null },
      resetTime: null,
    }
    const { asked, post } = origin(ok(allowance))
    const body = { workspaceId: '15213', email: 'Ann@GMAIL.com' }
    expect(await post(body, '/inbound-email/allowance')).toMatchObject({ status: 200 })
    expect(asked[0]?.args).toEqual({
      ...{ p_workspace: '15213', p_sender: 'ann@gmail.com', p_domain: 'gmail.com', p_is_free_mail: true },
    })
    expect(await post({ ...body, email: 'Ann' }, '/inbound-email/allowance')).toMatchObject({
      status: 400,
      body: { code: 'invalid_body', details: [{ parameter: 'email' }] },
    })
  })
})

describe('the pace of mail', () => {
  const record = (pace: ReturnType<typeof createMailPace>, durations: readonly number[]) => {
    for (const each of durations) pace.record(each)
  }

  test('is slow when the last ten transactions took 200 ms at the median, and fast again with the next fast ones', () => {
    const pace = createMailPace(createFakeClock())
    record(pace, Array(9).fill(900))
    expect(pace.isSlow()).toBe(false)
    record(pace, [900])
    expect(pace.isSlow()).toBe(true)
    record(pace, [1, 1, 1, 1, 1])
    expect(pace.isSlow()).toBe(true)
    record(pace, [1])
    expect(pace.isSlow()).toBe(false)
  })

  test('says nothing any more when a minute has passed', async () => {
    const clock = createFakeClock()
    const pace = createMailPace(clock)
    record(pace, Array(10).fill(900))
    await clock.advance(60_000)
    expect(pace.isSlow()).toBe(false)
  })
})
