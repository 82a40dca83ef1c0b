import { setTimeout as wait } from 'node:timers/promises'
import type postgres from 'postgres'
import { machineMs, writtenName } from './live-arrivals.ts'

/** One connection that writes to the database as another program would, past Boardcache. */
export interface Writer {
  /** When each write was committed, by its number: the moment at which `commit` was sent. */
  readonly committedAtMs: ReadonlyMap<number, number>
  /** Makes this many writes, `perSecond` of them in a second. */
  write(writes: number, perSecond: number): Promise<void>
}

/** Writes go to one contact after the other, each with the number of the write as its name. */
export function createWriter(sql: postgres.Sql, workspaceId: string, contactIds: readonly string[]): Writer {
  const committedAtMs = new Map<number, number>()
  let number = 0
  return {
    committedAtMs,
    async write(writes, perSecond) {
      const startedAtMs = machineMs()
      for (let made = 0; made < writes; made += 1) {
        number += 1
        const id = contactIds[number % contactIds.length] ?? ''
        committedAtMs.set(number, await writeOne(sql, { workspaceId, id, number }))
        await wait(Math.max(0, startedAtMs + (1_000 * (made + 1)) / perSecond - machineMs()))
      }
    },
  }
}

/** Of ten writes three change a priority too, and so the workspace's counts. */
async function writeOne(
  sql: postgres.Sql,
  { workspaceId, id, number }: { workspaceId: string; id: string; number: number },
): Promise<number> {
  const changesCounts = number % 10 < 3
  return sql.begin(async (transaction) => {
    await transaction`
      update contacts set
        name = ${writtenName(number)},
        priority = case when not ${changesCounts} then priority when priority = 'high' then 'low' else 'high' end
      where workspace_id = ${workspaceId} and id = ${id}`
    return machineMs()
  })
}
