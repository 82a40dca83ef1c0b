import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { JudgedEmail } from '../../shared/contract/inbound-email.ts'
import { mail, mailFrom } from '../support/mail.ts'
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
