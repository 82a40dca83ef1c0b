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

/** When a job that waits became due. */
const due = '(coalesce(process_at_ms, added_at_ms))'

const workspace = `(left(coalesce(data ->> 'workspaceId', ''), 128) collate "C")`

/** The project's additions to the schema. Every statement changes nothing the second time. */
const own = [
  // The next workspace with a waiting job, and its most urgent one.
  `create index if not exists boardcache_turns on bullmq.job (queue, ${workspace}, priority, seq) where state = 'waiting'`,
  // The pages of a list, of all workspaces and of one.
  'create index if not exists boardcache_in_state on bullmq.job (queue, state, seq)',
  `create index if not exists boardcache_of_workspace on bullmq.job (queue, ${workspace}, state, seq)`,
  // The job that has waited longest, and the jobs that a look for dead processes has marked.
  `create index if not exists boardcache_due on bullmq.job (queue, ${due}) where state = 'waiting'`,
  'create index if not exists boardcache_marked on bullmq.job (queue) where stalled_marked',
  // The counts of jobs that wait. They begin with the jobs that are there.
  `do $$
  begin
    if exists (select from pg_trigger t where t.tgrelid = 'bullmq.job'::regclass and t.tgname = 'boardcache_tally_added') then
      return;
    end if;
    lock table bullmq.job in share row exclusive mode;
    delete from private.job_tallies;
    insert into private.job_tallies (queue, waiting, delayed)
    select left(j.queue, 64), count(*) filter (where j.state = 'waiting'), count(*) filter (where j.state = 'delayed')
    from bullmq.job j
    where j.state in ('waiting', 'delayed')
    group by left(j.queue, 64);
    create or replace trigger boardcache_tally_added after insert on bullmq.job
      referencing new table as added for each statement execute function private.count_added_jobs();
    create or replace trigger boardcache_tally_moved after update of state on bullmq.job for each row
      when (
        old.state is distinct from new.state and (old.state in ('waiting', 'delayed') or new.state in ('waiting', 'delayed'))
      )
      execute function private.count_changed_job();
    create or replace trigger boardcache_tally_removed after delete on bullmq.job for each row
      when (old.state in ('waiting', 'delayed')) execute function private.count_changed_job();
    create or replace trigger boardcache_tally_truncated after truncate on bullmq.job
      for each statement execute function private.forget_job_tallies();
  end
  $$`,
  // BullMQ writes a stream of events: some four rows a job, and a NOTIFY at the end of most transactions, which one lock of the whole
  // database puts into a row. Nobody here reads it.
  `create or replace function bullmq.publish_event(p_queue text, p_event text, p_data jsonb) returns bigint
  language sql immutable
  as 'select null::bigint'`,
  'create or replace rule boardcache_no_events as on insert to bullmq.event do instead nothing',
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
