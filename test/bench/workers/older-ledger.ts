import type { SqlStorage } from '../../../worker/platform/sql-storage.ts'

const schema = [
  'create table if not exists old_book (only integer primary key check (only = 1), version integer not null)',
  'create table if not exists old_tags (tag text primary key, version integer not null) without rowid',
  'create index if not exists old_tags_by_version on old_tags (version)',
  `create table if not exists old_outcomes (event_id text primary key, version integer not null, tags text not null)
    without rowid`,
  'create index if not exists old_outcomes_by_version on old_outcomes (version)',
  'insert or ignore into old_book values (1, 0)',
]

/**
 * The statements of the ledger that this one replaced, for comparison: one row for each tag and one for each event,
 * each with an index.
 */
export class OlderBook {
  private readonly storage: SqlStorage

  constructor(storage: SqlStorage) {
    this.storage = storage
    for (const statement of schema) storage.sql.exec(statement)
    storage.sql.exec('select count(*) from old_tags')
    storage.sql.exec('select count(*) from old_outcomes')
  }

  version(): number {
    const [row] = [...this.storage.sql.exec('select version from old_book')]
    return Number(row?.['version'])
  }

  advance(eventId: string, tags: readonly string[]): void {
    const { sql } = this.storage
    this.storage.transactionSync(() => {
      sql.exec('select version from old_outcomes where event_id = ?', eventId)
      sql.exec('update old_book set version = version + 1')
      const version = this.version()
      for (const tag of tags) {
        sql.exec('select 1 from old_tags where tag = ?', tag)
        const upsert =
          'insert into old_tags values (?, ?) on conflict (tag) do update set version = excluded.version'
        sql.exec(upsert, tag, version)
      }
      sql.exec('insert or replace into old_outcomes values (?, ?, ?)', eventId, version, JSON.stringify(tags))
    })
  }

  since(version: number): void {
    this.version()
    this.storage.sql.exec(
      'select tag, version from old_tags where version > ? order by version desc limit 2001',
      version,
    )
  }
}
