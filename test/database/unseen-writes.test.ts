import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deploymentId } from '../../shared/ids.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import { type Database, startDatabase } from './database.ts'
import { type HostedServer, startHostedServer } from './hosted.ts'
import { outboxIn, outboxOf, slotsMoved } from './moved.ts'

let database: Database
/** The partition of workspace 15213 with its schema, and the partition's remainder. */
let partition: string
let remainder: number
/** The rows in the outbox when everything moved: a row for each workspace, and one for the deployment. */
const everything = [deploymentId, '15213', '15214', '15215'].map((id) => [id, ['workspace']]).toSorted()

beforeAll(async () => {
  database = await startDatabase(500)
  const [row] = await database.sql`
    select tableoid::regclass::text as name from contacts where workspace_id = '15213' limit 1`
  partition = String(row?.['name'])
  remainder = Number(partition.slice(-2))
}, 120_000)

afterAll(async () => {
  await database.stop()
})

beforeEach(async () => {
  await database.sql`delete from private.outbox`
})

const contact = (id: string) => `('15213', '${id}', 'board_123', 'col_1', 'New', 'ann')`
const columns = `(workspace_id, id, board_id, board_column_id, name, assigned_to)`

/** Every kind of statement that writes contacts, for this table. */
const statements = (table: string): [string, string][] => [
  ['inserts', `insert into ${table} ${columns} values ${contact('new')}`],
  [
    'updates',
    `update ${table} set is_favorite = not is_favorite, assigned_to = 'zed' where workspace_id = '15213' and id = 'contact_000001'`,
  ],
  ['deletes', `delete from ${table} where workspace_id = '15213' and id = 'contact_000001'`],
  [
    'upserts',
    `insert into ${table} as c ${columns} values ${contact('contact_000001')}, ${contact('new')}
     on conflict (workspace_id, id) do update set is_favorite = not c.is_favorite`,
  ],
  [
    'merges',
    `merge into ${table} c using (values ('15213', 'contact_000001')) named (workspace_id, id)
     on c.workspace_id = named.workspace_id and c.id = named.id when matched then update set is_favorite = not c.is_favorite`,
  ],
]

const drift = async (sql: TransactionSql) => {
  const [row] = await sql`select public.reconcile_counts('15213') -> 'drift' as drift`
  return row?.['drift']
}

describe('a statement that names a partition', () => {
  test.each(['inserts', 'updates', 'deletes', 'upserts', 'merges'])(
    'and %s is reported and counted like one that names the table',
    async (kind) => {
      const run = (table: string) =>
        outboxOf(database.sql, async (sql) => {
          await sql.unsafe(new Map(statements(table)).get(kind) ?? '')
          expect(await drift(sql)).toEqual([])
        })
      const reported = await run('public.contacts')
      expect(reported.map(([workspaceId]) => workspaceId)).toContain('15213')
      expect(await run(partition)).toEqual(reported)
    },
  )

  test('is reported by each of the 64, and so is a later COPY into it', async () => {
    const [row] = await database.sql`
      select count(distinct tgrelid)::int as partitions, count(*)::int as triggers
      from pg_trigger t join pg_proc p on p.oid = t.tgfoid
      where tgrelid in (select inhrelid from pg_inherits where inhparent = 'public.contacts'::regclass)
        and (p.proname like 'outbox\\_%' or p.proname like 'tally\\_%')`
    expect(row).toEqual({ partitions: 64, triggers: 64 * 8 })
    const outbox = await outboxOf(database.sql, async (sql) => {
      const copy = await sql.unsafe(`copy ${partition} ${columns} from stdin`).writable()
      await new Promise<void>((resolve, reject) => {
        copy.on('error', reject).on('finish', () => resolve())
        copy.end('15213\tcopied\tboard_123\tcol_1\tCopied\tann\n')
      })
      expect(await drift(sql)).toEqual([])
    })
    expect(outbox).toHaveLength(1)
    expect(outbox[0]?.[1]).toContain(bucketMove('contact', 'copied'))
  })

  test('is never reported twice: a statement over all partitions leaves one row for each workspace', async () => {
    const outbox = await outboxOf(database.sql, (sql) => sql`update contacts set name = 'Same'`)
    expect(outbox.map(([workspaceId]) => workspaceId).toSorted()).toEqual(['15213', '15214', '15215'])
  })
})

describe('a session whose role is replica, in which ordinary triggers are off,', () => {
  const asReplica = (write: (sql: TransactionSql) => Promise<unknown>) =>
    outboxOf(database.sql, async (sql) => {
      await sql`set local session_replication_role = replica`
      await write(sql)
      await sql`set local session_replication_role = origin`
    })

  test.each(['inserts', 'updates', 'deletes', 'upserts', 'merges'])(
    'is reported and counted when it %s, by table and by partition',
    async (kind) => {
      for (const table of ['public.contacts', partition]) {
        const statement = new Map(statements(table)).get(kind) ?? ''
        const reported = await outboxOf(database.sql, (sql) => sql.unsafe(statement))
        const replica = await asReplica(async (sql) => {
          await sql.unsafe(statement)
          expect(await drift(sql)).toEqual([])
        })
        expect(replica).toEqual(reported)
      }
    },
  )

  test.each([
    ['a board', `update boards set name = 'B' where workspace_id = '15213' and id = 'board_2'`],
    ['a column', `delete from board_columns where workspace_id = '15213' and board_id = 'board_2'`],
    ['a membership', `delete from memberships where workspace_id = '15213'`],
    ['settings', `insert into cache_settings (workspace_id) values ('15213')`],
    [
      'a workspace, which the deployment shows,',
      `update workspaces set name = 'W' where id = '15213'`,
      deploymentId,
    ],
  ])('is reported when it writes %s', async (_what, statement, ...others) => {
    const outbox = await asReplica((sql) => sql.unsafe(statement))
    expect(outbox.map(([id]) => id).toSorted()).toEqual(['15213', ...others])
  })

  test('is reported when it deletes a board without its contacts, which changes the counts by time', async () => {
    const remove = (sql: TransactionSql) =>
      sql`delete from boards where workspace_id = '15213' and id = 'board_2'`
    const [[workspaceId, moves = []] = []] = await asReplica(remove)
    expect([workspaceId, moves.includes('counts'), slotsMoved(moves, 'board_2', null)]).toEqual([
      ...['15213', true],
      ['board'],
    ])
  })

  test('is reported when it truncates a table', async () => {
    const outbox = await asReplica((sql) => sql`truncate contacts cascade`)
    expect(outbox.toSorted()).toEqual(everything)
  })

  test('fires every statement trigger of the outbox and the tallies', async () => {
    const rows = await database.sql`
      select tgname from pg_trigger t join pg_proc p on p.oid = t.tgfoid
      where p.pronamespace = 'private'::regnamespace and (p.proname like 'outbox\\_%' or p.proname like 'tally\\_%')
        and t.tgenabled <> 'A'`
    expect([...rows]).toEqual([])
  })
})

describe('a table that is truncated', () => {
  test.each(['contacts cascade', 'cache_settings', 'memberships', 'boards cascade', 'workspaces cascade'])(
    'moves each workspace and the deployment once: truncate %s',
    async (what) => {
      const outbox = await outboxOf(database.sql, (sql) => sql.unsafe(`truncate ${what}`))
      expect(outbox.toSorted()).toEqual(everything)
    },
  )

  test('is refused if it has contacts and does not say that everything about them goes too', async () => {
    for (const table of ['contacts', partition])
      await expect(database.sql.unsafe(`truncate ${table}`)).rejects.toMatchObject({ code: '0A000' })
  })

  test('removes the counts of a partition alone, although the conversations of every workspace go with its contacts', async () => {
    const outbox = await outboxOf(database.sql, async (sql) => {
      await sql.unsafe(`truncate ${partition} cascade`)
      const rows = await sql`select from conversations`
      expect(rows).toHaveLength(0)
      for (const id of ['15213', '15214', '15215']) {
        const [row] = await sql`select public.reconcile_counts(${id}) as answer`
        expect(row?.['answer']).toMatchObject({ drift: [], contacts: id === '15213' ? 0 : 1_000 })
      }
    })
    const [row] = await database.sql`
      select array_agg(id) as ids from private.workspaces_in_partition(${remainder}) id`
    expect(outbox.toSorted()).toEqual(everything)
    expect(row?.['ids']).toEqual(['15213'])
  })

  test('in a subtransaction that is rolled back is reported again by the one that commits', async () => {
    const outbox = await outboxOf(database.sql, async (sql) => {
      await sql
        .savepoint(async (inner) => {
          await inner`truncate cache_settings`
          throw new Error('rolled back')
        })
        .catch(() => undefined)
      await sql`truncate cache_settings`
    })
    expect(outbox.toSorted()).toEqual(everything)
  })
})

test('a load with triggers disabled moves everything in its own transaction', async () => {
  const outbox = await outboxOf(database.sql, async (sql) => {
    await sql`alter table contacts disable trigger all`
    await sql`update contacts set name = 'Loaded'`
    expect(await outboxIn(sql)).toEqual([])
    const [row] = await sql`select public.outbox_move_everything() as answer`
    expect(row?.['answer']).toEqual({ outcome: 'ok', workspaces: 3 })
  })
  expect(outbox.toSorted()).toEqual(everything)
})

describe('an owner who is no superuser', () => {
  let server: HostedServer

  beforeAll(async () => {
    server = await startHostedServer()
  })

  afterAll(async () => {
    await server.stop()
  })

  test('has the same triggers, and a partition reports the owner’s writes although no member may name it', async () => {
    const hosted = await server.open('UTC')
    const [row] = await hosted.owner`
      select tableoid::regclass::text as name from public.contacts where workspace_id = 'w1' limit 1`
    const name = String(row?.['name'])
    const outbox = await outboxOf(hosted.owner, (sql) =>
      sql.unsafe(`update ${name} set name = 'Named' where workspace_id = 'w1'`),
    )
    expect(outbox).toHaveLength(1)
    expect(outbox[0]?.[1]).toContain(bucketMove('contact', 'w1-first'))
    const truncated = await outboxOf(hosted.owner, (sql) => sql`truncate public.contacts cascade`)
    expect(truncated.toSorted()).toEqual(
      [deploymentId, 'w1', 'w2'].map((id) => [id, ['workspace']]).toSorted(),
    )
  })
})
