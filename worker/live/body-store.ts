import { z } from 'zod'
import type { Version } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { isEntryTag } from '../../shared/tags/tags.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'

/** An answer that a hub holds for one question. */
export interface HeldEntry {
  /** The name of the bytes, which is also the first part of the ETag over HTTP. */
  readonly etag: string
  /** Whether the thing exists. An absence has no body. */
  readonly found: boolean
  /** Null if the body is too large to be held. */
  readonly body: Uint8Array | null
  /** The ledger and its version before the load. */
  readonly ledgerId: string
  readonly version: Version
  readonly tags: readonly Tag[]
  readonly loadedAtMs: number
}

/** Bodies by the keys of their questions, bounded in bytes. */
export interface BodyStore {
  read(key: string): HeldEntry | null
  write(key: string, entry: HeldEntry): void
  clear(): void
}

const table = `create table if not exists bodies (key text primary key, written integer not null, etag text not null, found integer not null,
  ledger_id text not null, version integer not null, tags text not null, loaded_at integer not null, body blob)`

const columns = 'key, written, etag, found, ledger_id, version, tags, loaded_at, body'

const entryRow = z
  .object({
    etag: z.string(),
    found: z.int(),
    ledger_id: z.string(),
    version: versionSchema,
    // Another release may have written tags that this one does not know. Then there is no entry.
    tags: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(z.array(z.custom<Tag>(isEntryTag))),
    loaded_at: z.int(),
    body: z.instanceof(ArrayBuffer).nullable(),
  })
  .transform(
    ({ ledger_id, loaded_at, found, body, ...row }): HeldEntry => ({
      ...row,
      ledgerId: ledger_id,
      loadedAtMs: loaded_at,
      found: found === 1,
      body: body === null ? null : new Uint8Array(body),
    }),
  )

/** Creates the store in a Durable Object's SQLite. The bodies that were written longest ago leave first. */
export function createBodyStore(storage: SqlStorage, bytesMax: number): BodyStore {
  const { sql } = storage
  sql.exec(table)
  let written = numberOf(sql.exec('select max(written) as number from bodies'))

  function trim(): void {
    const oldestFirst = sql.exec('select key, length(body) as bytes from bodies order by written desc')
    let bytes = 0
    for (const row of [...oldestFirst]) {
      bytes += Number(row['bytes'] ?? 0)
      if (bytes > bytesMax) sql.exec('delete from bodies where key = ?', String(row['key']))
    }
  }

  return {
    read(key) {
      const [row] = [...sql.exec('select * from bodies where key = ?', key)]
      return row === undefined ? null : (entryRow.safeParse(row).data ?? null)
    },
    write(key, { etag, found, body, ledgerId, version, tags, loadedAtMs }) {
      written += 1
      const bytes = body === null ? null : new Uint8Array(body).buffer
      const values = [
        key,
        written,
        etag,
        found ? 1 : 0,
        ledgerId,
        version,
        JSON.stringify(tags),
        loadedAtMs,
        bytes,
      ]
      storage.transactionSync(() => {
        sql.exec(`insert or replace into bodies (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, ...values)
        trim()
      })
    },
    clear: () => void sql.exec('delete from bodies'),
  }
}

function numberOf(rows: Iterable<Record<string, unknown>>): number {
  const [row] = [...rows]
  return z.object({ number: z.int().nullable() }).parse(row).number ?? 0
}
