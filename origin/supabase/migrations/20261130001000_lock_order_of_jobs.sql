-- Claims and the sweep of the queues change many rows at once, as others do at the same time: BullMQ's functions that clean, promote or
-- trim jobs, a second sweep, and effects that write their marks. Two that lock the same rows in different orders deadlock. So these two
-- lock their rows in the order of the keys, and leave a row that another transaction holds to the next claim or sweep. They never wait for
-- a job, a start or a mark while they hold others. (The rows are then found by their place, because a planner without statistics
-- could join them by reading the whole table.)
--
-- BullMQ's own functions have no such order. Statements that meet in them are tried again (origin/queues/until-decided.ts).

-- As before (20261128000100), but for its locks.
create or replace function private.claim_job(
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
  where
    j.ctid = any (array(
      select d.ctid
      from bullmq.job d
      where d.queue = p_queue and d.state = 'delayed' and d.process_at_ms <= p_now
      order by d.id
      for update skip locked
    ));
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
  where
    s.ctid = any (array(
      select e.ctid
      from private.job_starts e
      where e.queue = p_queue and e.workspace_id = v_line.workspace and e.free_at <= clock_timestamp()
      order by e.job_id, e.run
      for update skip locked
    ));
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

-- As before (20261128000200), but for its locks.
create or replace function private.sweep_jobs(p_marks_kept_seconds integer, p_rows_max integer) returns bigint
language plpgsql volatile
set search_path = ''
as $$
declare
  v_marks bigint;
begin
  delete from private.job_periods p
  where
    p.ctid = any (array(
      select o.ctid
      from private.job_periods o
      where
        (o.seconds = 60 and o.began_at < clock_timestamp() - interval '2 hours')
        or (o.seconds = 3600 and o.began_at < clock_timestamp() - interval '25 hours')
      order by o.queue, o.seconds, o.began_at
      for update skip locked
    ));
  delete from private.job_failures f
  where
    f.ctid = any (array(
      select o.ctid
      from private.job_failures o
      where o.hour < clock_timestamp() - interval '25 hours'
      order by o.queue, o.hour, o.reason
      for update skip locked
    ));
  delete from private.job_processes p
  where
    p.ctid = any (array(
      select o.ctid
      from private.job_processes o
      where o.seen_at < clock_timestamp() - interval '1 hour'
      order by o.id
      for update skip locked
    ));
  delete from private.job_starts s
  where
    s.ctid = any (array(
      select e.ctid
      from private.job_starts e
      where e.free_at < clock_timestamp() - interval '1 minute'
      order by e.queue, e.job_id, e.run
      for update skip locked
    ));
  with old as materialized (
    select m.queue, m.job_id
    from private.job_marks m
    where
      m.marked_at < clock_timestamp() - interval '1 second' * p_marks_kept_seconds
      and not exists (select from bullmq.job j where j.queue = m.queue and j.id = m.job_id)
    order by m.marked_at
    limit p_rows_max
    for update of m skip locked
  )
  delete from private.job_marks m using old where m.queue = old.queue and m.job_id = old.job_id;
  get diagnostics v_marks = row_count;
  return v_marks;
end
$$;
