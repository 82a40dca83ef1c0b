import fc from 'fast-check'
import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentId } from '../../shared/ids.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import { type Database, startDatabase } from './database.ts'
import { outboxIn } from './moved.ts'
import { asBackend, undone } from './undone.ts'

let database: Database

const outcomes = ['queued', 'sent', 'delivered', 'read', 'replied', 'failed']
const campaigns = ['spring', 'summer', 'autumn', 'winter']
const workspaceId = '15213'

beforeAll(async () => {
  database = await startDatabase(500)
  await database.sql`
    insert into public.campaigns (workspace_id, id, name)
    select w.id, c, c from public.workspaces w, unnest(${campaigns}::text[]) c`
  await database.sql`
    insert into public.campaign_sends (workspace_id, campaign_id, contact_id, outcome)
    select g.workspace_id, g.id, 'contact-' || n, (${outcomes}::text[])[1 + n % 6]
    from public.campaigns g, generate_series(1, 40) n`
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const outcome = fc.constantFrom(...outcomes)
const campaign = fc.constantFrom(...campaigns)
const some = fc.record({ salt: fc.nat(999), percent: fc.constantFrom(3, 30, 100) })
const where = ({ salt, percent }: { salt: number; percent: number }) =>
  `abs(hashtext(campaign_id || contact_id || '${salt}')) % 100 < ${percent} and workspace_id = '${workspaceId}'`

/** Statements that write sends and campaigns in every way. */
const statements: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(campaign, fc.nat(60), outcome).map(
    ([id, n, to]) => `
      insert into public.campaign_sends (workspace_id, campaign_id, contact_id, outcome)
      select workspace_id, id, 'contact-${n}', '${to}' from public.campaigns
      where workspace_id = '${workspaceId}' and id = '${id}'
      on conflict (workspace_id, campaign_id, contact_id) do update set outcome = excluded.outcome`,
  ),
  fc
    .tuple(some, outcome)
    .map(([rows, to]) => `update public.campaign_sends set outcome = '${to}' where ${where(rows)}`),
  some.map((rows) => `update public.campaign_sends set updated_at = now() where ${where(rows)}`),
  fc.tuple(some, campaign, fc.nat(99_999)).map(
    ([rows, id, salt]) => `update public.campaign_sends
      set campaign_id = '${id}', contact_id = campaign_id || left(contact_id, 50) || '${salt}'
      where ${where(rows)} and exists (
        select from public.campaigns where workspace_id = '${workspaceId}' and id = '${id}'
      )`,
  ),
  some.map((rows) => `delete from public.campaign_sends where ${where(rows)}`),
  campaign.map((id) => `delete from public.campaigns where workspace_id = '${workspaceId}' and id = '${id}'`),
  campaign.map(
    (id) => `insert into public.campaigns (workspace_id, id, name) values ('${workspaceId}', '${id}', 'Again')
      on conflict do nothing`,
  ),
  fc.constant('select public.fold_counts(3)'),
)

const statsOf = (sql: TransactionSql, id: string) => asBackend(sql, 'campaign_stats', workspaceId, id)

/** The same from a scan of all sends. */
async function scanned(sql: TransactionSql, id: string): Promise<unknown> {
  const [row] = await sql`
    select exists (select from public.campaigns where workspace_id = ${workspaceId} and id = ${id}) as exists,
      (
        select jsonb_object_agg(o, (
          select count(*) from public.campaign_sends
          where workspace_id = ${workspaceId} and campaign_id = ${id} and outcome = o
        )) from unnest(${outcomes}::text[]) o
      ) as stats`
  return row?.['exists'] === true ? { outcome: 'ok', ...Object(row['stats']) } : { outcome: 'not_found' }
}

const allStats = async (sql: TransactionSql) => {
  const stats: string[] = []
  for (const id of campaigns) stats.push(JSON.stringify(await statsOf(sql, id)))
  return stats
}

describe('the figures of a campaign', () => {
  test('equal a scan after any writes, and a write moves the campaigns whose figures it changes', async () => {
    const property = fc.asyncProperty(fc.array(statements, { minLength: 1, maxLength: 5 }), (writes) =>
      undone(database.sql, async (sql) => {
        let before = await allStats(sql)
        for (const write of writes) {
          await sql`delete from private.outbox`
          await sql.unsafe(write)
          const after = await allStats(sql)
          const changed = campaigns.filter((_id, place) => before[place] !== after[place])
          const moved = (await outboxIn(sql)).flatMap(([, moves]) => moves)
          for (const id of changed)
            expect([write, moved]).toEqual([write, expect.arrayContaining([bucketMove('campaign', id)])])
          if (write.includes('campaign_sends')) expect(new Set(moved).size).toBe(changed.length)
          before = after
        }
        for (const id of campaigns) expect(await statsOf(sql, id)).toEqual(await scanned(sql, id))
      }),
    )
    await fc.assert(property, { seed: 13, numRuns: 30 })
  }, 60_000)

  test('are of their own workspace alone', async () => {
    await undone(database.sql, async (sql) => {
      const before = await asBackend(sql, 'campaign_stats', '15214', 'spring')
      await sql`delete from public.campaign_sends where workspace_id = ${workspaceId}`
      expect(await asBackend(sql, 'campaign_stats', '15214', 'spring')).toEqual(before)
      expect(await statsOf(sql, 'spring')).toMatchObject({ outcome: 'ok', queued: 0, failed: 0 })
    })
  })

  test('are zero after the sends are truncated, which moves every workspace once', async () => {
    await undone(database.sql, async (sql) => {
      await sql`delete from private.outbox`
      await sql`truncate public.campaigns cascade`
      expect((await outboxIn(sql)).toSorted()).toEqual(
        [deploymentId, '15213', '15214', '15215'].map((id) => [id, ['workspace']]).toSorted(),
      )
      const rows = await sql`
        select from private.campaign_tallies group by workspace_id, campaign_id, outcome having sum(sends) <> 0`
      expect(rows).toHaveLength(0)
    })
  })

  test('have one row for each outcome after folds, however many at once', async () => {
    await undone(database.sql, async (sql) => {
      const before = await allStats(sql)
      await sql`update public.campaign_sends set outcome = 'read'`
      await sql`update public.campaign_sends set outcome = 'sent' where contact_id < 'contact-2'`
      const [row] = await sql`select public.fold_counts(100000) as answer`
      expect(row?.['answer']).toMatchObject({ outcome: 'ok', campaigns: expect.any(Number) })
      const rows = await sql`
        select outcome, sends::int as sends, is_folded as folded from private.campaign_tallies
        where workspace_id = ${workspaceId} and campaign_id = 'spring' order by outcome`
      expect(rows.map(({ outcome: name, folded }) => [name, folded])).toEqual([
        ['read', true],
        ['sent', true],
      ])
      expect(await allStats(sql)).not.toEqual(before)
      expect(await statsOf(sql, 'spring')).toEqual(await scanned(sql, 'spring'))
    })
  })

  test('are repaired by reconcile_counts after writes without triggers, which moves the wrong campaigns', async () => {
    await undone(database.sql, async (sql) => {
      await sql`alter table public.campaign_sends disable trigger user`
      await sql`delete from public.campaign_sends where workspace_id = ${workspaceId} and campaign_id = 'summer'`
      await sql`alter table public.campaign_sends enable trigger user`
      await sql`delete from private.outbox`
      const reconcile = async () =>
        (await sql`select public.reconcile_counts(${workspaceId}) as answer`)[0]?.['answer']
      expect(await reconcile()).toMatchObject({
        drift: expect.arrayContaining([{ campaign: 'summer', outcome: 'queued', sends: -6 }]),
      })
      expect(await outboxIn(sql)).toEqual([[workspaceId, [bucketMove('campaign', 'summer')]]])
      expect(await statsOf(sql, 'summer')).toEqual(await scanned(sql, 'summer'))
      expect(await reconcile()).toMatchObject({ drift: [] })
    })
  })
})
