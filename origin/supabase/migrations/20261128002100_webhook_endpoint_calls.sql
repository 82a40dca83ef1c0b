-- What admins of a workspace, and the CRM's backend for it, do with its webhook endpoints (shared/contract/webhook-endpoints.ts).
--
-- The functions run as their owner, because nobody else may touch the tables. They check the caller before anything else, and name
-- the workspace in every statement. No answer has a secret: the origin makes it and tells it once.

create function private.webhook_endpoint_shown(p_endpoint private.webhook_endpoints) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_endpoint.id,
    'url', p_endpoint.url,
    'description', p_endpoint.description,
    'events', p_endpoint.event_types,
    'isEnabled', p_endpoint.is_enabled,
    'stoppedBecause', p_endpoint.stopped_because,
    'failures', p_endpoint.failures,
    'pausedUntil', case when p_endpoint.paused_until > now() then p_endpoint.paused_until end,
    'previousSecretUntil', case when p_endpoint.previous_secret_until > now() then p_endpoint.previous_secret_until end,
    'createdAt', p_endpoint.created_at,
    'updatedAt', p_endpoint.updated_at
  )
$$;

create function private.webhook_delivery_shown(p_delivery private.webhook_deliveries) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_delivery.id,
    'endpointId', p_delivery.endpoint_id,
    'eventId', p_delivery.event_id,
    'type', p_delivery.event_type,
    'occurredAt', p_delivery.occurred_at,
    'status', p_delivery.status,
    'attempts', p_delivery.attempts,
    'log', p_delivery.log,
    'createdAt', p_delivery.created_at,
    'completedAt', p_delivery.completed_at
  )
$$;

create function public.webhook_endpoints(p_workspace text) returns jsonb
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
  return jsonb_build_object(
    'outcome', 'ok',
    'endpoints', coalesce(
      (
        select jsonb_agg(private.webhook_endpoint_shown(e) order by e.created_at, e.id)
        from private.webhook_endpoints e
        where e.workspace_id = p_workspace
      ),
      '[]'
    )
  );
end
$$;

create function public.webhook_endpoint(p_workspace text, p_endpoint text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_found private.webhook_endpoints;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_endpoint), 'p_endpoint must have 1 to 128 characters');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  select * into v_found from private.webhook_endpoints e where e.workspace_id = p_workspace and e.id = p_endpoint;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'endpoint', private.webhook_endpoint_shown(v_found));
end
$$;

-- Whether this says of an endpoint only what may be stored. An object may leave out what it does not set.
create function private.is_endpoint_change(p_change jsonb) returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(
    private.is_object(p_change, 131072)
    and (
      p_change -> 'url' is null
      or char_length(p_change ->> 'url') <= 2048 and p_change ->> 'url' ~ '^https?://[^[:space:][:cntrl:]]+$'
    )
    and (
      p_change -> 'events' is null
      or private.is_list(p_change -> 'events', 50) and jsonb_array_length(p_change -> 'events') > 0
      and private.are_event_types(array(select jsonb_array_elements_text(p_change -> 'events')))
    )
    and (p_change ->> 'description' is null or char_length(p_change ->> 'description') between 1 and 200)
    and (p_change -> 'isEnabled' is null or jsonb_typeof(p_change -> 'isEnabled') = 'boolean'),
    false
  )
$$;

-- `p_created` has `id`, `url`, `events`, `description` and `isEnabled`.
create function public.webhook_endpoint_create(p_workspace text, p_created jsonb, p_secret text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_saved private.webhook_endpoints;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    private.is_endpoint_change(p_created) and p_created ?& array['id', 'url', 'events', 'isEnabled']
    and private.is_identifier(p_created ->> 'id'),
    'p_created must be an object with an id, a URL, types of events and whether it is on'
  );
  perform private.require_argument(
    p_secret ~ '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$', 'p_secret must be whsec_ and base64'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  -- Two creations at the same time are counted one after the other.
  perform from public.workspaces w where w.id = p_workspace for no key update;
  if (select count(*) from private.webhook_endpoints e where e.workspace_id = p_workspace) >= 50 then
    return jsonb_build_object('outcome', 'webhook_endpoints_full');
  end if;
  insert into private.webhook_endpoints (workspace_id, id, url, description, event_types, is_enabled, secret)
  values (
    p_workspace, p_created ->> 'id', p_created ->> 'url', p_created ->> 'description',
    array(select jsonb_array_elements_text(p_created -> 'events')), (p_created ->> 'isEnabled')::boolean, p_secret
  )
  returning * into v_saved;
  return jsonb_build_object('outcome', 'ok', 'endpoint', private.webhook_endpoint_shown(v_saved));
end
$$;

-- An endpoint that is turned on, or that gets another URL, begins without failures.
create function public.webhook_endpoint_update(p_workspace text, p_endpoint text, p_change jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_begins boolean;
  v_saved private.webhook_endpoints;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_endpoint), 'p_endpoint must have 1 to 128 characters');
  perform private.require_argument(
    private.is_endpoint_change(p_change), 'p_change must be an object of a URL, types of events, a description or whether it is on'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  v_begins := coalesce((p_change ->> 'isEnabled')::boolean, false) or p_change ? 'url';
  update private.webhook_endpoints e
  set
    url = coalesce(p_change ->> 'url', e.url),
    description = case when p_change ? 'description' then p_change ->> 'description' else e.description end,
    event_types = case
      when p_change ? 'events' then array(select jsonb_array_elements_text(p_change -> 'events'))
      else e.event_types
    end,
    is_enabled = coalesce((p_change ->> 'isEnabled')::boolean, e.is_enabled),
    stopped_because = case when p_change ? 'isEnabled' then null else e.stopped_because end,
    failures = case when v_begins then 0 else e.failures end,
    failing_since = case when v_begins then null else e.failing_since end,
    paused_until = case when v_begins then null else e.paused_until end,
    updated_at = now()
  where e.workspace_id = p_workspace and e.id = p_endpoint
  returning * into v_saved;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'endpoint', private.webhook_endpoint_shown(v_saved));
end
$$;

-- Its deliveries go with it.
create function public.webhook_endpoint_delete(p_workspace text, p_endpoint text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_endpoint), 'p_endpoint must have 1 to 128 characters');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  delete from private.webhook_endpoints e where e.workspace_id = p_workspace and e.id = p_endpoint;
  return jsonb_build_object('outcome', case when found then 'ok' else 'not_found' end);
end
$$;

-- The secret until now keeps signing for `p_keep_seconds`.
create function public.webhook_endpoint_rotate(
  p_workspace text, p_endpoint text, p_secret text, p_keep_seconds integer
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_saved private.webhook_endpoints;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_endpoint), 'p_endpoint must have 1 to 128 characters');
  perform private.require_argument(
    p_secret ~ '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$', 'p_secret must be whsec_ and base64'
  );
  perform private.require_argument(p_keep_seconds between 0 and 604800, 'p_keep_seconds must be from 0 to 604800');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  update private.webhook_endpoints e
  set
    secret = p_secret,
    previous_secret = case when p_keep_seconds > 0 then e.secret end,
    previous_secret_until = case when p_keep_seconds > 0 then now() + interval '1 second' * p_keep_seconds end,
    updated_at = now()
  where e.workspace_id = p_workspace and e.id = p_endpoint
  returning * into v_saved;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'endpoint', private.webhook_endpoint_shown(v_saved));
end
$$;

-- Sends an event of the type `webhook.test` to this endpoint alone, whatever types it wants.
create function public.webhook_endpoint_test(p_workspace text, p_endpoint text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_is_enabled boolean;
  v_saved private.webhook_deliveries;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_endpoint), 'p_endpoint must have 1 to 128 characters');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  select e.is_enabled into v_is_enabled
  from private.webhook_endpoints e
  where e.workspace_id = p_workspace and e.id = p_endpoint
  for key share;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  elsif not v_is_enabled then
    return jsonb_build_object('outcome', 'webhook_endpoint_off');
  end if;
  insert into private.webhook_deliveries (workspace_id, endpoint_id, event_id, event_type, occurred_at, data)
  values (p_workspace, p_endpoint, 'test_' || gen_random_uuid(), 'webhook.test', now(), '{}')
  returning * into v_saved;
  perform private.webhook_job(p_workspace, p_endpoint, v_saved.id, v_saved.round);
  return jsonb_build_object('outcome', 'ok', 'delivery', private.webhook_delivery_shown(v_saved));
end
$$;

-- The deliveries to an endpoint, newest first. `p_after_at` and `p_after_id` are of the last one of the page before.
create function public.webhook_deliveries(
  p_workspace text, p_endpoint text, p_status text, p_after_at timestamptz, p_after_id uuid, p_rows_max integer
) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_endpoint), 'p_endpoint must have 1 to 128 characters');
  perform private.require_argument(
    p_status is null or p_status in ('waiting', 'delivered', 'failed'),
    'p_status must be null, waiting, delivered or failed'
  );
  perform private.require_argument(
    (p_after_at is null) = (p_after_id is null), 'p_after_at and p_after_id must be given together'
  );
  perform private.require_argument(p_rows_max between 1 and 101, 'p_rows_max must be from 1 to 101');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  if not exists (select from private.webhook_endpoints e where e.workspace_id = p_workspace and e.id = p_endpoint) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object(
    'outcome', 'ok',
    'deliveries', coalesce(
      (
        select jsonb_agg(private.webhook_delivery_shown(d.delivery) order by d.created_at desc, d.id desc)
        from (
          select d as delivery, d.created_at, d.id
          from private.webhook_deliveries d
          where d.workspace_id = p_workspace and d.endpoint_id = p_endpoint
            and (p_status is null or d.status = p_status)
            and (p_after_at is null or (d.created_at, d.id) < (p_after_at, p_after_id))
          order by d.created_at desc, d.id desc
          limit p_rows_max
        ) d
      ),
      '[]'
    )
  );
end
$$;

-- Sends a delivery again under the same `webhook-id`. One that still waits is left as it is.
create function public.webhook_delivery_resend(p_workspace text, p_endpoint text, p_delivery uuid) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_is_enabled boolean;
  v_saved private.webhook_deliveries;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_endpoint), 'p_endpoint must have 1 to 128 characters');
  perform private.require_argument(p_delivery is not null, 'p_delivery must not be null');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  select e.is_enabled into v_is_enabled
  from private.webhook_endpoints e
  where e.workspace_id = p_workspace and e.id = p_endpoint
  for key share;
  select * into v_saved
  from private.webhook_deliveries d
  where d.workspace_id = p_workspace and d.endpoint_id = p_endpoint and d.id = p_delivery
  for no key update;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  elsif not v_is_enabled then
    return jsonb_build_object('outcome', 'webhook_endpoint_off');
  end if;
  if v_saved.status <> 'waiting' then
    update private.webhook_deliveries d
    set status = 'waiting', completed_at = null, round = d.round + 1, expires_at = now() + interval '72 hours'
    where d.id = v_saved.id
    returning * into v_saved;
    perform private.webhook_job(p_workspace, p_endpoint, v_saved.id, v_saved.round);
  end if;
  return jsonb_build_object('outcome', 'ok', 'delivery', private.webhook_delivery_shown(v_saved));
end
$$;

revoke all on function private.webhook_endpoint_shown(private.webhook_endpoints) from public;
revoke all on function private.webhook_delivery_shown(private.webhook_deliveries) from public;
revoke all on function private.is_endpoint_change(jsonb) from public;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'webhook_endpoints(text)', 'webhook_endpoint(text, text)', 'webhook_endpoint_create(text, jsonb, text)',
    'webhook_endpoint_update(text, text, jsonb)', 'webhook_endpoint_delete(text, text)',
    'webhook_endpoint_rotate(text, text, text, integer)', 'webhook_endpoint_test(text, text)',
    'webhook_deliveries(text, text, text, timestamptz, uuid, integer)', 'webhook_delivery_resend(text, text, uuid)'
  ] loop
    execute format('revoke all on function public.%s from public, anon', v_function);
    execute format('grant execute on function public.%s to authenticated, service_role', v_function);
  end loop;
end
$$;
