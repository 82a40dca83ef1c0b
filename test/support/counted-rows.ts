import type { SqlStorage } from '../../worker/platform/sql-storage.ts'

/** What SQLite reports, and the platform bills, of the statements so far. */
export interface Rows {
  read: number
  written: number
}

type Exec = SqlStorage['sql']['exec']
type Cursor = ReturnType<Exec> & { readonly rowsRead: number; readonly rowsWritten: number }

interface Countable extends SqlStorage {
  readonly sql: { exec(...statement: Parameters<Exec>): Cursor }
}

/** A Durable Object's storage, and the rows of all statements that were run through it. */
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
