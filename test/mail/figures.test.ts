import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEmailsInHandler } from '../../origin/queues/handlers/emails-in.ts'
import { systemClock } from '../../shared/clock.ts'
import { deploymentId } from '../../shared/ids.ts'
import { mail, mailFrom, theirs } from '../support/mail.ts'
import { createRandom } from '../support/random.ts'
import { createHandlerRuns, type HandlerRuns } from '../work/handler-runs.ts'
import { workspace } from '../work/queue-room.ts'
import { type MailRoom, startMailRoom } from './mail-room.ts'

let room: MailRoom
let runs: HandlerRuns

beforeAll(async () => {
  room = await startMailRoom()
  runs = createHandlerRuns(room.url)
}, 120_000)
afterAll(async () => {
  await runs.stop()
  await room.stop()
})
beforeEach(() => room.clear())

const figures = async (of: string | null = null, days = 7) => {
  const [row] = await room.sql`select public.inbound_email_figures(${of}, ${days}) as answer`
  return row?.['answer']
}

const sums = async (of: string | null = null) => {
  const [row] = await room.sql`
    select coalesce(sum(received), 0)::int as received, coalesce(sum(processed), 0)::int as processed,
      coalesce(sum(failed), 0)::int as failed, coalesce(sum(duplicates - redis_duplicates), 0)::int as duplicates,
      coalesce(sum(limited - redis_limited), 0)::int as limited, coalesce(sum(queued), 0)::int as queued,
      trim_scale(coalesce(sum(processing_ms), 0)) as processing_ms, trim_scale(coalesce(max(processing_ms_max), 0)) as longest_ms,
      coalesce(sum(slow), 0)::int as slow
    from private.inbound_email_hours h where ${of}::text is null or h.workspace_id = ${of}`
  return row
}

/** The same, worked out from the rows. */
const rows = async (of: string | null = null) => {
  const [row] = await room.sql`
    select
      (coalesce(sum(e.duplicates + e.limits_met), 0) + count(e.accepted_at))::int as received, count(e.processed_at)::int as processed,
      coalesce(sum(e.failures), 0)::int as failed, coalesce(sum(e.duplicates), 0)::int as duplicates,
      coalesce(sum(e.limits_met), 0)::int as limited, coalesce(sum(e.times_queued), 0)::int as queued,
      trim_scale(coalesce(sum(e.processing_ms), 0)) as processing_ms, trim_scale(coalesce(max(e.processing_ms), 0)) as longest_ms,
      (count(*) filter (where e.processing_ms > 200))::int as slow
    from private.inbound_emails e where ${of}::text is null or e.workspace_id = ${of}`
  return row
}

/** The counts of the domains of senders, and the same from the rows. */
const domainSums = () => room.sql`
  select d.domain, sum(d.received)::int as received, sum(d.duplicates)::int as duplicates, sum(d.limited)::int as limited
  from private.inbound_email_domains d group by 1 order by 1`
const domainRows = () => room.sql`
  select e.sender_domain as domain, (sum(e.duplicates + e.limits_met) + count(e.accepted_at))::int as received,
    sum(e.duplicates)::int as duplicates, sum(e.limits_met)::int as limited
  from private.inbound_emails e group by 1 order by 1`

describe('the counts', () => {
  it('are those of a workspace, and of all', async () => {
    const message = mail()
    for (const each of [message, message, message, mail(), mail({ recipients: [theirs] })])
      await room.take(each)
    await room.take(mail(), { isSlow: true })
    await room.sql`insert into private.email_settings (workspace_id, sender_per_hour) values ('15213', 1)`
    await room.take(mail())
    const counts = {
      ...{ received: 6, duplicates: 2, limited: 1, queued: 1, processed: 2, failed: 0 },
      ...{ duplicatesByRedis: 0, limitedByRedis: 0 },
    }
    expect(await figures('15213')).toMatchObject({
      periods: [
        { kind: 'daily', ...counts },
        { kind: 'hourly', ...counts },
      ],
    })
    expect(await figures()).toMatchObject({ periods: [{ received: 7, processed: 3 }, { received: 7 }] })
    expect(await figures('none')).toMatchObject({ periods: [] })
    const [domains] = await room.sql`select public.inbound_email_domains(null, null) as answer`
    expect(domains?.['answer']).toMatchObject({
      domains: [{ domain: 'acme.example', received: 7, duplicates: 2, limited: 1 }],
    })
  })

  it('equal the rows to the digit, whatever comes at once and whatever connection breaks', async () => {
    const random = createRandom(7)
    await room.sql`insert into private.email_settings (workspace_id, sender_per_hour, domain_per_hour) values ('15213', 9, 20)`
    const messages = Array.from({ length: 40 }, (_, index) =>
      index % 3 === 0 ? mail() : mailFrom(`s${index}@${index % 2 === 0 ? 'acme' : 'ek'}.example`),
    )
    const senders = Array.from({ length: 4 }, async () => {
      const pool = new pg.Pool({ connectionString: room.url, max: 1, application_name: 'sender' })
      pool.on('connect', (client) => client.on('error', () => undefined))
      pool.on('error', () => undefined)
      for (let count = 0; count < 30; count += 1) {
        const message = messages[Math.floor(random() * messages.length)]
        const isSlow = random() < 0.3
        // A connection that broke may have committed or not: as a sender would, this one goes on and sends again some time.
        await pool
          .query('select public.inbound_email_take($1, null, $2)', [JSON.stringify(message), isSlow])
          .catch(() => undefined)
      }
      await pool.end()
    })
    let isOver = false
    const breaking = (async () => {
      while (!isOver) {
        // Some get through, and some do not.
        await room.sql`select pg_sleep(0.1)`
        await room.sql`
          select pg_terminate_backend(a.pid) from pg_stat_activity a
          where a.application_name = 'sender' and a.query like '%inbound_email_take%' and a.state = 'active' and a.xact_start < clock_timestamp() - interval '2 milliseconds'
          limit 1`
      }
    })()
    await Promise.all(senders)
    isOver = true
    await breaking
    const [claims] = await room.sql`select count(*)::int as claims from private.inbound_emails`
    expect(Number(claims?.['claims'])).toBeGreaterThan(10)
    // Of those that wait, one is given up, and the others are processed.
    const waiting = await room.sql`select e.id from private.inbound_emails e where e.state = 'queued'`
    expect(waiting.length).toBeGreaterThan(1)
    for (const [index, { id }] of waiting.entries())
      await (index === 0
        ? room.sql`select private.give_up_mail('15213', ${id})`
        : room.sql`select private.run_mail_job('15213', ${id})`)
    for (const of of [null, '15213']) expect(await sums(of)).toEqual(await rows(of))
    expect([...(await domainSums())]).toEqual([...(await domainRows())])
    const [made] = await room.sql`
      select count(*)::int as communications, count(distinct c.message_id)::int as messages from public.communications c`
    const [processed] =
      await room.sql`select count(*)::int as processed from private.inbound_emails e where e.state = 'processed'`
    expect(made).toEqual({ communications: processed?.['processed'], messages: processed?.['processed'] })
    expect(await rows()).toMatchObject({ failed: 1, processed: processed?.['processed'] })
  })

  it('have what Workers answered by Redis, once a report', async () => {
    const report = '00000000-0000-4000-8000-000000000007'
    const at = new Date().toISOString()
    const counts = [
      { workspaceId: '15213', at, senderDomain: 'acme.example', duplicates: 3, limited: 1 },
      { workspaceId: '15213', at, senderDomain: null, duplicates: 1, limited: 0 },
      { workspaceId: 'gone', at, senderDomain: null, duplicates: 9, limited: 9 },
    ]
    const count = async () => {
      const [row] = await room.sql`
        select public.inbound_email_count_edge(${report}, ${JSON.stringify(counts)}::text::jsonb) as answer`
      return row?.['answer']
    }
    expect(await count()).toEqual({ outcome: 'ok', isNew: true })
    expect(await count()).toEqual({ outcome: 'ok', isNew: false })
    const told = { received: 5, duplicates: 4, limited: 1, duplicatesByRedis: 4, limitedByRedis: 1 }
    expect(await figures()).toMatchObject({ periods: [told, told] })
    const [domains] = await room.sql`select public.inbound_email_domains('15213', null) as answer`
    expect(domains?.['answer']).toMatchObject({ domains: [{ domain: 'acme.example', received: 4 }] })
  })

  it('stay the same when hours become days, and end after a month', async () => {
    await room.sql`
      insert into private.inbound_email_hours (workspace_id, hour, slot, received, processed, processing_ms, processing_ms_max)
      select '15213', private.mail_hour(now()) - h, s, 10, 5, 50, h
      from generate_series(40, 24 * 40) h, generate_series(0, 1) s`
    const before = await figures('15213', 30)
    const keepUp = () =>
      runs.run(createEmailsInHandler({ database: room.database, clock: systemClock, random: () => 0 }), {
        ...{ queue: 'emails-in', id: 'upkeep', workspaceId: deploymentId, name: 'upkeep', data: {} },
      })
    expect(await keepUp()).toMatchObject({ ok: true })
    expect(await figures('15213', 30)).toEqual(before)
    const [hours] = await room.sql`select count(*)::int as hours from private.inbound_email_hours`
    expect(hours).toEqual({ hours: 18 })
    const [days] = await room.sql`select count(*)::int as days from private.inbound_email_days`
    expect(days?.['days']).toBeLessThanOrEqual(32)
    expect(await keepUp()).toMatchObject({ value: { tidied: 0 } })
  })
})

describe('the way of a message', () => {
  it('shows what happened to it and when, without its contents and addresses', async () => {
    await room.sql`insert into private.email_settings (workspace_id, sender_per_hour) values ('15213', 1)`
    await room.take(mail())
    const message = mail({ subject: 'Confidential', text: 'Confidential' })
    await room.take(message)
    await room.letPass(3_601)
    await room.take(message, { isSlow: true })
    const [claim] = await room.sql`select e.id from private.inbound_emails e where e.state = 'queued'`
    const job = {
      queue: 'emails-in' as const,
      id: '15213~job',
      workspaceId: workspace,
      name: 'process',
      data: { id: claim?.['id'] },
    }
    await runs.run(
      createEmailsInHandler({ database: room.database, clock: systemClock, random: () => 0 }),
      job,
    )
    await room.take(message)
    const list = async (of: string | null, state: string | null) => {
      const [row] = await room.sql`select public.inbound_email_list(${of}, ${state}) as answer`
      return Object(row?.['answer']).messages
    }
    const processed = await list('15213', 'processed')
    expect(processed).toHaveLength(2)
    expect(processed.find(({ id }: { id: string }) => id === claim?.['id'])).toEqual({
      ...{
        id: claim?.['id'],
        state: 'processed',
        duplicates: 1,
        priority: 'high',
        senderDomain: 'acme.example',
      },
      ...{ receivedAt: expect.any(String), limitedAt: expect.any(String), queuedAt: expect.any(String) },
      ...{ processedAt: expect.any(String), failedAt: null, automated: null },
      ...{ communicationId: expect.any(String), processingMs: expect.any(Number) },
    })
    expect(JSON.stringify(await list(null, null))).not.toMatch(/Confidential|ann@|us@/)
    expect(await list('15214', null)).toEqual([])
    expect(await list(null, 'limited')).toEqual([])
  })
})
