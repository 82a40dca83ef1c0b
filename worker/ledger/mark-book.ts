import { z } from 'zod'
import type { Mark, MarkAnswer } from '../../shared/contract/marks.ts'
import { positionOf } from '../../shared/contract/marks.ts'
import type { Version, WorkspaceId } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'

/** The state of a ledger that asks for its proof. */
export interface LedgerHead {
  readonly ledgerId: string
  readonly version: Version
}

/** The answer to a ledger. */
export interface LedgerProof {
  /** The instant up to which everything that was committed is durable in the ledger; 0 if nothing is proved. */
  readonly provedAtMs: number
  /** The version above which the ledger has to begin again under another id, because it has gone back in time; null if it has not. */
  readonly behind: Version | null
}

interface MarkBookOptions {
  readonly storage: SqlStorage
  readonly now: () => number
  /** The name by which the ledger of a workspace asks. */
  readonly ledgerOf: (workspaceId: WorkspaceId) => string
}

const tables = [
  `create table if not exists source (only integer primary key check (only = 1), database text not null, position text not null,
    taken_at integer not null, succession integer not null, succeeded_at integer not null, is_refused integer not null)`,
  `create table if not exists heads (ledger text primary key, ledger_id text not null, version integer not null,
    is_void integer not null)`,
]

const sourceRow = z.object({
  database: z.string(),
  position: z.string(),
  taken_at: z.int(),
  succession: z.int(),
  succeeded_at: z.int(),
  is_refused: z.int(),
})
type SourceRow = z.output<typeof sourceRow>
const headRow = z.object({ ledger_id: z.string(), version: versionSchema, is_void: z.int() })

/**
 * The marks of a deployment: for each workspace, the greatest instant up to which everything that was committed to the database is
 * durable in the workspace's ledger. The instants are this object's own, so that no clocks are compared.
 *
 * It keeps, on disk, the database that the marks are of with the position of its WAL, and the greatest version of each ledger. A
 * database that is another one or has gone back is refused until its relay has moved everything, and so are the proofs of ledgers that
 * have gone back. The marks themselves are in memory: the next one follows within seconds.
 */
export class MarkBook {
  private readonly options: MarkBookOptions
  /** The greatest instant that was marked. */
  private markedAtMs = 0
  /** The ledgers that this mark excepts, with the instants that are proved for them. */
  private readonly held = new Map<string, number>()

  constructor(options: MarkBookOptions) {
    this.options = options
    for (const table of tables) options.storage.sql.exec(table)
  }

  /** An instant that is not later than this moment. */
  instant(): number {
    return this.options.now()
  }

  take(mark: Mark | null): MarkAnswer {
    const nowMs = this.options.now()
    const source = this.source()
    const outcome =
      mark === null ? 'none' : this.options.storage.transactionSync(() => this.judge(mark, source, nowMs))
    if (mark !== null && outcome === 'taken') this.note(mark, nowMs)
    return { outcome, now: nowMs, succession: this.source()?.succession ?? 0 }
  }

  /**
   * The proof of a ledger. Its version is kept. A ledger whose version is older than one that it told before, and one that holds what
   * another database committed, has to begin again.
   */
  proofFor(ledger: string, { ledgerId, version }: LedgerHead): LedgerProof {
    const { sql } = this.options.storage
    const [row] = [...sql.exec('select ledger_id, version, is_void from heads where ledger = ?', ledger)]
    const known = row === undefined ? null : headRow.parse(row)
    const isVoid = known !== null && known.is_void === 1 && known.ledger_id === ledgerId
    if (known !== null && (isVoid || version < known.version)) return { provedAtMs: 0, behind: known.version }
    if (known === null || known.version !== version || known.ledger_id !== ledgerId || known.is_void === 1)
      sql.exec(
        'insert or replace into heads (ledger, ledger_id, version, is_void) values (?, ?, ?, 0)',
        ...[ledger, ledgerId, version],
      )
    return { provedAtMs: this.held.get(ledger) ?? this.markedAtMs, behind: null }
  }

  /** Whether a mark counts, and keeps what is known of its database. */
  private judge(mark: Mark, source: SourceRow | null, nowMs: number): MarkAnswer['outcome'] {
    const { database, position } = mark
    const succession = source?.succession ?? 0
    if (source === null) {
      const first = { taken_at: nowMs, succession: 1, succeeded_at: 0, is_refused: 0 }
      this.writeSource({ database, position, ...first })
      return 'taken'
    }
    if (mark.succeeds === succession) {
      this.options.storage.sql.exec('update heads set is_void = 1')
      const next = { taken_at: nowMs, succession: succession + 1, succeeded_at: nowMs, is_refused: 0 }
      this.writeSource({ database, position, ...next })
      return 'taken'
    }
    // It was on its way for long: its snapshot may be of the database that was succeeded, whose positions are later.
    if (mark.at < source.succeeded_at) return 'overtaken'
    const isSame = database === source.database
    const isBehind = isSame && positionOf(position) < positionOf(source.position)
    // Its snapshot may be older than the last mark, which another relay took. Only a later one says something about the database.
    if ((isBehind || !isSame) && mark.at < source.taken_at) return 'overtaken'
    if (isBehind || !isSame || source.is_refused === 1) {
      // A database that has gone back soon reaches positions that are later than the last one again. It stays refused.
      if (isBehind) this.writeSource({ ...source, is_refused: 1 })
      return 'refused'
    }
    this.writeSource({ ...source, position, taken_at: nowMs })
    return 'taken'
  }

  private note({ at, except }: Mark, nowMs: number): void {
    const { held } = this
    const atMs = Math.min(at, nowMs)
    const excepted = new Set(except.map(this.options.ledgerOf))
    if (atMs <= this.markedAtMs) {
      // A relay that was late may prove more of a workspace that the later mark excepts.
      for (const [ledger, provedAtMs] of held)
        if (!excepted.has(ledger)) held.set(ledger, Math.max(provedAtMs, atMs))
      return
    }
    for (const ledger of held.keys()) if (!excepted.has(ledger)) held.delete(ledger)
    for (const ledger of excepted) if (!held.has(ledger)) held.set(ledger, this.markedAtMs)
    this.markedAtMs = atMs
  }

  private source(): SourceRow | null {
    const { sql } = this.options.storage
    const [row] = [
      ...sql.exec('select database, position, taken_at, succession, succeeded_at, is_refused from source'),
    ]
    return row === undefined ? null : sourceRow.parse(row)
  }

  private writeSource({
    database,
    position,
    taken_at,
    succession,
    succeeded_at,
    is_refused,
  }: SourceRow): void {
    const statement = `insert or replace into source (only, database, position, taken_at, succession, succeeded_at, is_refused)
      values (1, ?, ?, ?, ?, ?, ?)`
    const row = [database, position, taken_at, succession, succeeded_at, is_refused]
    this.options.storage.sql.exec(statement, ...row)
  }
}
