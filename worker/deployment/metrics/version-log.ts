import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** The versions of the Worker that have reported, by when each was first seen: the deploys. */
export interface VersionLog {
  note(versions: readonly string[], nowMs: number): void
  /** The newest first, at most `limits.versionsKeptMax`. */
  latest(): readonly SeenVersion[]
}

export interface SeenVersion {
  readonly version: string
  readonly firstSeenAtMs: number
}

const schema = `create table if not exists versions (version text primary key, first_seen_ms integer not null) without rowid`
const rowSchema = z.object({ version: z.string(), first_seen_ms: z.int() })

export function openVersionLog(storage: SqlStorage): VersionLog {
  const run = (statement: string, ...values: (string | number)[]) => [
    ...storage.sql.exec(statement, ...values),
  ]
  storage.transactionSync(() => run(schema))
  const latest = () =>
    run('select * from versions order by first_seen_ms desc, version limit ?', limits.versionsKeptMax).map(
      (row) => {
        const { version, first_seen_ms } = rowSchema.parse(row)
        return { version, firstSeenAtMs: first_seen_ms }
      },
    )
  const known = new Set(latest().map(({ version }) => version))

  return {
    note(versions, nowMs) {
      for (const version of versions) {
        if (known.has(version)) continue
        known.add(version)
        run('insert or ignore into versions (version, first_seen_ms) values (?, ?)', version, nowMs)
        run(
          `delete from versions where version not in
            (select version from versions order by first_seen_ms desc, version limit ?)`,
          limits.versionsKeptMax,
        )
      }
    },
    latest,
  }
}
