-- The snapshots of a workspace: after each day, week (from Monday) and month in its time zone, its figures are computed once and never
-- change. The daily ones are also rows of `analytics_snapshots`, which the resource `analytics` reads.
create table private.snapshots (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  period text not null,
  starts_on date not null,
  ends_on date not null,
  figures jsonb not null,
  taken_at private.instant not null default clock_timestamp(),
  primary key (workspace_id, period, starts_on),
  constraint snapshots_days_known check (
    starts_on >= make_date(1, 1, 1) and starts_on <= make_date(9999, 12, 31)
    and ends_on >= make_date(1, 1, 1) and ends_on <= make_date(9999, 12, 31)
  ),
  constraint snapshots_period_known check (period in ('daily', 'weekly', 'monthly')),
  constraint snapshots_figures_form check (jsonb_typeof(figures) = 'object' and octet_length(figures::text) <= 1048576)
);
alter table private.snapshots enable row level security;

-- The first date of the period that a date is in.
create function private.period_start(p_period text, p_date date) returns date
language sql immutable parallel safe
set search_path = ''
as $$
  select case p_period
    when 'daily' then p_date
    when 'weekly' then p_date - (extract(isodow from p_date)::integer - 1)
    else make_date(extract(year from p_date)::integer, extract(month from p_date)::integer, 1)
  end
$$;

-- The first date after a period.
create function private.period_end(p_period text, p_starts_on date) returns date
language sql immutable parallel safe
set search_path = ''
as $$
  select case p_period
    when 'daily' then p_starts_on + 1
    when 'weekly' then p_starts_on + 7
    else private.period_start('monthly', p_starts_on + 31)
  end
$$;

-- The periods of which snapshots are due: the last seven days, the last week and the last month that ended at least an hour ago in the
-- workspace's time zone, unless they ended before the workspace was made. The hour is for what arrives late.
create function private.due_snapshots(p_now timestamptz, p_rows integer) returns table (
  workspace_id text, period text, starts_on date
)
language sql stable
set search_path = ''
as $$
  select w.id, candidate.period, candidate.starts_on
  from public.workspaces w
  cross join lateral (select private.workspace_zone(w.id) as zone offset 0) zoned
  cross join lateral (
    select
      cast((p_now - interval '1 hour') at time zone zoned.zone as date) as today,
      cast(w.created_at at time zone zoned.zone as date) as made_on
  ) dates
  cross join lateral (
    select 'daily' as period, dates.today - n as starts_on from generate_series(1, 7) n
    union all
    select 'weekly', private.period_start('weekly', dates.today) - 7
    union all
    select 'monthly', private.period_start('monthly', private.period_start('monthly', dates.today) - 1)
  ) candidate
  where private.period_end(candidate.period, candidate.starts_on) > dates.made_on
    and not exists (
      select from private.snapshots s
      where s.workspace_id = w.id and s.period = candidate.period and s.starts_on = candidate.starts_on
    )
  order by candidate.starts_on, w.id, candidate.period
  limit p_rows
$$;

-- The most frequent values, and how many have another one.
create function private.most_frequent(p_counts jsonb, p_values integer) returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'values', coalesce(jsonb_agg(ranked.counted order by ranked.place) filter (where ranked.place <= p_values), '[]'),
    'others', coalesce(sum((ranked.counted ->> 'contacts')::bigint) filter (where ranked.place > p_values), 0)
  )
  from (
    select
      counted,
      row_number() over (order by (counted ->> 'contacts')::bigint desc, counted::text collate "C") as place
    from jsonb_array_elements(p_counts) counted
  ) ranked
$$;

create function private.snapshot_contacts(p_workspace text, p_from timestamptz, p_until timestamptz) returns jsonb
language sql stable
set search_path = ''
as $$
  with there as materialized (
    select c.status, c.source, c.board_id, c.board_column_id, count(*) as contacts,
      count(*) filter (where c.created_at >= p_from) as created
    from public.contacts c
    where c.workspace_id = p_workspace and c.created_at < p_until
    group by c.status, c.source, c.board_id, c.board_column_id
  )
  select jsonb_build_object(
    'total', coalesce((select sum(contacts) from there), 0),
    'created', coalesce((select sum(created) from there), 0),
    'byStatus', private.most_frequent(
      coalesce(
        (
          select jsonb_agg(jsonb_build_object('value', status, 'contacts', contacts))
          from (select status, sum(contacts) as contacts from there group by status) by_status
        ),
        '[]'
      ),
      50
    ),
    'bySource', private.most_frequent(
      coalesce(
        (
          select jsonb_agg(jsonb_build_object('value', source, 'contacts', contacts))
          from (select source, sum(contacts) as contacts from there group by source) by_source
        ),
        '[]'
      ),
      50
    ),
    'byColumn', private.most_frequent(
      coalesce(
        (
          select jsonb_agg(jsonb_build_object('boardId', board_id, 'columnId', board_column_id, 'contacts', contacts))
          from (
            select board_id, board_column_id, sum(contacts) as contacts from there group by board_id, board_column_id
          ) by_column
        ),
        '[]'
      ),
      100
    )
  )
$$;

-- How long the answers of a period took: each from the first message that had no answer to the answer, in seconds. `p_waits` lists
-- them.
create function private.response_times(p_waits double precision[]) returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'responses', count(*),
    'medianSeconds', round((percentile_cont(0.5) within group (order by wait))::numeric, 3),
    'p90Seconds', round((percentile_cont(0.9) within group (order by wait))::numeric, 3),
    'meanSeconds', round(avg(wait)::numeric, 3)
  )
  from unnest(p_waits) wait
$$;

create function private.snapshot_messages(p_workspace text, p_from timestamptz, p_until timestamptz) returns jsonb
language sql stable
set search_path = ''
as $$
  with told as materialized (
    select m.conversation_id, m.channel, m.direction
    from public.messages m
    where m.workspace_id = p_workspace and m.sent_at >= p_from and m.sent_at < p_until
  ),
  -- A turn ends with an answer. Messages of more than thirty days before the period are left out.
  turns as (
    select m.conversation_id, m.channel, m.direction, m.sent_at,
      count(*) filter (where m.direction = 'outbound') over (
        partition by m.conversation_id order by m.sent_at, m.id rows between unbounded preceding and 1 preceding
      ) as turn
    from public.messages m
    where m.workspace_id = p_workspace and m.sent_at >= p_from - interval '720 hours' and m.sent_at < p_until
      and m.conversation_id in (select t.conversation_id from told t where t.direction = 'outbound')
  ),
  waits as materialized (
    select
      min(channel) filter (where direction = 'outbound') as channel,
      extract(
        epoch from max(sent_at) filter (where direction = 'outbound') - min(sent_at) filter (where direction = 'inbound')
      )::double precision as wait
    from turns
    group by conversation_id, coalesce(turn, 0)
    having max(sent_at) filter (where direction = 'outbound') >= p_from and bool_or(direction = 'inbound')
  )
  select jsonb_build_object(
    'messages', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object('channel', channel, 'direction', direction, 'messages', messages) order by channel, direction
        )
        from (select channel, direction, count(*) as messages from told group by channel, direction) counted
      ),
      '[]'
    ),
    'responseTimes', jsonb_build_object(
      'all', private.response_times(array(select wait from waits)),
      'byChannel', coalesce(
        (
          select jsonb_agg(private.response_times(timed.waits) || jsonb_build_object('channel', timed.channel) order by timed.channel)
          from (select channel, array_agg(wait) as waits from waits group by channel) timed
        ),
        '[]'
      )
    )
  )
$$;

create function private.snapshot_emails(p_workspace text, p_from timestamptz, p_until timestamptz) returns jsonb
language sql stable
set search_path = ''
as $$
  with told as materialized (
    select c.thread_id, c.direction
    from public.communications c
    where c.workspace_id = p_workspace and c.sent_at >= p_from and c.sent_at < p_until
  ),
  turns as (
    select c.thread_id, c.direction, c.sent_at,
      count(*) filter (where c.direction = 'outbound') over (
        partition by c.thread_id order by c.sent_at, c.id rows between unbounded preceding and 1 preceding
      ) as turn
    from public.communications c
    where c.workspace_id = p_workspace and c.sent_at >= p_from - interval '720 hours' and c.sent_at < p_until
      and c.thread_id in (select t.thread_id from told t where t.direction = 'outbound')
  ),
  waits as (
    select
      extract(
        epoch from max(sent_at) filter (where direction = 'outbound') - min(sent_at) filter (where direction = 'inbound')
      )::double precision as wait
    from turns
    group by thread_id, coalesce(turn, 0)
    having max(sent_at) filter (where direction = 'outbound') >= p_from and bool_or(direction = 'inbound')
  )
  select jsonb_build_object(
    'inbound', (select count(*) from told where direction = 'inbound'),
    'outbound', (select count(*) from told where direction = 'outbound'),
    'threads', (select count(distinct thread_id) from told),
    'responseTimes', private.response_times(array(select wait from waits))
  )
$$;

-- Takes a snapshot: `taken`, `known` if there is one already, which stays as it is, `too_early` if the period has not ended for an hour,
-- `too_late` if it ended more than 400 days ago, or `not_found` if there is no such workspace. Two runs at once take one.
create function private.take_snapshot(p_workspace text, p_period text, p_starts_on date, p_now timestamptz) returns text
language plpgsql volatile
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_zone text;
  v_until_date date := private.period_end(p_period, p_starts_on);
  v_from timestamptz;
  v_until timestamptz;
  v_contacts jsonb;
  v_messages jsonb;
  v_emails jsonb;
  v_calls bigint;
begin
  perform private.require_argument(
    p_period in ('daily', 'weekly', 'monthly') and p_starts_on = private.period_start(p_period, p_starts_on),
    'p_starts_on must be the first date of a period'
  );
  if not exists (select from public.workspaces w where w.id = p_workspace) then
    return 'not_found';
  end if;
  v_zone := private.workspace_zone(p_workspace);
  v_from := cast(p_starts_on as timestamp) at time zone v_zone;
  v_until := cast(v_until_date as timestamp) at time zone v_zone;
  if p_now < v_until + interval '1 hour' then
    return 'too_early';
  end if;
  if v_until < p_now - interval '9600 hours' then
    return 'too_late';
  end if;
  if exists (
    select from private.snapshots s
    where s.workspace_id = p_workspace and s.period = p_period and s.starts_on = p_starts_on
  ) then
    return 'known';
  end if;
  v_contacts := private.snapshot_contacts(p_workspace, v_from, v_until);
  v_messages := private.snapshot_messages(p_workspace, v_from, v_until);
  v_emails := private.snapshot_emails(p_workspace, v_from, v_until);
  select count(*) into v_calls from public.conversations c
  where c.workspace_id = p_workspace and c.channel = 'voice' and c.started_at >= v_from and c.started_at < v_until;
  insert into private.snapshots (workspace_id, period, starts_on, ends_on, figures)
  values (
    p_workspace, p_period, p_starts_on, v_until_date - 1,
    jsonb_build_object('contacts', v_contacts, 'emails', v_emails, 'calls', v_calls) || v_messages
  )
  on conflict (workspace_id, period, starts_on) do nothing;
  if not found then
    return 'known';
  end if;
  if p_period = 'daily' then
    insert into public.analytics_snapshots (
      workspace_id, day, contacts, new_contacts, messages_inbound, messages_outbound, communications, calls
    )
    select
      p_workspace, p_starts_on, (v_contacts ->> 'total')::integer, (v_contacts ->> 'created')::integer,
      coalesce(sum((told ->> 'messages')::integer) filter (where told ->> 'direction' = 'inbound'), 0),
      coalesce(sum((told ->> 'messages')::integer) filter (where told ->> 'direction' = 'outbound'), 0),
      (v_emails ->> 'inbound')::integer + (v_emails ->> 'outbound')::integer, v_calls
    from (select) one
    left join jsonb_array_elements(v_messages -> 'messages') told on true
    on conflict (workspace_id, day) do nothing;
  end if;
  return 'taken';
end
$$;

-- Adds a job for each snapshot that is due, and answers how many. `p_run` names the run of the schedule: one that happens twice adds each
-- job once.
create function private.add_snapshot_jobs(p_now timestamptz, p_run text) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  v_due record;
  v_jobs integer := 0;
begin
  for v_due in select * from private.due_snapshots(p_now, 2000) loop
    perform private.add_job(
      'analytics', 'snapshot', v_due.workspace_id,
      jsonb_build_object('period', v_due.period, 'startsOn', v_due.starts_on),
      v_due.period || '-' || v_due.starts_on || '-' || p_run
    );
    v_jobs := v_jobs + 1;
  end loop;
  return v_jobs;
end
$$;

-- The newest snapshots of one kind, for members and the backend.
create function public.snapshots_list(p_workspace text, p_period text, p_rows integer) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    p_period in ('daily', 'weekly', 'monthly'), 'p_period must be daily, weekly or monthly'
  );
  perform private.require_argument(p_rows between 1 and 31, 'p_rows must be from 1 to 31');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return jsonb_build_object('outcome', 'ok', 'snapshots', (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'period', newest.period, 'startsOn', newest.starts_on, 'endsOn', newest.ends_on, 'takenAt', newest.taken_at,
          'figures', newest.figures
        )
        order by newest.starts_on desc
      ),
      '[]'
    )
    from (
      select * from private.snapshots s
      where s.workspace_id = p_workspace and s.period = p_period
      order by s.starts_on desc
      limit p_rows
    ) newest
  ));
end
$$;

revoke all on table private.snapshots from public, anon, authenticated, service_role;
revoke all on function private.period_start(text, date) from public, anon, authenticated, service_role;
revoke all on function private.period_end(text, date) from public, anon, authenticated, service_role;
revoke all on function private.due_snapshots(timestamptz, integer) from public, anon, authenticated, service_role;
revoke all on function private.most_frequent(jsonb, integer) from public, anon, authenticated, service_role;
revoke all on function private.snapshot_contacts(text, timestamptz, timestamptz) from public, anon, authenticated, service_role;
revoke all on function private.response_times(double precision[]) from public, anon, authenticated, service_role;
revoke all on function private.snapshot_messages(text, timestamptz, timestamptz) from public, anon, authenticated, service_role;
revoke all on function private.snapshot_emails(text, timestamptz, timestamptz) from public, anon, authenticated, service_role;
revoke all on function private.take_snapshot(text, text, date, timestamptz) from public, anon, authenticated, service_role;
revoke all on function private.add_snapshot_jobs(timestamptz, text) from public, anon, authenticated, service_role;
revoke all on function public.snapshots_list(text, text, integer) from public, anon;
grant execute on function public.snapshots_list(text, text, integer) to authenticated, service_role;
