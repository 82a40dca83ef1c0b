import { z } from 'zod'
import { type OperatorName, operatorNameSchema } from '../../../shared/contract/operator-name.ts'
import type { Rollout, RolloutSetting } from '../../../shared/contract/rollout.ts'
import { defaultRollout, rolloutSettingSchema } from '../../../shared/contract/rollout.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** The setting as it is kept, with its version and its last change. */
interface KeptRollout extends Pick<Rollout, 'version' | 'changed'> {
  readonly setting: RolloutSetting
}

/** Keeps the setting of the rollout. A deployment that has changed nothing has the default. */
interface RolloutBook {
  current(): KeptRollout
  write(setting: RolloutSetting, by: OperatorName | null, nowMs: number): void
}

const table = `create table if not exists rollout (only integer primary key check (only = 1),
  version integer not null, setting text not null, changed_by text not null, changed_at_ms integer not null)`
/** In force instead of a setting of another release that this one cannot follow: the tiers are off. */
const unknownSetting: RolloutSetting = { ...defaultRollout, mode: 'off' }

const rowSchema = z.object({
  version: z.int().nonnegative(),
  setting: z.string(),
  changed_by: z.string(),
  changed_at_ms: z.int(),
})

export function createRolloutBook(storage: SqlStorage): RolloutBook {
  storage.sql.exec(table)
  let current = read(storage)
  return {
    current: () => current,
    write(setting, by, nowMs) {
      // Also above the versions of a book that was lost or has gone back in time, so that ledgers take what they are told.
      const version = Math.max(current.version + 1, nowMs)
      storage.sql.exec(
        'insert or replace into rollout (only, version, setting, changed_by, changed_at_ms) values (1, ?, ?, ?, ?)',
        version,
        JSON.stringify(setting),
        JSON.stringify(by),
        nowMs,
      )
      current = { setting, version, changed: { at: new Date(nowMs).toISOString(), by } }
    },
  }
}

function read({ sql }: SqlStorage): KeptRollout {
  const [row] = [...sql.exec('select version, setting, changed_by, changed_at_ms from rollout')]
  if (row === undefined) return { setting: defaultRollout, version: 0, changed: null }
  const { version, setting, changed_by: by, changed_at_ms: atMs } = rowSchema.parse(row)
  return {
    setting: rolloutSettingSchema.safeParse(JSON.parse(setting)).data ?? unknownSetting,
    version,
    changed: {
      at: new Date(atMs).toISOString(),
      by: operatorNameSchema.nullable().parse(JSON.parse(by)),
    },
  }
}
