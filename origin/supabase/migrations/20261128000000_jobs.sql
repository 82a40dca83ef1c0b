-- Work in the background. BullMQ keeps its jobs in the schema `bullmq` of this database, which the process that runs them makes
-- (origin/queues/queue-schema.ts). A deployment without that process has no such schema; then no jobs are added.

-- The declarations of origin/queues/queues.ts, as the process that runs jobs wrote them here when it started.
create table private.job_queues (
  name text collate "C" primary key check (char_length(name) <= 64),
  attempts integer not null check (attempts between 1 and 20),
  priority integer not null check (priority between 1 and 10)
);
alter table private.job_queues enable row level security;

-- What became of a job's effect. A job may run more than once: its process dies, or its time is over while it still runs. The row
-- is what all its runs meet at: an effect writes `done_at` in its own transaction, and a run that is given up is noted here, so that
-- its late effect is refused. Runs are numbered from 1.
create table private.job_marks (
  queue text collate "C" not null check (char_length(queue) <= 64),
  -- BullMQ's own key holds no longer ones.
  job_id text collate "C" not null check (char_length(job_id) <= 2700),
  done_at private.instant,
  runs_given_up integer not null default 0,
  marked_at private.instant not null default clock_timestamp(),
  primary key (queue, job_id)
);
create index job_marks_by_age on private.job_marks (marked_at);
alter table private.job_marks enable row level security;

-- Adds a job in the transaction of the row that it is about, and answers its id; null if this deployment has no queues. `p_job_id`
-- makes it idempotent: a workspace's job of that id is added once. `p_input` holds ids, not bodies. A null takes what the queue
-- declares. bullmq.add_job is bound when this runs, since its schema may be made later than this function.
create function private.add_job(
  p_queue text,
  p_name text,
  p_workspace text,
  p_input jsonb,
  p_job_id text default null,
  p_priority integer default null,
  p_delay_ms bigint default 0,
  p_attempts integer default null
) returns text
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_declared private.job_queues;
  v_attempts integer;
  v_priority integer;
begin
  if to_regclass('bullmq.job') is null then
    return null;
  end if;
  perform private.require_argument(
    char_length(p_queue) between 1 and 64 and char_length(p_name) between 1 and 64,
    'p_queue and p_name must have 1 to 64 characters'
  );
  perform private.require_argument(
    p_job_id is null or p_job_id ~ '^[A-Za-z0-9._-]{1,128}$',
    'p_job_id must have 1 to 128 letters, digits, ".", "_" or "-"'
  );
  perform private.require_argument(private.is_object(p_input, 65536), 'p_input must be an object of at most 65536 bytes');
  select * into v_declared from private.job_queues q where q.name = p_queue;
  v_attempts := coalesce(p_attempts, v_declared.attempts, 3);
  v_priority := coalesce(p_priority, v_declared.priority, 5);
  return bullmq.add_job(
    p_queue,
    p_workspace || '~' || coalesce(p_job_id, gen_random_uuid()::text),
    p_name,
    jsonb_build_object('workspaceId', p_workspace, 'input', p_input),
    -- What a job does not say for itself (its pauses, and how long it is kept) follows the declaration when it runs.
    jsonb_build_object(
      'attempts', v_attempts, 'priority', v_priority, 'delay', greatest(p_delay_ms, 0), 'backoff', jsonb_build_object('type', 'declared')
    ),
    v_priority,
    greatest(p_delay_ms, 0),
    (extract(epoch from clock_timestamp()) * 1000)::bigint,
    v_attempts,
    null, null, null, null, null, false
  );
end
$$;

-- Adds jobs as the API takes them, all or none, in their order. `p_jobs`: [{"id", "name", "data", "opts", "priority", "delay",
-- "attempts"}]. Answers [{"id", "isNew"}]: a job whose id is there already is left as it is. (A row is new if this transaction wrote it.)
create function private.add_jobs(p_queue text, p_jobs jsonb) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_now_ms constant bigint := extract(epoch from clock_timestamp()) * 1000;
  v_job jsonb;
begin
  if jsonb_array_length(p_jobs) = 1 then
    -- BullMQ's way for many makes temporary tables, which a single job is not worth.
    v_job := p_jobs -> 0;
    perform bullmq.add_job(
      p_queue, v_job ->> 'id', v_job ->> 'name', v_job -> 'data', v_job -> 'opts', (v_job ->> 'priority')::integer,
      (v_job ->> 'delay')::bigint, v_now_ms, (v_job ->> 'attempts')::integer, null, null, null, null, null, false
    );
  else
    perform bullmq.add_jobs_bulk(
      p_queue,
      (
        select jsonb_agg(e.job || jsonb_build_object('timestamp', v_now_ms) order by e.position)
        from jsonb_array_elements(p_jobs) with ordinality e (job, position)
      )
    );
  end if;
  return (
    select jsonb_agg(
      jsonb_build_object('id', j.id, 'isNew', j.xmin = pg_current_xact_id()::xid) order by e.position
    )
    from jsonb_array_elements(p_jobs) with ordinality e (job, position)
    join bullmq.job j on j.queue = p_queue and j.id = e.job ->> 'id'
  );
end
$$;
revoke all on function private.add_jobs(text, jsonb) from public, anon, authenticated, service_role;

-- Adds the jobs that follow from a row of the outbox, when the Worker has it and the relay removes it: in the same transaction, so that
-- no such job is lost and none is added before the caches have moved. This is how jobs follow contact writes: adding them in the
-- writes' own transactions would serialize their commits (NOTIFY takes one lock of the whole database). `p_event` becomes part of the
-- job's id. Nothing follows yet; whatever sends contacts' events replaces this function.
create function private.add_event_jobs(p_workspace text, p_event uuid, p_tags text[]) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  return;
end
$$;
revoke all on function private.add_event_jobs(text, uuid, text[]) from public, anon, authenticated, service_role;

create or replace function public.outbox_acknowledge(p_ids jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_ids constant bigint[] := private.outbox_locked(p_ids);
  v_removed bigint;
begin
  with removed as (
    delete from private.outbox o where o.id = any (v_ids)
    returning o.workspace_id, o.event_id, o.tags
  )
  select count(private.add_event_jobs(r.workspace_id, r.event_id, r.tags)) into v_removed from removed r;
  return jsonb_build_object('outcome', 'ok', 'removed', v_removed);
end
$$;

revoke all on table private.job_queues, private.job_marks from public, anon, authenticated, service_role;
revoke all on function private.add_job(text, text, text, jsonb, text, integer, bigint, integer)
  from public, anon, authenticated, service_role;
