import { z } from 'zod'
import type { SqlStorage } from '../platform/sql-storage.ts'
import type { RememberedEvent } from './book-rows.ts'
import { digestOf } from './book-rows.ts'

/** The data that is kept of a ledger with tables of an older release of the Worker, which stored tags by name. */
interface OlderBook {
  /** The greatest version that the ledger handed out. */
  readonly version: number
  readonly events: readonly RememberedEvent[]
}

const headSchema = z.object({ version: z.int().nonnegative() })
const outcomeSchema = z.object({
  event_id: z.string(),
  version: z.int().nonnegative(),
  digest: z.string().nullable(),
})
const namesOfTables = ['book', 'tags', 'events', 'outcomes'] as const

/**
 * Reads the tables of the older form and drops them; null if there are none. Their tags cannot be converted, so the caller begins a
 * ledger under another id. Older stamps then count as outdated, and no entry that moved is served. Events with a digest are
 * remembered. The others were identified by tags of the older form and are forgotten.
 */
export function takeOlderBook({ sql }: SqlStorage, eventsMax: number): OlderBook | null {
  const tables = [...sql.exec("select name from sqlite_master where type = 'table'")].map(({ name }) => name)
  if (!tables.includes('book')) return null
  const [head] = [...sql.exec('select version from book')]
  const older = { version: head === undefined ? 0 : headSchema.parse(head).version, events: [] }
  const events = tables.includes('outcomes') ? [...outcomesOf(sql, eventsMax)] : []
  for (const table of namesOfTables) sql.exec(`drop table if exists ${table}`)
  return { ...older, events }
}

function* outcomesOf(sql: SqlStorage['sql'], eventsMax: number): Iterable<RememberedEvent> {
  const newestFirst = 'select event_id, version, digest from outcomes order by version desc limit ?'
  for (const row of [...sql.exec(newestFirst, eventsMax)].reverse()) {
    const { event_id, version, digest } = outcomeSchema.parse(row)
    if (digest !== null) yield { id: digestOf(event_id), content: digestOf(digest), version }
  }
}
