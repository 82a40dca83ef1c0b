import { DatabaseSync } from 'node:sqlite'
import { type Birth, Book, type BookLimits } from '../../worker/ledger/book.ts'
import type { SqlStorage } from '../../worker/platform/sql-storage.ts'

/** The production ledger over Node's SQLite, which is the engine a Durable Object has. */
export function createBook(
  limits?: BookLimits,
  database = new DatabaseSync(':memory:'),
  birth: Birth = { ledgerId: 'ledger', version: 0 },
): Book {
  return new Book(createSqlStorage(database), () => birth, limits)
}

/** A database of Node's as a Durable Object's storage. */
export function createSqlStorage(database = new DatabaseSync(':memory:')): SqlStorage {
  return {
    sql: {
      exec(statement: string, ...values: (string | number | null)[]) {
        if (statement.includes(';')) {
          database.exec(statement)
          return []
        }
        return database.prepare(statement).all(...values) as Record<string, string | number | null>[]
      },
    },
    transactionSync<Value>(work: () => Value): Value {
      database.exec('begin')
      try {
        const value = work()
        database.exec('commit')
        return value
      } catch (error) {
        database.exec('rollback')
        throw error
      }
    },
  }
}
