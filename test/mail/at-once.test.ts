import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type JudgedEmail, mailOutcomeSchema } from '../../shared/contract/inbound-email.ts'
import { mail, mailFrom, ours, theirs } from '../support/mail.ts'
import { type MailRoom, startMailRoom } from './mail-room.ts'

let room: MailRoom

beforeAll(async () => {
  room = await startMailRoom()
}, 120_000)
afterAll(() => room.stop())
beforeEach(() => room.clear())

/** A message that a transaction has taken, which stays open until `commit`. A wait for another one fails after some seconds. */
interface OpenTake {
  readonly taken: Promise<unknown>
  commit(): Promise<void>
}

async function openTake(message: JudgedEmail): Promise<OpenTake> {
  const sql = postgres(room.url, { max: 1, onnotice: () => undefined })
  await sql`set lock_timeout = '5s'`
  await sql`begin`
  const taken = sql`
    select public.inbound_email_take(${JSON.stringify(message)}::text::jsonb, null, false) as answer`.then(
    ([row]) => row?.['answer'] as unknown,
  )
  // A failure that nobody looks at here fails the commit as well.
  taken.catch(() => undefined)
  return {
    taken,
    async commit() {
      await taken
      await sql`commit`
      await sql.end()
    },
  }
}

const processed = { outcome: 'ok', mail: { status: 'processed' } }
const limit = (senderPerHour: number, domainPerHour: number) => room.sql`
  insert into private.email_settings ${room.sql({
    ...{ workspace_id: '15213', sender_per_hour: senderPerHour, domain_per_hour: domainPerHour },
  })}`

describe('messages that come at the same time', () => {
  it('do not wait for one another far from the limits, of one domain and of one sender', async () => {
    await room.take(mail())
    const first = await openTake(mail())
    expect(await first.taken).toMatchObject(processed)
    const ofSender = await openTake(mail())
    expect(await ofSender.taken).toMatchObject(processed)
    const ofDomain = await openTake(mailFrom('bo@acme.example'))
    expect(await ofDomain.taken).toMatchObject(processed)
    for (const open of [first, ofSender, ofDomain]) await open.commit()
  })

  it.each([
    { makes: 'company and contact', sender: 'ann@acme.example', companies: 1 },
    { makes: 'contact', sender: 'ann@freemail.example', companies: 0 },
  ])(
    'wait for the first one that makes their $makes, and not for those that waited too',
    async ({ sender, companies }) => {
      const first = await openTake(mailFrom(sender))
      expect(await first.taken).toMatchObject(processed)
      const others = await Promise.all([1, 2, 3].map(() => openTake(mailFrom(sender))))
      await first.commit()
      const answers = await Promise.all([first, ...others].map(({ taken }) => taken))
      for (const answer of answers) expect(answer).toMatchObject(processed)
      for (const open of others) await open.commit()
      const [made] = await room.sql`
      select
        (select count(*)::integer from public.companies where workspace_id = '15213') as companies,
        (select count(*)::integer from public.contacts where source = 'email') as contacts,
        (select count(distinct c.contact_id)::integer from public.communications c) as senders`
      expect(made).toEqual({ companies, contacts: 1, senders: 1 })
    },
  )

  it('with the same id and different digests are all kept, and all but one say so', async () => {
    const messageId = 'same@acme.example'
    const messages = Array.from({ length: 8 }, (_, index) => mail({ messageId, subject: `Offer ${index}` }))
    const outcomes = await room.takeAtOnce(messages)
    expect(outcomes.filter((outcome) => outcome.status === 'processed' && outcome.isIdReused)).toHaveLength(7)
    const [kept] = await room.sql`
      select count(*)::integer as kept, (count(*) filter (where is_id_reused))::integer as reused
      from public.communications where message_id = ${messageId}`
    expect(kept).toEqual({ kept: 8, reused: 7 })
  })
})

/** More than 16 below a limit, several messages have a turn at the same time, so these limits are passed from there. */
describe('a limit that is passed while several messages have a turn', () => {
  const taken = async (messages: readonly JudgedEmail[]) => {
    const outcomes = await room.takeAtOnce(messages)
    return outcomes.filter(({ status }) => status !== 'limited').length
  }

  it.each([16, 17, 25, 40])('is %i messages of a sender, and not one more or less', async (most) => {
    await limit(most, 1_000)
    expect(await taken(Array.from({ length: most + 30 }, () => mail()))).toBe(most)
  })

  it.each([16, 17, 25, 40])('is %i messages of a domain, and not one more or less', async (most) => {
    await limit(1_000, most)
    const messages = Array.from({ length: most + 30 }, (_, index) => mailFrom(`s${index}@acme.example`))
    expect(await taken(messages)).toBe(most)
  })

  it('stays the same for the messages that come after', async () => {
    await limit(20, 1_000)
    await taken(Array.from({ length: 10 }, () => mail()))
    expect(await taken(Array.from({ length: 30 }, () => mail()))).toBe(10)
    expect(await taken([mail()])).toBe(0)
  })
})

describe('messages that wait together', () => {
  const together = async (messages: readonly JudgedEmail[], { ahead = 0, isSlow = false } = {}) => {
    const mails = JSON.stringify(messages.map((each) => ({ mail: each, ahead })))
    const [row] = await room.sql`
      select public.inbound_email_take_together(${mails}::text::jsonb, ${isSlow}) as answer`
    return togetherSchema.parse(row?.['answer']).mails.map((outcome) => outcome?.status ?? null)
  }
  const fromMany = (count: number) =>
    Array.from({ length: count }, (_, index) => mailFrom(`ann@many${index}.example`))
  const rows = async () => {
    const [row] = await room.sql`
      select
        (select count(*)::integer from private.inbound_emails) as claims,
        (select count(*)::integer from bullmq.job where queue = 'emails-in' and name = 'process') as jobs,
        (select coalesce(sum(received), 0)::integer from private.inbound_email_hours) as received,
        (select coalesce(sum(queued), 0)::integer from private.inbound_email_hours) as queued,
        (select coalesce(sum(received), 0)::integer from private.inbound_email_domains) as "ofDomains"`
    return row
  }

  it('are queued, counted and given their jobs, once their workspace has more than 50 of them in a minute', async () => {
    expect(await together(fromMany(51))).toEqual(Array(51).fill('queued'))
    expect(await rows()).toEqual({ claims: 51, jobs: 51, received: 51, queued: 51, ofDomains: 51 })
    expect(await together(fromMany(1), { ahead: 0 })).toEqual(['queued'])
  })

  it('are left as they are up to that, those that are under way counted in', async () => {
    expect(await together(fromMany(50))).toEqual(Array(50).fill(null))
    expect(await together(fromMany(20), { ahead: 30 })).toEqual(Array(20).fill(null))
    expect(await rows()).toEqual({ claims: 0, jobs: 0, received: 0, queued: 0, ofDomains: 0 })
    expect(await together(fromMany(20), { ahead: 31 })).toEqual(Array(20).fill('queued'))
  })

  it('are all queued while the database is slow, and become the same communications as by themselves', async () => {
    const messages = [
      mail({ importance: 'high' }),
      mailFrom('bo@acme.example', { automated: 'list' }),
      mail(),
    ]
    expect(await together(messages, { isSlow: true })).toEqual(['queued', 'queued', 'queued'])
    const waiting = await room.sql`
      select e.workspace_id, e.id, e.priority, e.automated from private.inbound_emails e order by e.priority`
    expect(waiting.map(({ priority, automated }) => [priority, automated])).toEqual([
      ['high', null],
      ['low', 'list'],
      ['normal', null],
    ])
    for (const { workspace_id: workspaceId, id } of waiting)
      await room.sql`select private.run_mail_job(${workspaceId}, ${id})`
    for (const message of messages)
      expect(await room.take(message)).toMatchObject({ status: 'seen', state: 'completed' })
  })

  it('are left where they came before, come twice, have no workspace or have several', async () => {
    const known = mail()
    await room.take(known)
    const twice = mail()
    const messages = [
      known,
      twice,
      twice,
      mail({ recipients: ['no@where.example'] }),
      mail({ recipients: [ours, theirs] }),
    ]
    expect(await together(messages, { isSlow: true })).toEqual([null, 'queued', null, null, null])
    expect(await room.take(twice)).toMatchObject({ status: 'seen', state: 'processing' })
  })

  it.each([
    { of: 'sender', senderPerHour: 10, domainPerHour: 1_000 },
    { of: 'domain', senderPerHour: 1_000, domainPerHour: 10 },
  ])(
    'never exceed the limit of a $of, and those that may are left',
    async ({ senderPerHour, domainPerHour }) => {
      await limit(senderPerHour, domainPerHour)
      const some = (count: number) => Array.from({ length: count }, () => mail())
      expect(await together(some(11), { isSlow: true })).toEqual(Array(11).fill(null))
      expect(await together([...some(6), mailFrom('bo@other.example')], { isSlow: true })).toEqual(
        Array(7).fill('queued'),
      )
      expect(await together([...some(5), mailFrom('bo@other.example')], { isSlow: true })).toEqual([
        ...Array(5).fill(null),
        'queued',
      ])
      expect(await together(some(4), { isSlow: true })).toEqual(Array(4).fill('queued'))
      expect((await room.take(mail())).status).toBe('limited')
    },
  )

  it('see each other where one says what the next one is: the same id, and too many answers of two', async () => {
    const messageId = 'same@acme.example'
    const same = [1, 2, 3].map((number) => mail({ messageId, subject: `Offer ${number}` }))
    const answers = Array.from({ length: 22 }, () => mailFrom('bo@acme.example', { isReply: true }))
    await together([...same, ...answers], { isSlow: true })
    const [found] = await room.sql`
      select (count(*) filter (where is_id_reused))::integer as reused, (count(*) filter (where automated = 'loop'))::integer as loops
      from private.inbound_emails`
    expect(found).toEqual({ reused: 2, loops: 2 })
  })

  it('are each taken once, however many calls and transactions bring them at the same time', async () => {
    const messages = fromMany(30)
    const calls = [messages, messages.toReversed(), messages.slice(10)].map((each) =>
      together(each, { isSlow: true }),
    )
    const [alone, ...queued] = await Promise.all([room.takeAtOnce(messages), ...calls])
    const taken = [...alone.map(({ status }) => status), ...queued.flat()]
    expect(taken.filter((status) => status === 'queued' || status === 'processed')).toHaveLength(30)
    expect(await rows()).toMatchObject({ claims: 30 })
  })
})

const togetherSchema = z.object({ outcome: z.literal('ok'), mails: z.array(mailOutcomeSchema.nullable()) })
