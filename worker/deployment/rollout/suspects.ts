import { z } from 'zod'
import type { ShadowReport } from '../../../shared/contract/rollout.ts'
import { type WorkspaceId, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** The workspaces with proved violations, and the distinct keys of these, for a day. */
interface Suspects {
  note(workspaceId: WorkspaceId, keyDigest: string, nowMs: number): void
  /** Forgets what was found in a workspace. */
  clear(workspaceId: WorkspaceId): void
  all(nowMs: number): ShadowReport['suspected']
}

const schema = `create table if not exists rollout_suspects (workspace text not null, key_digest text not null,
  at_ms integer not null, primary key (workspace, key_digest))`
const rowSchema = z.object({ workspace: workspaceIdSchema, keys: z.int() })

export function createSuspects({ sql }: SqlStorage): Suspects {
  sql.exec(schema)
  return {
    note(workspaceId, keyDigest, nowMs) {
      sql.exec(
        'insert or replace into rollout_suspects (workspace, key_digest, at_ms) values (?, ?, ?)',
        workspaceId,
        keyDigest,
        nowMs,
      )
      sql.exec(
        `delete from rollout_suspects where at_ms < ? or rowid in (select rowid from rollout_suspects
          order by at_ms desc limit -1 offset ?)`,
        nowMs - limits.suspectMs,
        limits.suspectsKeptMax,
      )
    },
    clear: (workspaceId) => {
      sql.exec('delete from rollout_suspects where workspace = ?', workspaceId)
    },
    all: (nowMs) =>
      [
        ...sql.exec(
          `select workspace, count(*) as keys from rollout_suspects where at_ms >= ?
            group by workspace order by keys desc, workspace`,
          nowMs - limits.suspectMs,
        ),
      ].map((row) => {
        const { workspace, keys } = rowSchema.parse(row)
        return { workspaceId: workspace, keys }
      }),
  }
}
