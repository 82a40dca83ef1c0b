import type pg from 'pg'
import type { Jitter } from '../database/lost-to-another.ts'
import type { Effect } from './handler.ts'
import { untilDecided } from './until-decided.ts'

/** Names one run of a job. Runs of a job are numbered from 1, whatever became of those before. */
interface RunKey {
  readonly queue: string
  readonly jobId: string
  readonly run: number
}

/**
 * The marks of effects (private.job_marks). All runs of a job meet at its one row: the first effect that commits is the only one, and an
 * effect of a run that was given up does not commit.
 */
export interface Marks {
  /**
   * Performs an effect and marks it, in one transaction. Rejects if the effect rejects, or when `signal` aborts; then nothing is kept. After
   * a deadlock nothing is kept either, and the effect is performed again, so it must do nothing but change the database.
   */
  once<Value>(
    key: RunKey,
    effect: (database: pg.ClientBase) => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Effect<Value>>
  /** Gives a run up. `done`: its effect, or that of another run, was there before. */
  giveUp(key: RunKey): Promise<'given_up' | 'done'>
}

/** How long giving up waits for a transaction that holds the mark. Its connection has been closed by then, so it ends by itself. */
const giveUpWaitMs = 5_000

export function createMarks(pool: pg.Pool, jitter: Jitter): Marks {
  return {
    once: (key, effect, signal) =>
      untilDecided(
        jitter,
        () => performMarked(pool, key, effect, signal),
        () => !signal.aborted,
      ),
    giveUp: (key) => untilDecided(jitter, () => giveUp(pool, key)),
  }
}

async function performMarked<Value>(
  pool: pg.Pool,
  key: RunKey,
  effect: (database: pg.ClientBase) => Promise<Value>,
  signal: AbortSignal,
): Promise<Effect<Value>> {
  signal.throwIfAborted()
  const client = await pool.connect()
  // Closing the connection ends a transaction whose effect does not end by itself. A connection that breaks has ended it already, and
  // the effect may never hear of it.
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined)
  const abandon = () => broken.reject(signal.reason)
  client.on('error', broken.reject)
  signal.addEventListener('abort', abandon, { once: true })
  let isWhole = false
  try {
    const transaction = inTransaction(client, async () => {
      const refusal = await mark(client, key)
      return refusal ?? { status: 'done' as const, value: await effect(client) }
    })
    transaction.catch(() => undefined)
    const answer = await Promise.race([transaction, broken.promise])
    isWhole = true
    return answer
  } finally {
    signal.removeEventListener('abort', abandon)
    client.off('error', broken.reject)
    client.release(!isWhole)
  }
}

async function giveUp(pool: pg.Pool, { queue, jobId, run }: RunKey): Promise<'given_up' | 'done'> {
  const client = await pool.connect()
  try {
    return await inTransaction(client, async () => {
      await client.query(`set local lock_timeout = ${giveUpWaitMs}`)
      const { rowCount } = await client.query(
        `insert into private.job_marks as known (queue, job_id, runs_given_up) values ($1, $2, $3)
         on conflict (queue, job_id) do update
           set runs_given_up = greatest(known.runs_given_up, excluded.runs_given_up)
           where known.done_at is null`,
        [queue, jobId, run],
      )
      return rowCount === 0 ? 'done' : 'given_up'
    })
  } finally {
    client.release()
  }
}

/** Writes the mark of an effect, or answers why there may be none. The row stays locked until the transaction ends. */
async function mark(client: pg.ClientBase, { queue, jobId, run }: RunKey): Promise<Refusal | null> {
  const marked = await client.query(
    `insert into private.job_marks as known (queue, job_id, done_at) values ($1, $2, clock_timestamp())
     on conflict (queue, job_id) do update
       set done_at = excluded.done_at, marked_at = clock_timestamp()
       where known.done_at is null and known.runs_given_up < $3`,
    [queue, jobId, run],
  )
  if (marked.rowCount !== 0) return null
  const { rowCount: done } = await client.query(
    'select from private.job_marks m where m.queue = $1 and m.job_id = $2 and m.done_at is not null',
    [queue, jobId],
  )
  return { status: done === 0 ? 'given_up' : 'known' }
}

type Refusal = { readonly status: 'known' } | { readonly status: 'given_up' }

async function inTransaction<Value>(client: pg.ClientBase, work: () => Promise<Value>): Promise<Value> {
  await client.query('begin')
  try {
    const value = await work()
    await client.query('commit')
    return value
  } catch (error) {
    // A connection that is gone has rolled back already.
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}
