import postgres from 'postgres'
import { z } from 'zod'
import { type BenchDatabase, grownTables } from './database-content.ts'
import type { Statement } from './database-questions.ts'

/** How statements reached the contacts and the tables that grow with them: each way once, with the number of statements that took it. */
export interface Plans {
  readonly ways: readonly { readonly way: string; readonly statements: number }[]
  /** Statements that read a whole partition, or another of these tables. */
  readonly sequential: readonly string[]
  /** Indexes of contacts. Those of the other tables also serve writes. */
  readonly unusedIndexes: readonly string[]
}

const partition = /^contacts_\d\d$/
const indexOfGrown = new RegExp(`^(${grownTables.join('|')})_`)

/** The nodes of a plan that read a table or an index, as EXPLAIN prints them. */
const nodes =
  /(Index Only Scan|Index Scan)(?: Backward)? using (\S+) on (\S+)|(Bitmap Index Scan) on (\S+)|(Seq Scan|Sample Scan|Tid Scan) on (\S+)/g

/** Runs each statement once, and reads the plans of everything that its functions run. */
export async function explain(database: BenchDatabase, statements: readonly Statement[]): Promise<Plans> {
  const parents = await indexParents(database.sql)
  let plans: string[] = []
  const sql = postgres(database.url, { max: 1, onnotice: ({ message }) => plans.push(message ?? '') })
  const counted = new Map<string, number>()
  const sequential: string[] = []
  try {
    await sql.unsafe(`
      load 'auto_explain';
      set auto_explain.log_min_duration = 0;
      set auto_explain.log_nested_statements = on;
      set auto_explain.log_level = 'notice';`)
    for (const { role, workspace, userId, text } of statements) {
      await sql`select bench.be(${role}, ${workspace}, ${userId})`
      plans = []
      await sql.unsafe(text)
      const ways = waysIn(plans.join('\n'), parents)
      for (const way of ways) counted.set(way, (counted.get(way) ?? 0) + 1)
      if (ways.has('Seq Scan')) sequential.push(text)
    }
  } finally {
    await sql.end()
  }
  const ways = [...counted].map(([way, count]) => ({ way, statements: count }))
  const used = (index: string) => ways.some(({ way }) => way.endsWith(` ${index}`))
  return {
    ways: ways.sort((one, other) => other.statements - one.statements),
    sequential,
    unusedIndexes: [...new Set(parents.values())].filter((index) => !used(index)),
  }
}

function waysIn(plan: string, parents: ReadonlyMap<string, string>): Set<string> {
  const ways = new Set<string>()
  for (const [, scan, index, , bitmap, bitmapIndex, other, table] of plan.matchAll(nodes)) {
    const used = index ?? bitmapIndex ?? ''
    const parent = parents.get(used)
    if (parent !== undefined) ways.add(`${scan ?? bitmap} ${parent}`)
    else if (indexOfGrown.test(used)) ways.add(`${scan ?? bitmap} ${used}`)
    else if (other !== undefined && (partition.test(table ?? '') || grownTables.includes(table ?? '')))
      ways.add(other)
  }
  return ways
}

const parentsSchema = z.array(z.object({ child: z.string(), parent: z.string() }))

/** The name of each partition's index, with the name of the declared index that it belongs to. */
async function indexParents(sql: postgres.Sql): Promise<ReadonlyMap<string, string>> {
  const rows = parentsSchema.parse(
    await sql`
      select child.relname as child, parent.relname as parent
      from pg_index i
      join pg_inherits up on up.inhparent = i.indexrelid
      join pg_class parent on parent.oid = up.inhparent
      join pg_class child on child.oid = up.inhrelid
      where i.indrelid = 'public.contacts'::regclass`,
  )
  return new Map(rows.map(({ child, parent }) => [child, parent]))
}
