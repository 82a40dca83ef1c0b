import { runMigrations } from 'bullmq'
import type pg from 'pg'
import { declaredQueues } from '../queues.ts'

/**
 * Makes BullMQ's schema, or brings it up to this version's. The process that runs jobs does this before anything else; several may do
 * it at once. Until it has been done once, the database takes no jobs.
 */
export async function prepareSchema(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await runMigrations(client)
    await client.query('begin')
    try {
      // Two processes that start together must not create an index at the same time.
      await client.query(`select pg_advisory_xact_lock(hashtextextended('boardcache queues', 0))`)
      for (const statement of own) await client.query(statement)
      await client.query(declare, [JSON.stringify(declaredQueues)])
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    }
  } finally {
    client.release()
  }
}

const workspace = `(left(coalesce(data ->> 'workspaceId', ''), 128) collate "C")`

/** The project's additions to the schema. Every statement changes nothing the second time. */
const own = [
  // The next workspace with a waiting job, and its most urgent one.
  `create index if not exists boardcache_turns on bullmq.job (queue, ${workspace}, priority, seq) where state = 'waiting'`,
  // The pages of a list, of all workspaces and of one.
  'create index if not exists boardcache_in_state on bullmq.job (queue, state, seq)',
  `create index if not exists boardcache_of_workspace on bullmq.job (queue, ${workspace}, state, seq)`,
  // Jobs hold what other systems sent. PostgREST's roles reach them through this project's functions alone.
  `do $$
  declare
    v_role text;
  begin
    revoke all on schema bullmq from public;
    revoke all on all tables in schema bullmq from public;
    revoke all on all functions in schema bullmq from public;
    for v_role in select r.rolname from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role') loop
      execute format('revoke all on schema bullmq from %I', v_role);
      execute format('revoke all on all tables in schema bullmq from %I', v_role);
      execute format('revoke all on all functions in schema bullmq from %I', v_role);
    end loop;
  end
  $$`,
]

const declare = `
  insert into private.job_queues as known (name, attempts, priority)
  select q.name, q.attempts, q.priority
  from jsonb_to_recordset($1) q (name text, attempts integer, priority integer)
  order by q.name
  on conflict (name) do update set attempts = excluded.attempts, priority = excluded.priority
  where (known.attempts, known.priority) is distinct from (excluded.attempts, excluded.priority)`
