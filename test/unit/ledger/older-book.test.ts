import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import { createBook } from '../../support/book-storage.ts'

/** The tables of the release that stored tags by name, and of the release before it, whose events had no digest. */
const olderSchema = `
  create table if not exists book (only integer primary key check (only = 1), ledger_id text not null,
    version integer not null, floor integer not null);
  create table if not exists tags (tag text primary key, version integer not null) without rowid;
  create index if not exists tags_by_version on tags (version);
  create table if not exists outcomes (event_id text primary key, version integer not null, tags text not null,
    digest text) without rowid;
  create index if not exists events_by_version on outcomes (version);
  create table if not exists events (event_id text primary key, version integer not null, tags text not null)
    without rowid;`

function olderBook(version: number, database = new DatabaseSync(':memory:')) {
  database.exec(olderSchema)
  database.prepare("insert or replace into book values (1, 'older', ?, 0)").run(version)
  database.exec("insert or replace into tags values ('board:b1', 3), ('counts', 4)")
  database.exec(`insert into outcomes values ('e1', 3, '["board:b1"]', 'one'), ('e2', 4, '["counts"]', null)`)
  return database
}

const counts = familyMove('counts')
const tablesOf = (database: DatabaseSync) =>
  database
    .prepare("select name from sqlite_master where type = 'table' order by name")
    .all()
    .map(({ name }) => name)

describe('a ledger that an older version of the Worker began', () => {
  it('continues above its greatest version under another id, so that older stamps count as outdated', () => {
    const database = olderBook(900)
    const book = createBook(undefined, database, { ledgerId: 'new', version: 5 })
    expect(book.since('older', 900)).toMatchObject({ ledgerId: 'new', birth: 900, version: 900 })
    expect(book.advance([{ moves: [counts] }]).version).toBe(901)
    expect(tablesOf(database)).toEqual(['log', 'snapshot'])
    expect(createBook(undefined, database).since(null, 0)).toMatchObject({ ledgerId: 'new', version: 901 })
  })

  it('gives a repeated event the same answer, and refuses another one under its id', () => {
    const book = createBook(undefined, olderBook(900), { ledgerId: 'new', version: 5 })
    const { outcomes } = book.advance([
      { moves: [counts], eventId: 'e1', digest: 'one' },
      { moves: [counts], eventId: 'e1', digest: 'two' },
      { moves: [counts], eventId: 'e2', digest: 'two' },
    ])
    expect(outcomes).toEqual([{ version: 3 }, { isIdOfAnother: true }, { version: 901 }])
  })

  it('continues above both if the older release was deployed again in between', () => {
    const database = new DatabaseSync(':memory:')
    createBook(undefined, database, { ledgerId: 'new', version: 5 }).advance([{ moves: [counts] }])
    olderBook(900, database)
    const again = createBook(undefined, database, { ledgerId: 'newer', version: 5 })
    expect(again.since('new', 6)).toMatchObject({ ledgerId: 'newer', version: 900 })
    expect(again.advance([{ moves: [counts], eventId: 'e1', digest: 'one' }]).outcomes).toEqual([
      { version: 3 },
    ])
  })

  it('keeps the last ids that it may remember', () => {
    const database = olderBook(30_000)
    const insert = database.prepare("insert into outcomes values (?, ?, '[]', 'one')")
    for (let number = 5; number <= limits.ledgerEventIdsMax + 10; number += 1)
      insert.run(`x${number}`, number)
    const book = createBook(undefined, database, { ledgerId: 'new', version: 5 })
    const last = limits.ledgerEventIdsMax + 10
    const { outcomes } = book.advance([
      { moves: [counts], eventId: `x${last}`, digest: 'one' },
      { moves: [counts], eventId: 'e1', digest: 'two' },
    ])
    expect(outcomes).toEqual([{ version: last }, { version: 30_001 }])
  })
})
