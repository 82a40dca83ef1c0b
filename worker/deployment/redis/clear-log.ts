import { z } from 'zod'
import { type OperatorName, operatorColumns } from '../../../shared/contract/operator-name.ts'
import type { RedisClear } from '../../../shared/contract/redis.ts'
import { redisNamespaceSchema } from '../../../shared/contract/redis.ts'
import { limits } from '../../../shared/limits.ts'
import type { RedisNamespaceName } from '../../../shared/redis/names.ts'
import { knownRows } from '../../platform/known-rows.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** A clearing that was asked for. */
export interface ClearRequest {
  readonly database: RedisNamespaceName
  readonly everywhere: boolean
  readonly by: OperatorName
}

/** Every clearing, with who asked for it and what became of it. It is written down before anything is cleared. */
export interface ClearLog {
  begin(request: ClearRequest, id: string, nowMs: number): void
  end(id: string, outcome: 'cleared' | 'unconfirmed', nowMs: number): void
  /** Notes the keys that a sweep removed, for all clearings that had ended when it began. */
  swept(database: RedisNamespaceName, keys: number, sweepBeganAtMs: number): void
  /** Whether a clearing has ended that no sweep has followed. One that was not confirmed may have been made all the same. */
  isUnswept(database: RedisNamespaceName): boolean
  /** The newest first. */
  latest(): RedisClear[]
}

const schema = `
  create table if not exists redis_clears (sequence integer primary key autoincrement, id text not null unique,
    database text not null, everywhere integer not null, kind text not null, user_id text, workspace_id text,
    at_ms integer not null, outcome text not null, ended_at_ms integer, swept integer);`

const rowSchema = z.object({
  id: z.string(),
  database: redisNamespaceSchema,
  everywhere: z.int().transform((flag) => flag === 1),
  ...operatorColumns,
  at_ms: z.int(),
  outcome: z.enum(['started', 'cleared', 'unconfirmed']),
  swept: z.int().nullable(),
})

export function createClearLog(storage: SqlStorage): ClearLog {
  const rows = (statement: string, ...values: (string | number | null)[]) => [
    ...storage.sql.exec(statement, ...values),
  ]
  storage.transactionSync(() => rows(schema))
  return {
    begin({ database, everywhere, by }, id, nowMs) {
      storage.transactionSync(() => {
        rows(
          `insert into redis_clears (id, database, everywhere, kind, user_id, workspace_id, at_ms, outcome)
            values (?, ?, ?, ?, ?, ?, ?, 'started')`,
          ...[id, database, Number(everywhere), by.kind, by.userId, by.workspaceId, nowMs],
        )
        rows(
          `delete from redis_clears where sequence <= (select sequence from redis_clears order by sequence desc
            limit 1 offset ?)`,
          limits.redisClearsKeptMax,
        )
      })
    },
    end(id, outcome, nowMs) {
      rows('update redis_clears set outcome = ?, ended_at_ms = ? where id = ?', outcome, nowMs, id)
    },
    swept(database, keys, sweepBeganAtMs) {
      rows(
        'update redis_clears set swept = ? where database = ? and swept is null and ended_at_ms <= ?',
        ...[keys, database, sweepBeganAtMs],
      )
    },
    isUnswept: (database) =>
      rows(
        `select id from redis_clears where database = ? and swept is null and ended_at_ms is not null limit 1`,
        database,
      ).length > 0,
    latest: () =>
      knownRows(
        rowSchema,
        rows('select * from redis_clears order by sequence desc limit ?', limits.redisClearsKeptMax),
      ).map(({ id, database, everywhere, kind, user_id, workspace_id, at_ms, outcome, swept }) => {
        const by = { kind, userId: user_id, workspaceId: workspace_id }
        return { id, database, everywhere, by, at: new Date(at_ms).toISOString(), outcome, swept }
      }),
  }
}
