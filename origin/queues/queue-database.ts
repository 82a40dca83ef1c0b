import type pg from 'pg'
import type { Jitter } from '../database/lost-to-another.ts'
import { untilDecided } from './until-decided.ts'

/**
 * The database as handlers read it: with its owner's rights, so each statement names the workspace. Rejects like pg. Each statement is a
 * transaction of its own, and is tried again after a deadlock.
 */
export interface QueueDatabase {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export function createQueueDatabase(pool: pg.Pool, jitter: Jitter): QueueDatabase {
  return {
    async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) {
      const { rows } = await untilDecided(jitter, () => pool.query<Row>(text, [...values]))
      return rows
    },
  }
}
