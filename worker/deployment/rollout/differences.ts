import { z } from 'zod'
import type { ShadowReport } from '../../../shared/contract/rollout.ts'
import { limits } from '../../../shared/limits.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** The places at which answers differed, by resource. The ones that were seen longest ago are forgotten. */
interface Differences {
  note(resource: string, places: readonly string[], nowMs: number): void
  /** The latest first. */
  all(): ShadowReport['differences']
}

const schema = `create table if not exists rollout_differences (resource text not null, place text not null,
  times integer not null, at_ms integer not null, primary key (resource, place))`
const rowSchema = z.object({ resource: z.string(), place: z.string(), times: z.int(), at_ms: z.int() })

export function createDifferences({ sql }: SqlStorage): Differences {
  sql.exec(schema)
  return {
    note(resource, places, nowMs) {
      for (const place of places.slice(0, limits.differencePlacesMax)) {
        if (place.length > limits.differencePlaceCharactersMax) continue
        sql.exec(
          `insert into rollout_differences (resource, place, times, at_ms) values (?, ?, 1, ?)
            on conflict (resource, place) do update set times = times + 1, at_ms = excluded.at_ms`,
          ...[resource, place, nowMs],
        )
      }
      sql.exec(
        `delete from rollout_differences where rowid in (select rowid from rollout_differences
          order by at_ms desc limit -1 offset ?)`,
        limits.differencesKeptMax,
      )
    },
    all: () =>
      [...sql.exec('select * from rollout_differences order by at_ms desc, resource, place')].map((row) => {
        const { resource, place, times, at_ms: atMs } = rowSchema.parse(row)
        return { resource, place, count: times, at: new Date(atMs).toISOString() }
      }),
  }
}
