-- Claims of queues that limit what each workspace may start (`workspaceLimit` of origin/queues/queues.ts). BullMQ's own limiter counts
-- a whole queue in fixed windows, so it lets twice the limit pass around the edge of one, and a workspace with many jobs keeps those of
-- all others waiting. Here a workspace has a number of places, each start takes one, and a place is free again one window after the
-- start: no period of that length, wherever it begins, holds more starts than there are places.

-- A place that a start has taken. `free_at` is written twice: by the claim, late enough for a process that is slow to begin, and by the
-- process when the run has begun. So it is never less than one window after the run's true start.
create table private.job_starts (
  queue text collate "C" not null check (char_length(queue) <= 64),
  workspace_id text collate "C" not null check (char_length(workspace_id) <= 128),
  job_id text collate "C" not null check (char_length(job_id) <= 2700),
  run integer not null,
  free_at private.instant not null,
  primary key (queue, job_id, run)
);
create index job_starts_of_workspace on private.job_starts (queue, workspace_id, free_at);
alter table private.job_starts enable row level security;

-- The workspace whose turn it was last. Claims of one queue follow one another by locking its row, across all processes.
create table private.job_turns (
  queue text collate "C" primary key check (char_length(queue) <= 64),
  last_workspace text collate "C" check (char_length(last_workspace) <= 128)
);
alter table private.job_turns enable row level security;

-- Jobs of other programs may name a workspace in any way, or none; the first 128 characters stand for it.
--
-- The first workspace after `p_after`, in the order of ids, that has a waiting job; null if there is none. A null begins at the first.
create function private.next_waiting_workspace(p_queue text, p_after text) returns text
language plpgsql stable
set search_path = ''
as $$
begin
  if p_after is null then
    return (
      select left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C"
      from bullmq.job j
      where j.queue = p_queue and j.state = 'waiting'
      order by left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C"
      limit 1
    );
  end if;
  return (
    select left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C"
    from bullmq.job j
    where j.queue = p_queue and j.state = 'waiting' and left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C" > p_after
    order by left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C"
    limit 1
  );
end
$$;

-- Claims a job as bullmq.move_to_active does, from the next workspace that may start one, and of that workspace the most urgent job.
-- Answers its id. Or a null; then `wait_ms` are the milliseconds after which it is worth asking again, null if only a change can help, and
-- `is_full` says that the end of a run is such a change, because a workspace has as many runs as it may have at once.
-- `p_now` is the process's clock, as everywhere in BullMQ; the windows go by the database's alone.
--
-- The way goes from one workspace with waiting jobs to the next by an index, and ends at the first that may start one. It is longest, some
-- tens of µs for each workspace, when none may.
create function private.claim_job(
  p_queue text,
  p_token text,
  p_lock_ms bigint,
  p_now bigint,
  p_process text,
  p_starts_max integer,
  p_window_ms bigint,
  p_active_max integer,
  out id text,
  out wait_ms bigint,
  out is_full boolean
)
language plpgsql volatile
set search_path = ''
as $$
declare
  -- Workspaces take turns in the order of the index on jobs, whatever the database itself sorts by.
  v_last text collate "C";
  v_after text collate "C";
  v_line record;
  v_run integer;
begin
  is_full := false;
  insert into private.job_turns (queue) values (p_queue) on conflict do nothing;
  select t.last_workspace into v_last from private.job_turns t where t.queue = p_queue for update;
  update bullmq.job j set state = 'waiting', delay_ms = 0
  where j.queue = p_queue and j.state = 'delayed' and j.process_at_ms <= p_now;
  if exists (select from bullmq.meta m where m.queue = p_queue and m.field = 'paused' and m.value = '1') then
    return;
  end if;

  -- First those after the one whose turn it was last, then all up to it.
  foreach v_after in array array[v_last, null] loop
    for v_line in
      with recursive waiting (workspace) as (
        select private.next_waiting_workspace(p_queue, v_after) collate "C"
        union all
        select (
          select left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C"
          from bullmq.job j
          where
            j.queue = p_queue
            and j.state = 'waiting'
            and left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C" > w.workspace
          order by left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C"
          limit 1
        )
        from waiting w
        where w.workspace is not null
      )
      select w.workspace, s.starts, s.free_at
      from waiting w
      cross join lateral (
        select count(*) as starts, min(s.free_at) as free_at
        from private.job_starts s
        where s.queue = p_queue and s.workspace_id = w.workspace and s.free_at > clock_timestamp()
      ) s
      where w.workspace is not null
    loop
      exit when v_after is null and v_line.workspace collate "C" > v_last;
      if v_line.starts >= p_starts_max then
        wait_ms := least(wait_ms, greatest(1, ceil(extract(epoch from v_line.free_at - clock_timestamp()) * 1000)));
        continue;
      end if;
      if (
        select count(*)
        from bullmq.job j
        where
          j.queue = p_queue
          and j.state = 'active'
          and left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C" = v_line.workspace
      ) >= p_active_max then
        is_full := true;
        continue;
      end if;
      select j.id, j.attempts_started + 1 into id, v_run
      from bullmq.job j
      where
        j.queue = p_queue
        and j.state = 'waiting'
        and left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C" = v_line.workspace
      order by j.priority, j.seq
      limit 1
      for update skip locked;
      exit when id is not null;
      -- Its only jobs are being changed at this moment.
      wait_ms := least(wait_ms, 50);
    end loop;
    exit when id is not null or v_last is null;
  end loop;

  if id is null then
    wait_ms := least(
      wait_ms,
      (select min(j.process_at_ms) - p_now from bullmq.job j where j.queue = p_queue and j.state = 'delayed')
    );
    return;
  end if;
  wait_ms := null;
  is_full := false;
  -- Bookkeeping may be lost in a crash of the database, and the job then runs again. A start may not: the limit would not hold.
  perform set_config('synchronous_commit', 'on', true);
  delete from private.job_starts s
  where s.queue = p_queue and s.workspace_id = v_line.workspace and s.free_at <= clock_timestamp();
  insert into private.job_starts (queue, workspace_id, job_id, run, free_at)
  values (
    p_queue, v_line.workspace, id, v_run, clock_timestamp() + interval '1 millisecond' * (p_window_ms + p_lock_ms)
  )
  on conflict on constraint job_starts_pkey do update
    set workspace_id = excluded.workspace_id, free_at = excluded.free_at;
  update private.job_turns t set last_workspace = v_line.workspace where t.queue = p_queue;
  update bullmq.job j
  set
    state = 'active',
    lock_token = p_token,
    locked_until_ms = p_now + p_lock_ms,
    processed_at_ms = p_now,
    processed_by = p_process,
    attempts_started = v_run
  where j.queue = p_queue and j.id = claim_job.id;
end
$$;

-- Notes that a claimed run has begun. Called when it has, never before.
create function private.job_started(p_queue text, p_job text, p_run integer, p_window_ms bigint) returns void
language sql volatile
set search_path = ''
as $$
  update private.job_starts s set free_at = clock_timestamp() + interval '1 millisecond' * p_window_ms
  where s.queue = p_queue and s.job_id = p_job and s.run = p_run
$$;

revoke all on table private.job_starts, private.job_turns from public, anon, authenticated, service_role;
revoke all on function private.next_waiting_workspace(text, text) from public, anon, authenticated, service_role;
revoke all on function private.claim_job(text, text, bigint, bigint, text, integer, bigint, integer)
  from public, anon, authenticated, service_role;
revoke all on function private.job_started(text, text, integer, bigint) from public, anon, authenticated, service_role;
