-- The figures of inbound e-mail, its queue, the way of its messages, and the limits of workspaces. Functions that check no caller are
-- for the service role alone: the Worker decides who may see their answers. A null workspace stands for all.

-- The counts of the last `p_days` days and of the last 24 hours: [{"kind": "daily" | "hourly", "period", …}], where periods are numbered
-- from 1970 on.
create function public.inbound_email_figures(p_workspace text, p_days integer) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_hour constant integer := private.mail_hour(statement_timestamp());
  v_first_day constant integer := v_hour / 24 - p_days + 1;
begin
  perform private.require_argument(
    p_workspace is null or private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters, or be null'
  );
  perform private.require_argument(p_days between 1 and 30, 'p_days must be from 1 to 30');
  return (
    select jsonb_build_object(
      'outcome', 'ok', 'hour', v_hour, 'periods', coalesce(jsonb_agg(to_jsonb(summed) order by summed.kind, summed.period), '[]')
    )
    from (
      select
        counted.kind, counted.period, sum(counted.received) as received, sum(counted.processed) as processed,
        sum(counted.failed) as failed, sum(counted.duplicates) as duplicates, sum(counted.limited) as limited,
        sum(counted.queued) as queued, sum(counted.redis_duplicates) as "duplicatesByRedis",
        sum(counted.redis_limited) as "limitedByRedis", sum(counted.processing_ms) as "processingMs",
        max(counted.processing_ms_max) as "processingMsMax", sum(counted.slow) as slow
      from (
        select
          spans.kind, case spans.kind when 'daily' then h.hour / 24 else h.hour end as period, h.received, h.processed, h.failed,
          h.duplicates, h.limited, h.queued, h.redis_duplicates, h.redis_limited, h.processing_ms, h.processing_ms_max, h.slow
        from (values ('daily', v_first_day * 24), ('hourly', v_hour - 23)) spans (kind, first_hour)
        join private.inbound_email_hours h on h.hour >= spans.first_hour and (p_workspace is null or h.workspace_id = p_workspace)
        union all
        select
          'daily', d.day, d.received, d.processed, d.failed, d.duplicates, d.limited, d.queued, d.redis_duplicates, d.redis_limited,
          d.processing_ms, d.processing_ms_max, d.slow
        from private.inbound_email_days d
        where d.day >= v_first_day and (p_workspace is null or d.workspace_id = p_workspace)
      ) counted
      group by counted.kind, counted.period
    ) summed
  );
end
$$;

-- The day's busiest domains of senders. A null `p_day` is today; it is numbered from 1970 on.
create function public.inbound_email_domains(p_workspace text, p_day integer) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_day constant integer := coalesce(p_day, private.mail_hour(statement_timestamp()) / 24);
begin
  perform private.require_argument(
    p_workspace is null or private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters, or be null'
  );
  perform private.require_argument(v_day between 0 and 2932896, 'p_day must be a day from 1970 to 9999, or be null');
  return (
    select jsonb_build_object('outcome', 'ok', 'dayNumber', v_day, 'domains', coalesce(jsonb_agg(to_jsonb(busiest)), '[]'))
    from (
      select d.domain, sum(d.received) as received, sum(d.duplicates) as duplicates, sum(d.limited) as limited
      from private.inbound_email_domains d
      where d.day = v_day and (p_workspace is null or d.workspace_id = p_workspace)
      group by d.domain
      order by sum(d.received) desc, d.domain
      limit 50
    ) busiest
  );
end
$$;

-- The waiting messages by priority, each counted up to 10,000, and for how long the oldest has waited.
create function public.inbound_email_queue(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
-- The plan depends on whether there is a workspace.
set plan_cache_mode = force_custom_plan
as $$
begin
  perform private.require_argument(
    p_workspace is null or private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters, or be null'
  );
  return (
    select jsonb_build_object(
      'outcome', 'ok', 'high', count(*) filter (where w.priority = 'high'), 'normal', count(*) filter (where w.priority = 'normal'),
      'low', count(*) filter (where w.priority = 'low'),
      'oldestMs', coalesce(greatest(0, floor(extract(epoch from clock_timestamp() - min(w.queued_at)) * 1000)), 0)
    )
    from (values ('high'), ('normal'), ('low')) priorities (priority)
    cross join lateral (
      select e.priority, e.queued_at
      from private.inbound_emails e
      where e.state = 'queued' and e.priority = priorities.priority and (p_workspace is null or e.workspace_id = p_workspace)
      order by e.queued_at
      limit 10000
    ) w
  );
end
$$;

-- The newest messages in a state, or in any, with their way through and without their contents.
create function public.inbound_email_list(p_workspace text, p_state text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set plan_cache_mode = force_custom_plan
as $$
begin
  perform private.require_argument(
    p_workspace is null or private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters, or be null'
  );
  perform private.require_argument(
    p_state is null or p_state in ('limited', 'queued', 'processed', 'failed'),
    'p_state must be limited, queued, processed or failed, or be null'
  );
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'messages', coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', e.id, 'state', e.state, 'receivedAt', e.received_at, 'limitedAt', e.limited_at, 'queuedAt', e.queued_at,
            'processedAt', e.processed_at, 'failedAt', e.failed_at, 'duplicates', e.duplicates, 'priority', e.priority,
            'senderDomain', e.sender_domain, 'automated', e.automated, 'communicationId', e.communication_id,
            'processingMs', e.processing_ms
          )
          order by e.received_at desc, e.id
        ),
        '[]'
      )
    )
    from (
      select newest.*
      from public.workspaces w
      cross join lateral (
        select each.*
        from private.inbound_emails each
        where each.workspace_id = w.id and (p_state is null or each.state = p_state)
        order by each.received_at desc
        limit 50
      ) newest
      where p_workspace is null or w.id = p_workspace
      order by newest.received_at desc
      limit 50
    ) e
  );
end
$$;

-- What a sender may still send to a workspace. `p_domain` is the sender's registrable domain, or null.
create function public.inbound_email_allowance(p_workspace text, p_sender text, p_domain text, p_is_free_mail boolean) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_settings private.email_settings;
  v_is_domain_exempt boolean;
  v_sender jsonb;
  v_domain jsonb;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(char_length(p_sender) between 3 and 320, 'p_sender must have 3 to 320 characters');
  perform private.require_argument(
    p_domain is null or char_length(p_domain) between 3 and 253, 'p_domain must have 3 to 253 characters, or be null'
  );
  perform private.require_argument(p_is_free_mail is not null, 'p_is_free_mail must be true or false');
  v_settings := private.email_settings_of(p_workspace);
  v_is_domain_exempt := coalesce(private.is_domain_listed(p_domain, v_settings.exempt_domains), false);
  v_sender := private.mail_allowance(
    p_workspace, p_sender, null, v_settings.sender_per_hour,
    v_is_domain_exempt or array[p_sender, private.plain_address(p_sender)] && v_settings.exempt_senders, v_now
  );
  v_domain := private.mail_allowance(
    p_workspace, p_sender, p_domain, v_settings.domain_per_hour, p_domain is null or p_is_free_mail or v_is_domain_exempt, v_now
  );
  return jsonb_build_object(
    'outcome', 'ok', 'emailAllowed', v_sender -> 'until' = 'null', 'domainAllowed', v_domain -> 'until' = 'null',
    'emailRemaining', v_sender -> 'remaining', 'domainRemaining', v_domain -> 'remaining',
    'resetTime', greatest((v_sender ->> 'until')::timestamptz, (v_domain ->> 'until')::timestamptz)
  );
end
$$;

create function private.mail_allowance(
  p_workspace text, p_sender text, p_domain text, p_max integer, p_is_exempt boolean, p_now timestamptz
) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  v_taken integer;
begin
  if p_is_exempt then
    return '{"remaining": null, "until": null}';
  end if;
  select count(*) into v_taken
  from (
    select from private.inbound_emails e
    where e.workspace_id = p_workspace and e.accepted_at > p_now - interval '1 hour'
      and case when p_domain is null then e.sender = p_sender else e.sender_domain = p_domain end
    limit p_max
  ) taken;
  return jsonb_build_object(
    'remaining', p_max - v_taken, 'until', private.mail_limited_until(p_workspace, p_sender, p_domain, p_max, p_now)
  );
end
$$;

-- Counts messages that Workers answered by what Redis knows, once a report. `p_counts`: [{"workspaceId", "at", "senderDomain",
-- "duplicates", "limited"}]. Counts of a workspace that does not exist are left out.
create function public.inbound_email_count_edge(p_report uuid, p_counts jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(p_report is not null, 'p_report must be a UUID');
  perform private.require_argument(private.is_list(p_counts, 500), 'p_counts must be a list of at most 500');
  insert into private.inbound_email_reports (id) values (p_report) on conflict do nothing;
  if not found then
    return jsonb_build_object('outcome', 'ok', 'isNew', false);
  end if;
  insert into private.inbound_email_hours as h (
    workspace_id, hour, slot, received, duplicates, limited, redis_duplicates, redis_limited
  )
  select
    w.id, told.hour, private.mail_slot(w.id), sum(told.duplicates + told.limited), sum(told.duplicates), sum(told.limited),
    sum(told.duplicates), sum(told.limited)
  from private.edge_counts(p_counts) told
  join public.workspaces w on w.id = told.workspace_id
  group by w.id, told.hour
  order by w.id, told.hour
  on conflict (workspace_id, hour, slot) do update set
    received = h.received + excluded.received,
    duplicates = h.duplicates + excluded.duplicates,
    limited = h.limited + excluded.limited,
    redis_duplicates = h.redis_duplicates + excluded.redis_duplicates,
    redis_limited = h.redis_limited + excluded.redis_limited;
  insert into private.inbound_email_domains as d (workspace_id, day, domain, slot, received, duplicates, limited)
  select
    w.id, told.hour / 24, told.domain, private.mail_slot(w.id), sum(told.duplicates + told.limited), sum(told.duplicates),
    sum(told.limited)
  from private.edge_counts(p_counts) told
  join public.workspaces w on w.id = told.workspace_id
  where told.domain is not null
  group by w.id, told.hour / 24, told.domain
  order by w.id, told.hour / 24, told.domain
  on conflict (workspace_id, day, domain, slot) do update set
    received = d.received + excluded.received,
    duplicates = d.duplicates + excluded.duplicates,
    limited = d.limited + excluded.limited;
  return jsonb_build_object('outcome', 'ok', 'isNew', true);
end
$$;

create function private.edge_counts(p_counts jsonb)
returns table (workspace_id text, hour integer, domain text, duplicates bigint, limited bigint)
language sql stable
set search_path = ''
as $$
  select
    told.count ->> 'workspaceId', private.mail_hour((told.count ->> 'at')::timestamptz), left(told.count ->> 'senderDomain', 253),
    (told.count ->> 'duplicates')::bigint, (told.count ->> 'limited')::bigint
  from jsonb_array_elements(p_counts) told (count)
$$;

create function private.email_settings_shown(p_settings private.email_settings) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'senderPerHour', p_settings.sender_per_hour, 'domainPerHour', p_settings.domain_per_hour,
    'exemptSenders', p_settings.exempt_senders, 'exemptDomains', p_settings.exempt_domains
  )
$$;

-- The limits of a workspace, for its admins and the CRM's backend.
create function public.inbound_email_settings(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal constant jsonb := private.write_refusal(p_workspace);
begin
  if v_refusal is not null then
    return v_refusal;
  end if;
  return private.email_settings_shown(private.email_settings_of(p_workspace)) || '{"outcome": "ok"}';
end
$$;

-- Changes them. What `p_change` leaves out stays.
create function public.inbound_email_settings_change(p_workspace text, p_change jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_settings private.email_settings;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    coalesce(
      private.is_object(p_change, 524288)
      and (p_change -> 'senderPerHour' is null or (p_change ->> 'senderPerHour') ~ '^[0-9]{1,5}$')
      and (p_change -> 'domainPerHour' is null or (p_change ->> 'domainPerHour') ~ '^[0-9]{1,5}$')
      and (p_change -> 'exemptSenders' is null or private.is_list(p_change -> 'exemptSenders', 200))
      and (p_change -> 'exemptDomains' is null or private.is_list(p_change -> 'exemptDomains', 200)),
      false
    ),
    'p_change must be an object of limits and of lists of at most 200'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  -- Two changes at the same time are made one after the other.
  perform private.lock_mail('settings', p_workspace, '');
  v_settings := private.email_settings_of(p_workspace);
  insert into private.email_settings as s (workspace_id, sender_per_hour, domain_per_hour, exempt_senders, exempt_domains)
  values (
    p_workspace,
    coalesce((p_change ->> 'senderPerHour')::integer, v_settings.sender_per_hour),
    coalesce((p_change ->> 'domainPerHour')::integer, v_settings.domain_per_hour),
    case
      when p_change -> 'exemptSenders' is null then v_settings.exempt_senders
      else array(select jsonb_array_elements_text(p_change -> 'exemptSenders'))
    end,
    case
      when p_change -> 'exemptDomains' is null then v_settings.exempt_domains
      else array(select jsonb_array_elements_text(p_change -> 'exemptDomains'))
    end
  )
  on conflict (workspace_id) do update set
    sender_per_hour = excluded.sender_per_hour, domain_per_hour = excluded.domain_per_hour,
    exempt_senders = excluded.exempt_senders, exempt_domains = excluded.exempt_domains
  returning * into v_settings;
  return private.email_settings_shown(v_settings) || '{"outcome": "ok"}';
end
$$;

-- Adds hours that are over to their days, and removes what is older than a month, at most `p_rows` of each. Answers how many rows it
-- dealt with.
create function private.tidy_mail(p_rows integer) returns integer
language plpgsql volatile
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_hour constant integer := private.mail_hour(clock_timestamp());
  v_rows integer;
  v_dealt integer := 0;
begin
  with over as (
    delete from private.inbound_email_hours h
    where (h.workspace_id, h.hour, h.slot) in (
      select old.workspace_id, old.hour, old.slot from private.inbound_email_hours old
      where old.hour < v_hour - 48
      order by old.hour, old.workspace_id, old.slot
      limit p_rows
      for update skip locked
    )
    returning h.*
  ), summed as (
    insert into private.inbound_email_days as d (
      workspace_id, day, received, processed, failed, duplicates, limited, queued, redis_duplicates, redis_limited,
      processing_ms, processing_ms_max, slow
    )
    select
      o.workspace_id, o.hour / 24, sum(o.received), sum(o.processed), sum(o.failed), sum(o.duplicates), sum(o.limited),
      sum(o.queued), sum(o.redis_duplicates), sum(o.redis_limited), sum(o.processing_ms), max(o.processing_ms_max), sum(o.slow)
    from over o
    group by o.workspace_id, o.hour / 24
    order by 1, 2
    on conflict (workspace_id, day) do update set
      received = d.received + excluded.received, processed = d.processed + excluded.processed,
      failed = d.failed + excluded.failed, duplicates = d.duplicates + excluded.duplicates,
      limited = d.limited + excluded.limited, queued = d.queued + excluded.queued,
      redis_duplicates = d.redis_duplicates + excluded.redis_duplicates,
      redis_limited = d.redis_limited + excluded.redis_limited, processing_ms = d.processing_ms + excluded.processing_ms,
      processing_ms_max = greatest(d.processing_ms_max, excluded.processing_ms_max), slow = d.slow + excluded.slow
    returning 1
  )
  select count(*) into v_rows from over;
  v_dealt := v_dealt + v_rows;
  delete from private.inbound_email_days d where d.day < v_hour / 24 - 31;
  get diagnostics v_rows = row_count;
  v_dealt := v_dealt + v_rows;
  delete from private.inbound_email_domains d
  where (d.workspace_id, d.day, d.domain, d.slot) in (
    select old.workspace_id, old.day, old.domain, old.slot from private.inbound_email_domains old
    where old.day < v_hour / 24 - 31
    limit p_rows
    for update skip locked
  );
  get diagnostics v_rows = row_count;
  v_dealt := v_dealt + v_rows;
  delete from private.inbound_email_reports r
  where r.id in (
    select old.id from private.inbound_email_reports old
    where old.counted_at < clock_timestamp() - interval '48 hours'
    order by old.counted_at
    limit p_rows
    for update skip locked
  );
  get diagnostics v_rows = row_count;
  v_dealt := v_dealt + v_rows;
  -- A message that was limited and never came again was never acknowledged.
  delete from private.inbound_emails e
  where (e.workspace_id, e.message_key, e.digest) in (
    select old.workspace_id, old.message_key, old.digest from private.inbound_emails old
    where old.state = 'limited' and old.received_at < clock_timestamp() - interval '744 hours'
    order by old.received_at
    limit p_rows
    for update skip locked
  );
  get diagnostics v_rows = row_count;
  return v_dealt + v_rows;
end
$$;

revoke all on function private.mail_allowance(text, text, text, integer, boolean, timestamptz)
  from public, anon, authenticated, service_role;
revoke all on function private.edge_counts(jsonb) from public, anon, authenticated, service_role;
revoke all on function private.email_settings_shown(private.email_settings) from public, anon, authenticated, service_role;
revoke all on function private.tidy_mail(integer) from public, anon, authenticated, service_role;
do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'inbound_email_figures(text, integer)', 'inbound_email_domains(text, integer)', 'inbound_email_queue(text)',
    'inbound_email_list(text, text)', 'inbound_email_allowance(text, text, text, boolean)',
    'inbound_email_count_edge(uuid, jsonb)'
  ] loop
    execute format('revoke all on function public.%s from public, anon, authenticated', v_function);
    execute format('grant execute on function public.%s to service_role', v_function);
  end loop;
  foreach v_function in array array['inbound_email_settings(text)', 'inbound_email_settings_change(text, jsonb)'] loop
    execute format('revoke all on function public.%s from public, anon', v_function);
    execute format('grant execute on function public.%s to authenticated, service_role', v_function);
  end loop;
end
$$;
