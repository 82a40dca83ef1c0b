import type postgres from 'postgres'
import { z } from 'zod'

/** The database of the completeness proof: the tables of the catalog, with the content of four small workspaces. */
export interface World {
  readonly tables: readonly Table[]
  /** The partition of each workspace's contacts, by the workspace's id. */
  readonly partitions: ReadonlyMap<string, string>
}

/** A table of the migrations' schemas. A partition is not one of its own. */
export interface Table {
  /** With its schema. */
  readonly name: string
  /** Without generated ones, which no statement can set. */
  readonly columns: readonly string[]
  readonly key: readonly string[]
}

/**
 * `w152` shares its partition with `w1`; `w4` has more assignees than its shared counts name, and the counts of `w2` are wrong
 * until they are reconciled.
 */
export const workspaceIds = ['w1', 'w2', 'w152', 'w4'] as const
/** The users to whom contacts are assigned. */
export const userIds = ['u1', 'u2', 'u3'] as const

/** Replaces everything in the database by the workspaces of the proof. Boards, columns and contacts share ids across them. */
export async function fillWorld(sql: postgres.Sql): Promise<World> {
  await sql.begin(async (transaction) => {
    await transaction`delete from public.workspaces`
    await transaction.unsafe(content)
    await transaction`select public.fold_counts(5000)`
    await transaction`update private.contact_tallies set contacts = contacts + 1 where workspace_id = 'w2'`
    await transaction`delete from private.outbox`
  })
  await sql`vacuum analyze`
  const rows = await sql<{ workspaceId: string; partition: string }[]>`
    select distinct workspace_id as "workspaceId", tableoid::regclass::text as partition from public.contacts`
  return {
    tables: tablesSchema.parse(await readTables(sql)),
    partitions: new Map(rows.map(({ workspaceId, partition }) => [workspaceId, partition])),
  }
}

const content = `
  insert into public.workspaces (id, name) select w, w from unnest(array['w1', 'w2', 'w152', 'w4']) w;
  insert into public.memberships (workspace_id, user_id, role)
    values ('w1', 'u1', 'admin'), ('w1', 'u2', 'member'), ('w2', 'u1', 'member'), ('w152', 'u3', 'admin');
  insert into public.boards (workspace_id, id, name)
    select w.id, b, b from public.workspaces w, unnest(array['b1', 'b2', 'b3']) b;
  insert into public.board_columns (workspace_id, board_id, id, name)
    select workspace_id, id, c, c from public.boards, unnest(array['c1', 'c2']) c;
  insert into public.cache_settings (workspace_id, settings) values ('w1', '{"cacheEnabled": false}');
  insert into public.contacts (
    workspace_id, id, board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response,
    follow_up, is_favorite, is_archived, sentiment, tags, last_activity_at, created_at
  )
    select
      w.id, 'k' || n, 'b' || 1 + n % 2, 'c' || 1 + n / 2 % 2, (array['Ann Alder', 'Bo Öst', 'Zoë Ek', 'Max Alder'])[1 + n % 4],
      case when n % 3 > 0 then 'k' || n || '@alder.example' end, case when n % 4 > 0 then '+49 30 5550' || n end,
      (array['open', 'closed', 'pending'])[1 + n % 3], (array['high', 'medium', 'low'])[1 + n / 3 % 3],
      (array[null, 'u1', 'u2', 'u3'])[1 + n % 4], n % 2 = 0, n % 5 = 0, n % 7 = 0, n % 6 = 0,
      (array[null, 'negative', 'positive'])[1 + n % 3], case when n % 4 = 0 then array['vip'] else '{}' end,
      now() - interval '7 hours' * n, now() - interval '20 hours' * n
    from (values ('w1', 24), ('w2', 12), ('w152', 6)) w (id, contacts), generate_series(1, w.contacts) n;
  insert into public.contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
    select 'w4', 'k' || n, 'b1', 'c1', 'Many ' || n, 'assignee-' || n from generate_series(1, 510) n;
  insert into private.repaired_values (workspace_id, contact_id, column_name) values ('w1', 'k1', 'email'), ('w2', 'k2', 'phone');
  insert into private.search_text_renewal default values;`

const tablesSchema = z.array(
  z.object({ name: z.string(), columns: z.array(z.string()), key: z.array(z.string()) }),
)

/** The schemas of Supabase and of the local stack are left out: no answer is read from them. */
function readTables(sql: postgres.Sql): Promise<unknown> {
  return sql`
    select
      c.relnamespace::regnamespace::text || '.' || c.relname as name,
      array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
        order by a.attnum
      ) as columns,
      array(
        select a.attname::text from pg_index i
        cross join unnest(i.indkey::int2[]) with ordinality k (number, place)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
        where i.indrelid = c.oid and i.indisprimary
        order by k.place
      ) as key
    from pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.relkind in ('r', 'p') and not c.relispartition
    order by 1`
}
