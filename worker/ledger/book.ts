import type { Version } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Tag } from '../../shared/tags.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEntry, LedgerEvent, LedgerOutcome } from './contract.ts'

type Value = string | number | null
type Row = Record<string, ArrayBuffer | Value>

export interface BookLimits {
  readonly tagsMax: number
  readonly eventIdsMax: number
  readonly changesPerAnswerMax: number
}

/**
 * How a ledger begins where nothing is written down. `version`: above all that an earlier one of the same workspace may
 * have handed out, whose storage was lost: who asks for a version of the new one is not to be told that the old one's
 * view, which some isolate still has, is as new as that.
 */
export interface Birth {
  readonly ledgerId: string
  readonly version: number
}

const bookLimits: BookLimits = {
  tagsMax: limits.ledgerTagsMax,
  eventIdsMax: limits.ledgerEventIdsMax,
  changesPerAnswerMax: limits.ledgerChangesPerAnswerMax,
}

const schema = `
  create table if not exists book (only integer primary key check (only = 1), ledger_id text not null,
    version integer not null, floor integer not null);
  create table if not exists tags (tag text primary key, version integer not null) without rowid;
  create index if not exists tags_by_version on tags (version);
  create table if not exists outcomes (event_id text primary key, version integer not null, tags text not null,
    digest text) without rowid;
  create index if not exists events_by_version on outcomes (version);`

/**
 * The outcomes of a ledger that was begun before they had a digest. Renamed, so that the version of the Worker that wrote
 * them can be deployed again: it then begins a table of its own, and has forgotten no more than ids. Both are changes of the
 * schema alone, whatever the table holds.
 */
const upgrade = `
  alter table events rename to outcomes;
  alter table outcomes add column digest text;`

/**
 * What a ledger writes down: a workspace's version, for each tag the version that last moved it, and the outcome of
 * each event that came with an id. All in SQLite, so that what was answered survives whatever happens next.
 *
 * Bounded: past `tagsMax` tags the ones that moved longest ago are dropped and the floor rises to the newest
 * version dropped: stamps below it count as outdated, which costs a load and never a wrong answer.
 */
export class Book {
  private readonly storage: SqlStorage
  private readonly bounds: BookLimits
  private tagCount: number
  private eventCount: number

  constructor(storage: SqlStorage, birth: () => Birth, bounds: BookLimits = bookLimits) {
    this.storage = storage
    this.bounds = bounds
    storage.transactionSync(() => {
      this.upgrade()
      this.run(schema)
      const { ledgerId, version } = birth()
      this.run('insert or ignore into book values (1, ?, ?, 0)', ledgerId, version)
    })
    this.tagCount = this.count('tags')
    this.eventCount = this.count('outcomes')
  }

  /**
   * Takes the next version for each event not seen before, all or none. An event that has the id of another one is answered as
   * a conflict, and holds up none of the rest.
   */
  advance(events: readonly LedgerEvent[]): LedgerAdvance {
    return this.storage.transactionSync(() => {
      const outcomes = events.map((event) => this.replay(event) ?? this.write(event))
      this.trim()
      return { version: this.head().version, outcomes }
    })
  }

  /** What moved after `version`, newest first; of another ledger's version, everything. */
  since(ledgerId: string | null, version: number): LedgerChanges {
    const head = this.head()
    const after = ledgerId === head.ledgerId ? version : 0
    const { changesPerAnswerMax } = this.bounds
    const rows = this.rows(
      'select tag, version from tags where version > ? order by version desc limit ?',
      after,
      changesPerAnswerMax + 1,
    ).map((row) => ({ tag: String(row['tag']) as Tag, version: versionSchema.parse(row['version']) }))
    const firstOmitted = rows[changesPerAnswerMax]
    return {
      ...head,
      floor:
        firstOmitted !== undefined && firstOmitted.version > head.floor ? firstOmitted.version : head.floor,
      changes: rows.slice(0, changesPerAnswerMax),
    }
  }

  private replay({ tags, eventId, digest }: LedgerEvent): LedgerOutcome | null {
    if (eventId === undefined) return null
    const [seen] = this.rows('select version, tags, digest from outcomes where event_id = ?', eventId)
    if (seen === undefined) return null
    const moved = JSON.parse(String(seen['tags'])) as Tag[]
    const areDigested = digest !== undefined && seen['digest'] !== null
    const isSame = areDigested ? seen['digest'] === digest : areSameTags(moved, tags)
    return isSame ? { version: versionSchema.parse(seen['version']), tags: moved } : { isIdOfAnother: true }
  }

  private write({ tags, eventId, digest }: LedgerEvent): LedgerEntry {
    this.run('update book set version = version + 1')
    const { version } = this.head()
    for (const tag of tags) {
      const [known] = this.rows('select 1 from tags where tag = ?', tag)
      if (known === undefined) this.tagCount += 1
      this.run(
        'insert into tags values (?, ?) on conflict (tag) do update set version = excluded.version',
        tag,
        version,
      )
    }
    if (eventId !== undefined) {
      const known = [eventId, version, JSON.stringify(tags), digest ?? null]
      this.run('insert into outcomes values (?, ?, ?, ?)', ...known)
      this.eventCount += 1
    }
    return { version, tags }
  }

  /** Drops a tenth at once, so that a full book is not trimmed at every write. */
  private trim(): void {
    const { tagsMax, eventIdsMax } = this.bounds
    if (this.tagCount > tagsMax) {
      const keep = tagsMax - Math.floor(tagsMax / 10)
      const [last] = this.rows('select version from tags order by version desc limit 1 offset ?', keep)
      const floor = Number(last?.['version'] ?? 0)
      this.run('delete from tags where version <= ?', floor)
      this.run('update book set floor = max(floor, ?)', floor)
      this.tagCount = this.count('tags')
    }
    if (this.eventCount > eventIdsMax) {
      const keep = eventIdsMax - Math.floor(eventIdsMax / 10)
      const [last] = this.rows('select version from outcomes order by version desc limit 1 offset ?', keep)
      this.run('delete from outcomes where version <= ?', Number(last?.['version'] ?? 0))
      this.eventCount = this.count('outcomes')
    }
  }

  private upgrade(): void {
    const tables = this.rows("select name from sqlite_master where type = 'table'").map(({ name }) => name)
    if (!tables.includes('events')) return
    // After a deployment of the older version in between: what it remembered is a table of its own, and is forgotten.
    this.run(tables.includes('outcomes') ? 'drop table events' : upgrade)
  }

  private head(): { ledgerId: string; version: Version; floor: Version } {
    const [row] = this.rows('select ledger_id, version, floor from book')
    return {
      ledgerId: String(row?.['ledger_id']),
      version: versionSchema.parse(row?.['version']),
      floor: versionSchema.parse(row?.['floor']),
    }
  }

  private count(table: 'tags' | 'outcomes'): number {
    const [row] = this.rows(`select count(*) as n from ${table}`)
    return Number(row?.['n'] ?? 0)
  }

  private rows(statement: string, ...values: Value[]): Row[] {
    return [...this.storage.sql.exec(statement, ...values)]
  }

  private run(statement: string, ...values: Value[]): void {
    this.rows(statement, ...values)
  }
}

function areSameTags(some: readonly Tag[], others: readonly Tag[]): boolean {
  const [own, other] = [new Set(some), new Set(others)]
  return own.size === other.size && [...own].every((tag) => other.has(tag))
}
