import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Birth, Book, type BookLimits } from '../../worker/ledger/book.ts'
import type { SqlStorage } from '../../worker/platform/sql-storage.ts'

/** The production ledger on Node's SQLite, which is the engine of a Durable Object's storage. */
export function createBook(
  limits?: BookLimits,
  database = new DatabaseSync(':memory:'),
  birth: Birth = { ledgerId: 'ledger', version: 0 },
): Book {
  return new Book(createSqlStorage(database), () => birth, limits)
}

type Binding = Parameters<SqlStorage['sql']['exec']>[1]

/**
 * Presents a database of Node as a Durable Object's storage. Each statement is prepared once, and blobs are array
 * buffers.
 */
export function createSqlStorage(database = new DatabaseSync(':memory:')): SqlStorage {
  const statements = new Map<string, StatementSync>()
  const prepare = (statement: string) => {
    const known = statements.get(statement) ?? database.prepare(statement)
    statements.set(statement, known)
    return known
  }
  return {
    sql: {
      exec(statement: string, ...values: Binding[]) {
        if (statement.includes(';')) {
          database.exec(statement)
          return []
        }
        const bound = values.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value))
        return prepare(statement)
          .all(...bound)
          .map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellOf(cell)])))
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

function cellOf(cell: unknown): ArrayBuffer | string | number | null {
  if (cell instanceof Uint8Array) return new Uint8Array(cell).buffer
  if (typeof cell === 'string' || typeof cell === 'number' || cell === null) return cell
  throw new Error('a Durable Object has no cells of this type')
}
