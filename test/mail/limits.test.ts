import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mail, mailFrom, theirs } from '../support/mail.ts'
import { type MailRoom, startMailRoom } from './mail-room.ts'

let room: MailRoom

beforeAll(async () => {
  room = await startMailRoom()
}, 120_000)
afterAll(() => room.stop())
beforeEach(() => room.clear())

const limit = (senderPerHour: number, domainPerHour: number, more: object = {}) => room.sql`
  insert into private.email_settings ${room.sql({
    ...{ workspace_id: '15213', sender_per_hour: senderPerHour, domain_per_hour: domainPerHour },
    ...more,
  })}`

const takeMany = async (count: number, make = () => mail()) => {
  const outcomes = []
  for (let index = 0; index < count; index += 1) outcomes.push(await room.take(make()))
  return outcomes.map(({ status }) => status)
}

const allowance = async (
  sender = 'ann@acme.example',
  domain: string | null = 'acme.example',
  isFreeMail = false,
) => {
  const [row] = await room.sql`
    select public.inbound_email_allowance('15213', ${sender}, ${domain}, ${isFreeMail}) as answer`
  return row?.['answer']
}

describe('a sender', () => {
  it('sends 100 messages in any hour, and what is refused may come again when the hour is over', async () => {
    // As many as a workspace takes without its queue.
    await room.sql`
      insert into private.inbound_emails (
        workspace_id, message_key, digest, state, sender, sender_domain, recipient, is_reply, received_at, accepted_at
      )
      select '15213', encode(sha256(n::text::bytea), 'hex'), encode(sha256('d'), 'hex'), 'processed', 'ann@acme.example',
        'acme.example', 'us@ours.example', false, now() - interval '30 minutes', now() - interval '30 minutes'
      from generate_series(1, 99) n`
    const last = mail()
    expect(await room.take(last)).toMatchObject({ status: 'processed' })
    const refused = mail()
    const outcome = await room.take(refused)
    if (outcome.status !== 'limited') throw new Error(outcome.status)
    expect(outcome.scope).toBe('sender')
    expect(outcome.retryAfterSeconds).toBeGreaterThan(1_790)
    expect(outcome.retryAfterSeconds).toBeLessThanOrEqual(1_800)
    // Another sender of the domain is not concerned, and what is known is no new message.
    expect(await room.take(mailFrom('bo@acme.example'))).toMatchObject({ status: 'processed' })
    expect(await room.take(last)).toMatchObject({ status: 'seen' })
    await room.letPass(outcome.retryAfterSeconds)
    expect(await room.take(refused)).toMatchObject({ status: 'processed' })
    const [row] =
      await room.sql`select e.limits_met, e.state from private.inbound_emails e where e.limits_met > 0`
    expect(row).toEqual({ limits_met: 1, state: 'processed' })
  })

  it('never exceeds the limit by a message, however many come at once', async () => {
    await limit(7, 1_000)
    const outcomes = await room.takeAtOnce(Array.from({ length: 30 }, () => mail()))
    expect(outcomes.filter(({ status }) => status === 'processed')).toHaveLength(7)
    expect(outcomes.filter(({ status }) => status === 'limited')).toHaveLength(23)
  })

  it('is exempt with its plain address, or with its domain, by a setting of the workspace', async () => {
    await limit(1, 1, { exempt_senders: ['ann@acme.example'], exempt_domains: ['ek.example'] })
    expect(
      await takeMany(3, () =>
        mailFrom('ann+x@acme.example', { sender: { domain: null, isFreeMail: false, companyName: null } }),
      ),
    ).toEqual(Array(3).fill('processed'))
    expect(await takeMany(3, () => mailFrom('bo@ek.example'))).toEqual(Array(3).fill('processed'))
    expect(await takeMany(2, () => mailFrom('bo@acme.example'))).toEqual(['processed', 'limited'])
  })

  it('without an address is one sender', async () => {
    await limit(2, 1_000)
    expect(await takeMany(3, () => mail({ from: null, automated: 'empty_sender' }))).toEqual([
      'processed',
      'processed',
      'limited',
    ])
  })
})

describe('a domain', () => {
  it('has a limit of its own over all its senders, but for free-mail providers', async () => {
    await limit(1_000, 3)
    let sender = 0
    const from = (domain: string) => () => {
      sender += 1
      return mailFrom(`sender${sender}@${domain}`)
    }
    expect(await takeMany(4, from('acme.example'))).toEqual([...Array(3).fill('processed'), 'limited'])
    expect(await takeMany(4, from('freemail.example'))).toEqual(Array(4).fill('processed'))
    expect(await takeMany(1, from('ek.example'))).toEqual(['processed'])
  })

  it('never exceeds it by a message, however many come at once', async () => {
    await limit(1_000, 5)
    const outcomes = await room.takeAtOnce(
      Array.from({ length: 25 }, (_, index) => mailFrom(`s${index}@acme.example`)),
    )
    expect(outcomes.filter(({ status }) => status === 'processed')).toHaveLength(5)
  })
})

it('the limits of one workspace say nothing about another', async () => {
  await limit(1, 1)
  expect(await takeMany(2)).toEqual(['processed', 'limited'])
  expect(await takeMany(3, () => mail({ recipients: [theirs] }))).toEqual(Array(3).fill('processed'))
})

/** The most that any hour holds, worked out from the instants at which messages were taken. */
function mostInAnHour(instants: readonly number[], windowMs: number): number {
  return Math.max(
    0,
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + windowMs).length),
  )
}

it('no hour holds more than the limit, and no message is refused while one does not, whenever they come', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 5, maxLength: 25 }),
      async (most, pauses) => {
        await room.clear()
        await limit(most, 1_000)
        let nowMs = 0
        const taken: number[] = []
        for (const seconds of pauses) {
          await room.letPass(seconds)
          nowMs += seconds * 1_000
          const { status } = await room.take(mail())
          const mayCome = taken.filter((at) => at > nowMs - 3_600_000).length < most
          expect(status).toBe(mayCome ? 'processed' : 'limited')
          if (status === 'processed') taken.push(nowMs)
        }
        expect(mostInAnHour(taken, 3_600_000)).toBeLessThanOrEqual(most)
      },
    ),
    { numRuns: 15 },
  ))

describe('what a sender may still send', () => {
  it('is what the limits leave, and says when it will be more', async () => {
    await limit(2, 3)
    expect(await allowance()).toEqual({
      ...{
        outcome: 'ok',
        emailAllowed: true,
        domainAllowed: true,
        emailRemaining: 2,
        domainRemaining: 3,
        resetTime: null,
      },
    })
    await takeMany(2)
    expect(await allowance()).toMatchObject({
      emailAllowed: false,
      domainAllowed: true,
      emailRemaining: 0,
      domainRemaining: 1,
      resetTime: expect.any(String),
    })
    expect(await allowance('bo@acme.example')).toMatchObject({ emailAllowed: true, emailRemaining: 2 })
    expect(await allowance('bo@freemail.example', 'freemail.example', true)).toMatchObject({
      domainRemaining: null,
      domainAllowed: true,
    })
  })
})

describe('the limits of a workspace', () => {
  const change = (p_change: object) => room.sql`
    select public.inbound_email_settings_change('15213', ${JSON.stringify(p_change)}::text::jsonb) as answer`

  it('change one by one, and are the defaults before', async () => {
    // The owner is not the backend, so the rights are those of the catalog; the functions are called below them.
    const [before] =
      await room.sql`select private.email_settings_shown(private.email_settings_of('15213')) as shown`
    expect(before?.['shown']).toEqual({
      senderPerHour: 100,
      domainPerHour: 500,
      exemptSenders: [],
      exemptDomains: [],
    })
    await room.sql.begin(async (sql) => {
      await sql`set local role service_role`
      await sql`select public.inbound_email_settings_change('15213', '{"senderPerHour": 7}')`
      const [row] =
        await sql`select public.inbound_email_settings_change('15213', '{"exemptDomains": ["ek.example"]}') as answer`
      expect(row?.['answer']).toEqual({
        ...{
          outcome: 'ok',
          senderPerHour: 7,
          domainPerHour: 500,
          exemptSenders: [],
          exemptDomains: ['ek.example'],
        },
      })
    })
  })

  it('are refused beyond their bounds', async () => {
    await expect(change({ exemptDomains: Array(201).fill('ek.example') })).rejects.toMatchObject({
      code: '22023',
    })
    await expect(change({ senderPerHour: 'many' })).rejects.toMatchObject({ code: '22023' })
  })
})
