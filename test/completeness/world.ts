import type postgres from 'postgres'
import { z } from 'zod'
import { tableGroups } from './tables/index.ts'

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
    await transaction`update private.campaign_tallies set sends = sends + 1 where workspace_id = 'w2'`
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

const content = tableGroups.map((group) => group.content).join('\n')

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
