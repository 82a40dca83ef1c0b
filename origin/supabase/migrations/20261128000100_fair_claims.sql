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

-- The milliseconds until a workspace may start a run: 0 if it may now, null if only the end of one of its runs lets it.
create function private.workspace_wait_ms(
  p_queue text, p_workspace text, p_starts_max integer, p_active_max integer
) returns bigint
language plpgsql stable
set search_path = ''
as $$
declare
  v_starts bigint;
  v_free_at timestamptz;
begin
  select count(*), min(s.free_at) into v_starts, v_free_at
  from private.job_starts s
  where s.queue = p_queue and s.workspace_id = p_workspace and s.free_at > clock_timestamp();
  if v_starts >= p_starts_max then
    return greatest(1, ceil(extract(epoch from v_free_at - clock_timestamp()) * 1000));
  end if;
  if (
    select count(*)
    from bullmq.job j
    where j.queue = p_queue and j.state = 'active' and left(coalesce(j.data ->> 'workspaceId', ''), 128) = p_workspace
  ) >= p_active_max then
    return null;
  end if;
  return 0;
end
$$;

-- Claims a job as bullmq.move_to_active does, from the next workspace that may start one, and of that workspace the most urgent job.
-- Answers its id; or a null and the milliseconds after which it is worth asking again, null if only a change can help.
-- `p_now` is the process's clock, as everywhere in BullMQ; the windows go by the database's alone.
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
  out wait_ms bigint
)
language plpgsql volatile
set search_path = ''
as $$
declare
  v_first text;
  v_workspace text;
  v_wait_ms bigint;
  v_is_second_round boolean := false;
  v_run integer;
begin
  insert into private.job_turns (queue) values (p_queue) on conflict do nothing;
  select t.last_workspace into v_first from private.job_turns t where t.queue = p_queue for update;
  -- Bookkeeping may be lost in a crash of the database, and the job then runs again. A start may not: the limit would not hold.
  perform set_config('synchronous_commit', 'on', true);
  update bullmq.job j set state = 'waiting', delay_ms = 0
  where j.queue = p_queue and j.state = 'delayed' and j.process_at_ms <= p_now;
  if exists (select from bullmq.meta m where m.queue = p_queue and m.field = 'paused' and m.value = '1') then
    return;
  end if;

  v_workspace := v_first;
  loop
    v_workspace := private.next_waiting_workspace(p_queue, v_workspace);
    if v_workspace is null then
      exit when v_is_second_round or v_first is null;
      v_is_second_round := true;
      continue;
    end if;
    exit when v_is_second_round and v_workspace > v_first;
    v_wait_ms := private.workspace_wait_ms(p_queue, v_workspace, p_starts_max, p_active_max);
    if v_wait_ms = 0 then
      select j.id, j.attempts_started + 1 into id, v_run
      from bullmq.job j
      where
        j.queue = p_queue
        and j.state = 'waiting'
        and left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C" = v_workspace
      order by j.priority, j.seq
      limit 1
      for update skip locked;
      exit when id is not null;
      -- Its only jobs are being changed at this moment.
      v_wait_ms := 50;
    end if;
    wait_ms := least(wait_ms, v_wait_ms);
  end loop;

  if id is null then
    wait_ms := least(
      wait_ms,
      (select min(j.process_at_ms) - p_now from bullmq.job j where j.queue = p_queue and j.state = 'delayed')
    );
    return;
  end if;
  wait_ms := null;
  delete from private.job_starts s
  where s.queue = p_queue and s.workspace_id = v_workspace and s.free_at <= clock_timestamp();
  insert into private.job_starts (queue, workspace_id, job_id, run, free_at)
  values (
    p_queue, v_workspace, id, v_run, clock_timestamp() + interval '1 millisecond' * (p_window_ms + p_lock_ms)
  )
  on conflict on constraint job_starts_pkey do update
    set workspace_id = excluded.workspace_id, free_at = excluded.free_at;
  update private.job_turns t set last_workspace = v_workspace where t.queue = p_queue;
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
revoke all on function private.workspace_wait_ms(text, text, integer, integer) from public, anon, authenticated, service_role;
revoke all on function private.claim_job(text, text, bigint, bigint, text, integer, bigint, integer)
  from public, anon, authenticated, service_role;
revoke all on function private.job_started(text, text, integer, bigint) from public, anon, authenticated, service_role;
