import type postgres from 'postgres'
import { z } from 'zod'

/**
 * The tables that the transaction of the proof reads and writes. Postgres itself counts them, so that functions, triggers and cascades
 * are in it. An answer follows from the rows of the tables that were scanned for it. So a write to other tables cannot change it, and
 * the question need not be put again.
 */
export interface Catalog {
  /** Tables and partitions with their indexes. Each is known by the table's object id. */
  readonly relations: readonly { readonly id: number; readonly table: number }[]
  readonly tables: readonly number[]
}

/** How often each relation of a catalog was scanned by the transaction so far. */
export type Scans = readonly number[]

/** The rows that the transaction wrote to each table so far, and the table's file, which a truncation replaces. */
export type Written = readonly string[]

const relationSchema = z.object({ id: z.number(), table: z.number() })
const countsSchema = z.tuple([z.object({ counts: z.array(z.coerce.number()) })])
const writtenSchema = z.tuple([z.object({ written: z.array(z.string()) })])

export async function readCatalog(sql: postgres.Sql): Promise<Catalog> {
  const rows = await sql`
    with tables as (
      select c.oid from pg_class c
      where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    )
    select oid::integer as id, oid::integer as "table" from tables
    union all
    select i.indexrelid::integer, i.indrelid::integer from pg_index i join tables on tables.oid = i.indrelid`
  const relations = z.array(relationSchema).parse(rows)
  return { relations, tables: [...new Set(relations.map(({ table }) => table))] }
}

/** The query is sent at once, so that it runs right after the one that was sent before it. */
export function scansIn(sql: postgres.TransactionSql, { relations }: Catalog): Promise<Scans> {
  return sql
    .unsafe(
      'select array(select pg_stat_get_xact_numscans(o) from unnest($1::oid[]) o) as counts',
      [relations.map(({ id }) => id)],
      { prepare: true },
    )
    .then((rows) => countsSchema.parse([...rows])[0].counts)
}

/** The tables that were scanned between two counts. */
export function scannedBetween({ relations }: Catalog, before: Scans, after: Scans): number[] {
  return relations.flatMap(({ table }, place) => (before[place] === after[place] ? [] : [table]))
}

export async function writtenIn(sql: postgres.TransactionSql, { tables }: Catalog): Promise<Written> {
  const rows = await sql.unsafe(
    `select array(
      select concat_ws(
        ' ', pg_stat_get_xact_tuples_inserted(o), pg_stat_get_xact_tuples_updated(o), pg_stat_get_xact_tuples_deleted(o),
        pg_relation_filenode(o)
      )
      from unnest($1::oid[]) o
    ) as written`,
    [[...tables]],
    { prepare: true },
  )
  return writtenSchema.parse([...rows])[0].written
}

/** The tables that were written between two counts. */
export function writtenBetween({ tables }: Catalog, before: Written, after: Written): Set<number> {
  return new Set(tables.filter((_table, place) => before[place] !== after[place]))
}
