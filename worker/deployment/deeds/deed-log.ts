import { z } from 'zod'
import { operatorColumns } from '../../../shared/contract/operator-name.ts'
import { type Deed, deedNames } from '../../../shared/contract/workspaces.ts'
import { limits } from '../../../shared/limits.ts'
import { knownRows } from '../../platform/known-rows.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** A deed of an operator on a workspace, before it is done. */
export type NotedDeed = Omit<Deed, 'at'>

/**
 * Every deed of an operator on a workspace, with who did it. Only the oldest are forgotten, whatever their age. The activity feed has the
 * deeds of its days too, but drops them after those, without the workspace by which an operator was let in.
 */
export interface DeedLog {
  note(deed: NotedDeed, nowMs: number): void
  /** The newest first. */
  latest(): Deed[]
}

const schema = `
  create table if not exists operator_deeds (sequence integer primary key autoincrement, deed text not null,
    workspace text not null, kind text not null, user_id text, workspace_id text, at_ms integer not null);`

const rowSchema = z.object({
  deed: z.enum(deedNames),
  workspace: z.string(),
  ...operatorColumns,
  at_ms: z.int(),
})

export function createDeedLog(storage: SqlStorage): DeedLog {
  const rows = (statement: string, ...values: (string | number | null)[]) => [
    ...storage.sql.exec(statement, ...values),
  ]
  storage.transactionSync(() => rows(schema))
  return {
    note({ deed, workspaceId, by }, nowMs) {
      storage.transactionSync(() => {
        rows(
          `insert into operator_deeds (deed, workspace, kind, user_id, workspace_id, at_ms) values (?, ?, ?, ?, ?, ?)`,
          ...[deed, workspaceId, by.kind, by.userId, by.workspaceId, nowMs],
        )
        rows(
          `delete from operator_deeds where sequence <= (select sequence from operator_deeds order by sequence desc
            limit 1 offset ?)`,
          limits.deedsKeptMax,
        )
      })
    },
    latest: () =>
      knownRows(
        rowSchema,
        rows('select * from operator_deeds order by sequence desc limit ?', limits.deedsShownMax),
      ).map(({ deed, workspace, kind, user_id, workspace_id, at_ms }) => {
        const by = { kind, userId: user_id, workspaceId: workspace_id }
        return { deed, workspaceId: workspace, by, at: new Date(at_ms).toISOString() }
      }),
  }
}
