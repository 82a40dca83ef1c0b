import { z } from 'zod'
import type { RedisNamespaceName } from '../../../shared/redis/names.ts'
import { redisNamespaceNames } from '../../../shared/redis/names.ts'
import { knownRows } from '../../platform/known-rows.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** The size of a namespace when the last whole walk ended. */
export interface NamespaceSize {
  readonly keys: number
  readonly memoryBytes: number
  readonly atMs: number
}

/** The sizes of the namespaces, kept durably: a walk through a large Redis takes long. */
export interface SizeBook {
  all(): Readonly<Partial<Record<RedisNamespaceName, NamespaceSize>>>
  write(sizes: Readonly<Partial<Record<RedisNamespaceName, NamespaceSize>>>): void
}

const schema = `
  create table if not exists redis_sizes (database text primary key, keys integer not null, bytes integer not null,
    at_ms integer not null);`
const rowSchema = z.object({
  database: z.enum(redisNamespaceNames),
  keys: z.number(),
  bytes: z.number(),
  at_ms: z.number(),
})

export function createSizeBook(storage: SqlStorage): SizeBook {
  storage.transactionSync(() => [...storage.sql.exec(schema)])
  const known: Partial<Record<RedisNamespaceName, NamespaceSize>> = {}
  const rows = storage.sql.exec('select database, keys, bytes, at_ms from redis_sizes')
  for (const { database, keys, bytes, at_ms } of knownRows(rowSchema, rows)) {
    known[database] = { keys, memoryBytes: bytes, atMs: at_ms }
  }
  return {
    all: () => ({ ...known }),
    write(sizes) {
      storage.transactionSync(() => {
        for (const name of redisNamespaceNames) {
          const size = sizes[name]
          if (size === undefined) continue
          const { keys, memoryBytes, atMs } = size
          const replace =
            'insert or replace into redis_sizes (database, keys, bytes, at_ms) values (?, ?, ?, ?)'
          for (const _ of storage.sql.exec(replace, name, keys, memoryBytes, atMs));
          known[name] = size
        }
      })
    },
  }
}
