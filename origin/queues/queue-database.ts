import type pg from 'pg'

/** The database as handlers read it: with its owner's rights, so each statement names the workspace. Rejects like pg. */
export interface QueueDatabase {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}
