-- What the processes that run jobs tell about themselves and about what they ran. Each adds its figures every few seconds, so a reader
-- sees those of all processes together, and a process that dies takes the last seconds of its own with it.

-- How many jobs wait and how many are delayed: the sums of a queue's rows. Counting the jobs themselves would take longer the more there
-- are, some 40 ms for 100,000. A change adds a row in its own transaction, so it waits for no other one and is undone with it.
-- private.fold_job_tallies makes many rows one. Jobs in other states are few: what runs has a place, and what has finished is trimmed.
create table private.job_tallies (
  queue text collate "C" not null check (char_length(queue) <= 64),
  waiting bigint not null,
  delayed bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table private.job_tallies enable row level security;

-- The triggers of bullmq.job call these; the process that makes that table makes them (origin/queues/bullmq/schema.ts). Other programs may
-- name their queues in any way, so the first 64 characters stand for one.
create function private.count_added_jobs() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into private.job_tallies (queue, waiting, delayed)
  select left(a.queue, 64), count(*) filter (where a.state = 'waiting'), count(*) filter (where a.state = 'delayed')
  from added a
  where a.state in ('waiting', 'delayed')
  group by left(a.queue, 64);
  return null;
end
$$;

create function private.count_changed_job() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into private.job_tallies (queue, waiting, delayed)
  values (
    left(old.queue, 64),
    coalesce((new.state = 'waiting')::integer, 0) - (old.state = 'waiting')::integer,
    coalesce((new.state = 'delayed')::integer, 0) - (old.state = 'delayed')::integer
  );
  return null;
end
$$;

create function private.forget_job_tallies() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  delete from private.job_tallies;
  return null;
end
$$;

-- Makes many rows one for each queue. A process that comes while another one does this leaves it to that one.
create function private.fold_job_tallies() returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  if (select count(*) from (select from private.job_tallies t limit 500) seen) < 500
    or not pg_try_advisory_xact_lock(hashtextextended('boardcache job tallies', 0)) then
    return;
  end if;
  with folded as (delete from private.job_tallies t returning t.queue, t.waiting, t.delayed)
  insert into private.job_tallies (queue, waiting, delayed)
  select f.queue, sum(f.waiting), sum(f.delayed) from folded f group by f.queue;
end
$$;

-- The jobs of queues by state, all at one instant: {queue: {"waiting", "active", "completed", "failed", "delayed", "oldest", "isPaused",
-- "isServed"}}. `oldest` is when the job that has waited longest was due, in milliseconds; null if none waits. Each figure comes
-- from an index of that state, whatever a planner without statistics would think of it.
create function private.job_counts(p_queues text[]) returns jsonb
language plpgsql stable
set search_path = ''
set enable_seqscan = off
as $$
begin
  return (
    select jsonb_object_agg(q.name, jsonb_build_object(
      'waiting', coalesce(t.waiting, 0),
      'delayed', coalesce(t.delayed, 0),
      'active', (select count(*) from bullmq.job j where j.queue = q.name and j.state = 'active'),
      'completed', (select count(*) from bullmq.job j where j.queue = q.name and j.state = 'completed'),
      'failed', (select count(*) from bullmq.job j where j.queue = q.name and j.state = 'failed'),
      'oldest', (
        select min(coalesce(j.process_at_ms, j.added_at_ms)) from bullmq.job j where j.queue = q.name and j.state = 'waiting'
      ),
      'isPaused', exists (
        select from bullmq.meta m where m.queue = q.name and m.field = 'paused' and m.value = '1'
      ),
      'isServed', exists (
        select from private.job_processes p
        where q.name = any (p.queues) and p.seen_at > clock_timestamp() - interval '1 minute'
      )
    ))
    from unnest(p_queues) q (name)
    left join (
      select s.queue, sum(s.waiting) as waiting, sum(s.delayed) as delayed from private.job_tallies s group by s.queue
    ) t on t.queue = q.name
  );
end
$$;

-- One row for each process that runs jobs.
create table private.job_processes (
  id text collate "C" primary key check (char_length(id) <= 64),
  -- The queues that it has a handler for.
  queues text[] not null check (private.texts_fit(queues, 64) and cardinality(queues) <= 64),
  seen_at private.instant not null
);
alter table private.job_processes enable row level security;

-- What was run in a minute, and what in an hour: the hours make reading a day cheap. `wait_times` and `run_times` count runs by bucket; origin/queues/durations.ts says which durations a bucket
-- holds.
create table private.job_periods (
  queue text collate "C" not null check (char_length(queue) <= 64),
  seconds integer not null check (seconds in (60, 3600)),
  began_at private.instant not null,
  completed bigint not null,
  failed bigint not null,
  failed_runs bigint not null,
  wait_times bigint[] not null check (octet_length(wait_times::text) <= 2048 and cardinality(wait_times) <= 64),
  run_times bigint[] not null check (octet_length(run_times::text) <= 2048 and cardinality(run_times) <= 64),
  primary key (queue, seconds, began_at)
);
create index job_periods_by_age on private.job_periods (seconds, began_at);
alter table private.job_periods enable row level security;

create table private.job_failures (
  queue text collate "C" not null check (char_length(queue) <= 64),
  hour private.instant not null,
  reason text collate "C" not null check (char_length(reason) <= 500),
  runs bigint not null,
  primary key (queue, hour, reason)
);
create index job_failures_by_age on private.job_failures (hour);
alter table private.job_failures enable row level security;

create function private.added(p_left bigint[], p_right bigint[]) returns bigint[]
language sql immutable
set search_path = ''
as $$
  select array_agg(coalesce(pair.one, 0) + coalesce(pair.other, 0) order by pair.position)
  from unnest(p_left, p_right) with ordinality pair (one, other, position)
$$;

-- Notes that a process runs jobs, and adds what it ran since it was last here. `p_periods`: [{"queue", "seconds", "beganAt",
-- "completed", "failed", "failedRuns", "waitTimes", "runTimes"}]; `p_failures`: [{"queue", "hour", "reason", "runs"}]. Rows are written in the order of their
-- keys, so that two processes never wait for each other. Of reasons, an hour of a queue keeps the first 100; the rest are one.
create function private.note_jobs_run(p_process text, p_queues text[], p_periods jsonb, p_failures jsonb) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into private.job_processes as known (id, queues, seen_at) values (p_process, p_queues, clock_timestamp())
  on conflict (id) do update set queues = excluded.queues, seen_at = excluded.seen_at;
  insert into private.job_periods as known (
    queue, seconds, began_at, completed, failed, failed_runs, wait_times, run_times
  )
  select p.queue, p.seconds, p."beganAt", p.completed, p.failed, p."failedRuns", p."waitTimes", p."runTimes"
  from jsonb_to_recordset(p_periods) p (
    queue text, seconds integer, "beganAt" timestamptz, completed bigint, failed bigint, "failedRuns" bigint,
    "waitTimes" bigint[], "runTimes" bigint[]
  )
  order by p.queue, p.seconds, p."beganAt"
  on conflict (queue, seconds, began_at) do update set
    completed = known.completed + excluded.completed,
    failed = known.failed + excluded.failed,
    failed_runs = known.failed_runs + excluded.failed_runs,
    wait_times = private.added(known.wait_times, excluded.wait_times),
    run_times = private.added(known.run_times, excluded.run_times);
  insert into private.job_failures as known (queue, hour, reason, runs)
  select f.queue, f.hour, f.kept_as, sum(f.runs)
  from (
    select
      told.queue,
      told.hour,
      told.runs,
      case
        when exists (
          select from private.job_failures k
          where k.queue = told.queue and k.hour = told.hour and k.reason = told.reason
        ) or (
          select count(*) from private.job_failures k where k.queue = told.queue and k.hour = told.hour
        ) < 100 then told.reason
        else 'other reasons'
      end as kept_as
    from jsonb_to_recordset(p_failures) told (queue text, hour timestamptz, reason text, runs bigint)
  ) f
  group by f.queue, f.hour, f.kept_as
  order by f.queue, f.hour, f.kept_as
  on conflict (queue, hour, reason) do update set runs = known.runs + excluded.runs;
  perform private.fold_job_tallies();
end
$$;

-- Removes what is no longer needed: figures of more than 25 hours ago, processes that are gone, places of workspaces that start nothing
-- more, and marks of jobs that are gone and were marked more than `p_marks_kept_seconds` ago. At most `p_rows_max` marks at a time.
create function private.sweep_jobs(p_marks_kept_seconds integer, p_rows_max integer) returns bigint
language plpgsql volatile
set search_path = ''
as $$
declare
  v_marks bigint;
begin
  delete from private.job_periods p
  where
    (p.seconds = 60 and p.began_at < clock_timestamp() - interval '2 hours')
    or (p.seconds = 3600 and p.began_at < clock_timestamp() - interval '25 hours');
  delete from private.job_failures f where f.hour < clock_timestamp() - interval '25 hours';
  delete from private.job_processes p where p.seen_at < clock_timestamp() - interval '1 hour';
  delete from private.job_starts s where s.free_at < clock_timestamp() - interval '1 minute';
  with old as materialized (
    select m.queue, m.job_id
    from private.job_marks m
    where
      m.marked_at < clock_timestamp() - interval '1 second' * p_marks_kept_seconds
      and not exists (select from bullmq.job j where j.queue = m.queue and j.id = m.job_id)
    order by m.marked_at
    limit p_rows_max
  )
  delete from private.job_marks m using old where m.queue = old.queue and m.job_id = old.job_id;
  get diagnostics v_marks = row_count;
  return v_marks;
end
$$;

-- What was run in the last hour and in the last day: [{"queue", "seconds", "completed", "failed", "failedRuns", "waitTimes", "runTimes",
-- "reasons": [{"reason", "count"}]}], with `seconds` 3600 and 86400. The day is made of hours, so it begins with a full one.
create function private.jobs_run() returns jsonb
language sql stable
set search_path = ''
as $$
  with counted as (
    select p.queue, p.seconds * case p.seconds when 60 then 60 else 24 end as seconds, p.completed, p.failed, p.failed_runs,
      p.wait_times, p.run_times
    from private.job_periods p
    where
      (p.seconds = 60 and p.began_at > clock_timestamp() - interval '1 hour')
      or (p.seconds = 3600 and p.began_at > clock_timestamp() - interval '24 hours')
  ),
  totals as (
    select c.queue, c.seconds, sum(c.completed) as completed, sum(c.failed) as failed, sum(c.failed_runs) as failed_runs
    from counted c
    group by c.queue, c.seconds
  ),
  durations as (
    select bucket.queue, bucket.seconds, jsonb_agg(bucket.waits order by bucket.position) as wait_times,
      jsonb_agg(bucket.runs order by bucket.position) as run_times
    from (
      select c.queue, c.seconds, d.position, sum(d.wait) as waits, sum(d.run) as runs
      from counted c, unnest(c.wait_times, c.run_times) with ordinality d (wait, run, position)
      group by c.queue, c.seconds, d.position
    ) bucket
    group by bucket.queue, bucket.seconds
  ),
  reasons as (
    select ranked.queue, ranked.seconds,
      jsonb_agg(jsonb_build_object('reason', ranked.reason, 'count', ranked.runs) order by ranked.runs desc, ranked.reason) as reasons
    from (
      select f.queue, span.seconds, f.reason, sum(f.runs) as runs,
        row_number() over (partition by f.queue, span.seconds order by sum(f.runs) desc, f.reason) as rank
      from private.job_failures f
      join (values (3600), (86400)) span (seconds)
        on f.hour > clock_timestamp() - interval '1 hour' - interval '1 second' * (span.seconds - 3600)
      group by f.queue, span.seconds, f.reason
    ) ranked
    where ranked.rank <= 10
    group by ranked.queue, ranked.seconds
  )
  select coalesce(
    jsonb_agg(jsonb_build_object(
      'queue', t.queue, 'seconds', t.seconds, 'completed', t.completed, 'failed', t.failed, 'failedRuns', t.failed_runs,
      'waitTimes', d.wait_times, 'runTimes', d.run_times, 'reasons', coalesce(r.reasons, '[]')
    )),
    '[]'
  )
  from totals t
  join durations d on d.queue = t.queue and d.seconds = t.seconds
  left join reasons r on r.queue = t.queue and r.seconds = t.seconds
$$;

revoke all on function private.jobs_run() from public, anon, authenticated, service_role;
revoke all on table private.job_processes, private.job_periods, private.job_failures, private.job_tallies
  from public, anon, authenticated, service_role;
revoke all on function private.added(bigint[], bigint[]) from public, anon, authenticated, service_role;
revoke all on function private.note_jobs_run(text, text[], jsonb, jsonb) from public, anon, authenticated, service_role;
revoke all on function private.sweep_jobs(integer, integer) from public, anon, authenticated, service_role;
revoke all on function private.count_added_jobs() from public, anon, authenticated, service_role;
revoke all on function private.count_changed_job() from public, anon, authenticated, service_role;
revoke all on function private.forget_job_tallies() from public, anon, authenticated, service_role;
revoke all on function private.fold_job_tallies() from public, anon, authenticated, service_role;
revoke all on function private.job_counts(text[]) from public, anon, authenticated, service_role;
