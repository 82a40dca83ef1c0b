import type { SqlStorage } from '../../worker/platform/sql-storage.ts'

/** The rows of all statements so far, as SQLite reports them and the platform bills them. */
export interface Rows {
  read: number
  written: number
}

type Exec = SqlStorage['sql']['exec']
type Cursor = ReturnType<Exec> & { readonly rowsRead: number; readonly rowsWritten: number }

interface Countable extends SqlStorage {
  readonly sql: { exec(...statement: Parameters<Exec>): Cursor }
}

/** Wraps a Durable Object's storage and counts the rows of all statements that go through it. */
export function countRows(storage: Countable): { counted: SqlStorage; rows: Rows } {
  const rows: Rows = { read: 0, written: 0 }
  const counted: SqlStorage = {
    sql: {
      exec(...statement) {
        const cursor = storage.sql.exec(...statement)
        const all = [...cursor]
        rows.read += cursor.rowsRead
        rows.written += cursor.rowsWritten
        return all
      },
    },
    transactionSync: (work) => storage.transactionSync(work),
  }
  return { counted, rows }
}
