import { DatabaseSync } from 'node:sqlite'
import { type Birth, Book, type BookLimits } from '../../worker/ledger/book.ts'

/** The production ledger over Node's SQLite, which is the engine a Durable Object has. */
export function createBook(
  limits?: BookLimits,
  database = new DatabaseSync(':memory:'),
  birth: Birth = { ledgerId: 'ledger', version: 0 },
): Book {
  const storage = {
    sql: {
      exec(statement: string, ...values: (string | number)[]) {
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
  return new Book(storage, () => birth, limits)
}
