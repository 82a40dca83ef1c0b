import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mail, mailFrom, ours, theirs } from '../support/mail.ts'
import { type MailRoom, startMailRoom } from './mail-room.ts'

let room: MailRoom

beforeAll(async () => {
  room = await startMailRoom()
}, 120_000)
afterAll(() => room.stop())
beforeEach(() => room.clear())

const communications = () =>
  room.sql`select c.workspace_id, c.subject, c.contact_id, c.company_id, c.automated from public.communications c order by c.id`

describe('a message', () => {
  it('makes a company, a contact, a thread and a communication that belong together', async () => {
    const outcome = await room.take(
      mail({
        text: 'Here is the offer.',
        attachments: [{ name: 'offer.pdf', contentType: 'application/pdf', sizeBytes: 12_345 }],
        importance: 'high',
        to: [ours, 'bo@ek.example'],
      }),
    )
    if (outcome.status !== 'processed') throw new Error(outcome.status)
    const [row] = await room.sql`
      select c.workspace_id, c.direction, c.from_address, c.to_addresses, c.body, c.importance, c.sent_at, c.automated,
        p.name as company, d.domain, k.name as contact, k.email, k.company_id, k.source, t.subject as thread,
        t.contact_id = c.contact_id and t.company_id = c.company_id as belongs, a.name as attachment
      from public.communications c
      join public.companies p on p.workspace_id = c.workspace_id and p.id = c.company_id
      join public.company_domains d on d.workspace_id = p.workspace_id and d.company_id = p.id
      join public.contacts k on k.workspace_id = c.workspace_id and k.id = c.contact_id
      join public.threads t on t.workspace_id = c.workspace_id and t.id = c.thread_id
      join public.communication_attachments a on a.workspace_id = c.workspace_id and a.communication_id = c.id
      where c.id = ${outcome.communicationId}`
    expect(row).toEqual({
      ...{ workspace_id: '15213', direction: 'inbound', from_address: 'ann@acme.example' },
      ...{ to_addresses: [ours, 'bo@ek.example'], body: 'Here is the offer.', importance: 'high' },
      ...{
        sent_at: new Date('2026-11-26T09:00:00Z'),
        automated: null,
        company: 'Acme',
        domain: 'acme.example',
      },
      ...{ contact: 'Ann Lee', email: 'ann@acme.example', company_id: outcome.companyId, source: 'email' },
      ...{ thread: 'An offer', belongs: true, attachment: 'offer.pdf' },
    })
    expect(outcome).toMatchObject({ workspaceId: '15213', automated: null, isIdReused: false })
  })

  it('is taken once, however often and however much at once it comes', async () => {
    const message = mail()
    const outcomes = await room.takeAtOnce(Array.from({ length: 20 }, () => message))
    expect(outcomes.filter(({ status }) => status === 'processed')).toHaveLength(1)
    expect(outcomes.filter(({ status }) => status === 'seen')).toHaveLength(19)
    expect(await room.take(message)).toMatchObject({
      status: 'seen',
      state: 'completed',
      processedAt: expect.any(String),
    })
    expect(await communications()).toHaveLength(1)
    const [claim] = await room.sql`select e.duplicates from private.inbound_emails e`
    expect(claim).toEqual({ duplicates: 20 })
  })

  it('with the id of another one is a communication of its own, and says so', async () => {
    const first = mail({ messageId: 'same@acme.example' })
    const second = mail({ messageId: 'same@acme.example', subject: 'Something else' })
    expect(await room.take(first)).toMatchObject({ status: 'processed', isIdReused: false })
    expect(await room.take(second)).toMatchObject({ status: 'processed', isIdReused: true })
    expect(await room.take(second)).toMatchObject({ status: 'seen' })
    expect(await communications()).toHaveLength(2)
    const marked = await room.sql`select c.subject from public.communications c where c.is_id_reused`
    expect([...marked]).toEqual([{ subject: 'Something else' }])
  })

  it('to addresses of several workspaces is one communication in each of them, and nothing of one shows in another', async () => {
    const message = mail({ recipients: ['bo@ek.example', theirs, ours, 'us+tag@ours.example'] })
    expect(await room.answerTo(message)).toEqual({ outcome: 'ok', workspaces: ['15214', '15213'] })
    expect(await communications()).toHaveLength(0)
    for (const workspace of ['15214', '15213'])
      expect(await room.take(message, { workspace })).toMatchObject({
        status: 'processed',
        workspaceId: workspace,
      })
    expect(await room.take(message, { workspace: '15213' })).toMatchObject({ status: 'seen' })
    const rows = await communications()
    expect(rows.map((row) => row['workspace_id']).toSorted()).toEqual(['15213', '15214'])
    expect(new Set(rows.map((row) => row['company_id'])).size).toBe(2)
  })

  it('to an address that no workspace has is refused, also in a workspace that has another one', async () => {
    const unknown = { outcome: 'recipient_unknown' }
    expect(await room.answerTo(mail({ recipients: ['nobody@ours.example'] }))).toEqual(unknown)
    expect(await room.answerTo(mail(), { workspace: '15214' })).toEqual(unknown)
    expect(await room.sql`select from private.inbound_emails`).toHaveLength(0)
  })

  it('finds the address behind a tag, and the address with that very tag before it', async () => {
    await room.sql`insert into public.email_addresses (address, workspace_id) values ('us+news@ours.example', '15214')`
    expect(await room.take(mail({ recipients: ['us+offers@ours.example'] }))).toMatchObject({
      workspaceId: '15213',
    })
    const tagged = mail({ recipients: ['us+news@ours.example'] })
    expect(await room.answerTo(tagged)).toEqual({ outcome: 'ok', workspaces: ['15214', '15213'] })
  })

  it('keeps its whole text, of which the communication shows the beginning', async () => {
    const text = 'é'.repeat(10_000)
    await room.take(mail({ text }))
    const [row] = await room.sql`
      select c.body, t.text from public.communications c
      join public.communication_texts t on t.workspace_id = c.workspace_id and t.communication_id = c.id`
    expect(row).toEqual({ body: 'é'.repeat(4_000), text })
  })

  it('from the future counts as sent when it came', async () => {
    await room.take(mail({ sentAt: '9999-12-31T23:59:59Z' }))
    const [row] =
      await room.sql`select c.sent_at < now() + interval '1 hour' as believed from public.communications c`
    expect(row).toEqual({ believed: true })
  })

  it('in a workspace without a board is stored, with a company and without a contact', async () => {
    await room.sql`insert into public.workspaces (id, name) values ('bare', 'Bare') on conflict do nothing`
    await room.sql`insert into public.email_addresses (address, workspace_id) values ('us@bare.example', 'bare')`
    expect(await room.take(mail({ recipients: ['us@bare.example'] }))).toMatchObject({
      status: 'processed',
      workspaceId: 'bare',
      contactId: null,
      companyId: expect.any(String),
    })
  })
})

describe('the company of a message', () => {
  it('is the one that has the domain, also under www., and keeps the name that people gave it', async () => {
    await room.sql`insert into public.companies (workspace_id, id, name) values ('15213', 'acme', 'Acme & Daughters')`
    await room.sql`insert into public.company_domains (workspace_id, domain, company_id) values ('15213', 'www.acme.example', 'acme')`
    expect(await room.take(mail())).toMatchObject({ companyId: 'acme' })
    const [row] = await room.sql`select c.name from public.companies c where c.id = 'acme'`
    expect(row).toEqual({ name: 'Acme & Daughters' })
  })

  it('is made once by messages of one domain at the same time, and so is their contact', async () => {
    const outcomes = await room.takeAtOnce(Array.from({ length: 15 }, () => mail()))
    expect(outcomes.map(({ status }) => status)).toEqual(Array(15).fill('processed'))
    expect(await room.sql`select from public.companies where workspace_id = '15213'`).toHaveLength(1)
    expect(await room.sql`select from public.contacts where email = 'ann@acme.example'`).toHaveLength(1)
    expect(await communications()).toHaveLength(15)
  })

  it('is never made for a free-mail provider, whose sender’s company is that of the contact', async () => {
    expect(await room.take(mailFrom('ann@freemail.example'))).toMatchObject({
      companyId: null,
      contactId: expect.any(String),
    })
    await room.sql`insert into public.companies (workspace_id, id, name) values ('15213', 'acme', 'Acme')`
    await room.sql`update public.contacts set company_id = 'acme' where email = 'ann@freemail.example'`
    expect(await room.take(mailFrom('ann@freemail.example'))).toMatchObject({ companyId: 'acme' })
  })
})

describe('the contact of a message', () => {
  it('is the most recently active one with the address in any notation, or with its plain form', async () => {
    const { sql } = room
    for (const [id, email, day] of [
      ['mail-old', 'Ann@ACME.example', '2026-01-01'],
      ['mail-new', ' ann@acme.example ', '2026-02-01'],
      ['mail-other', 'bo@acme.example', '2026-03-01'],
    ])
      await sql`
        insert into public.contacts (workspace_id, id, board_id, board_column_id, name, email, last_activity_at)
        select '15213', ${id ?? ''}, board_id, id, 'Ann', ${email ?? ''}, ${`${day}T00:00:00Z`}
        from public.board_columns where workspace_id = '15213' order by board_id, id limit 1`
    expect(await room.take(mail())).toMatchObject({ contactId: 'mail-new' })
    expect(await room.take(mailFrom('ann+offers@acme.example'))).toMatchObject({ contactId: 'mail-new' })
  })
})

describe('an automatic message', () => {
  it.each(['auto_submitted', 'precedence', 'list'] as const)(
    'that says so (%s) is stored, marked, and makes nobody',
    async (automated) => {
      expect(await room.take(mail({ automated }))).toMatchObject({
        ...{ status: 'processed', automated, companyId: null, contactId: null },
      })
      expect(await room.sql`select from public.companies`).toHaveLength(0)
      expect(await communications()).toMatchObject([{ automated }])
    },
  )

  it('of a known sender belongs to its company and its contact', async () => {
    const first = await room.take(mail())
    if (first.status !== 'processed') throw new Error(first.status)
    const { companyId, contactId } = first
    expect(await room.take(mail({ automated: 'auto_submitted' }))).toMatchObject({ companyId, contactId })
  })

  it('without a sender is stored', async () => {
    const bounce = mail({ from: null, automated: 'empty_sender' })
    expect(await room.take(bounce)).toMatchObject({
      automated: 'empty_sender',
      companyId: null,
      contactId: null,
    })
    const [row] = await room.sql`select c.from_address from public.communications c`
    expect(row).toEqual({ from_address: '<>' })
  })

  it('is one from an address of the workspace itself, tag or not, and not one from another workspace’s', async () => {
    for (const address of [ours, 'us+noreply@ours.example'])
      expect(await room.take(mailFrom(address))).toMatchObject({
        automated: 'own_address',
        companyId: null,
        contactId: null,
      })
    expect(await room.take(mailFrom(theirs))).toMatchObject({
      automated: null,
      contactId: expect.any(String),
    })
  })

  it('is the answer after the twentieth between the same two addresses within an hour', async () => {
    const answer = (from = 'ann@acme.example') => mailFrom(from, { references: ['made@ours.example'] })
    for (let count = 0; count < 20; count += 1)
      expect(await room.take(answer())).toMatchObject({ automated: null })
    expect(await room.take(answer())).toMatchObject({ status: 'processed', automated: 'loop' })
    // Neither another sender nor a message that answers nothing is part of it.
    expect(await room.take(answer('bo@acme.example'))).toMatchObject({ automated: null })
    expect(await room.take(mail())).toMatchObject({ automated: null })
    await room.letPass(3_601)
    expect(await room.take(answer())).toMatchObject({ automated: null })
  })
})

describe('a calendar part', () => {
  const meeting = (more: object = {}) => ({
    ...{
      uid: 'meeting-1@acme.example',
      method: 'request' as const,
      sequence: 0,
      summary: 'The offer',
      location: null,
    },
    ...{ startsAt: '2026-12-01T09:00:00Z', endsAt: '2026-12-01T10:00:00Z', isAllDay: false },
    ...{ organizer: 'ann@acme.example', attendees: [ours] },
    ...more,
  })
  const statuses = async () =>
    (
      await room.sql`
        select c.meeting ->> 'sequence' as sequence, c.meeting ->> 'method' as method, c.meeting ->> 'status' as status
        from public.communications c order by (c.meeting ->> 'sequence')::int, c.meeting ->> 'method' desc`
    ).map((row) => `${row['method']} ${row['sequence']}: ${row['status']}`)

  const invitation = () => mail({ meeting: meeting() })
  const update = () => mail({ meeting: meeting({ sequence: 1 }) })
  const cancellation = () => mail({ meeting: meeting({ sequence: 2, method: 'cancel' }) })

  it('has the status that follows from all messages about the meeting, in whatever order they come', async () => {
    for (const order of [
      [invitation, update, cancellation],
      [cancellation, update, invitation],
      [update, invitation, cancellation],
      [cancellation, invitation, update],
    ]) {
      await room.clear()
      for (const make of order) await room.take(make())
      expect(await statuses()).toEqual([
        'request 0: cancelled',
        'request 1: cancelled',
        'cancel 2: cancelled',
      ])
    }
  })

  it('of an update supersedes the invitation, and somebody’s answer changes nothing', async () => {
    for (const make of [update, invitation]) await room.take(make())
    await room.take(mail({ meeting: meeting({ method: 'reply', sequence: 1 }) }))
    expect(await statuses()).toEqual(['request 0: superseded', 'request 1: current', 'reply 1: null'])
  })

  it('of another organizer does not touch it', async () => {
    await room.take(invitation())
    await room.take(
      mail({ meeting: meeting({ method: 'cancel', sequence: 9, organizer: 'eve@evil.example' }) }),
    )
    expect(await statuses()).toEqual(['request 0: current', 'cancel 9: cancelled'])
  })
})
