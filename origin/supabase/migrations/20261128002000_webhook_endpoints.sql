-- Outbound webhooks: the endpoints that a workspace's admins keep, and the deliveries to them.
--
-- An event becomes one delivery for each endpoint that wants its type, in the transaction of what it tells about. Each delivery has a
-- job on the queue `webhooks`, added in the same transaction; all attempts at it carry the event's id as their `webhook-id`.
--
-- Both tables are in the schema `private`, because an endpoint has secrets: whoever reads one can sign in this workspace's name. They
-- are read and written through functions, and by the process of the queues, which connects as the owner.

-- Whether this names a type of event: words of a-z, digits and `_` with dots between them, such as `contact.created`.
create function private.is_event_type(p_type text) returns boolean
language sql immutable parallel safe
return p_type ~ '^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){1,3}$';

create function private.are_event_types(p_types text[]) returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
  select coalesce(bool_and(coalesce(private.is_event_type(named.type), false) or named.type = '*'), false)
  from unnest(p_types) named (type)
$$;

create table private.webhook_endpoints (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  url text not null,
  description text,
  -- `*` is every type.
  event_types text[] not null,
  is_enabled boolean not null default true,
  -- Why the deployment turned it off: its receiver answered 410, or has failed for too long.
  stopped_because text,
  -- `whsec_` and base64. Deliveries are signed with both while the previous one is valid.
  secret text not null,
  previous_secret text,
  previous_secret_until private.instant,
  -- The breaker: failures in a row, since when, and until when nothing is sent.
  failures integer not null default 0,
  failing_since private.instant,
  paused_until private.instant,
  created_at private.instant not null default now(),
  updated_at private.instant not null default now(),
  primary key (workspace_id, id),
  constraint webhook_endpoints_url_form check (char_length(url) <= 2048 and url ~ '^https?://[^[:space:][:cntrl:]]+$'),
  constraint webhook_endpoints_description_length check (char_length(description) between 1 and 200),
  constraint webhook_endpoints_event_types_form check (
    cardinality(event_types) between 1 and 50 and array_ndims(event_types) = 1 and private.texts_fit(event_types, 131)
    and private.are_event_types(event_types)
  ),
  constraint webhook_endpoints_stopped_known check (
    stopped_because is null or (stopped_because in ('gone', 'failing') and not is_enabled)
  ),
  constraint webhook_endpoints_secret_form check (char_length(secret) <= 96 and secret ~ '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$'),
  constraint webhook_endpoints_previous_form check (
    (previous_secret is null) = (previous_secret_until is null)
    and char_length(previous_secret) <= 96 and previous_secret ~ '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$'
  ),
  constraint webhook_endpoints_failures_known check (failures >= 0)
);

create table private.webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  workspace_id text collate "C" not null,
  endpoint_id private.identifier not null,
  -- The `webhook-id` of all attempts.
  event_id text collate "C" not null,
  event_type text not null,
  occurred_at private.instant not null,
  -- What the event tells: ids and counts.
  data jsonb not null,
  status text not null default 'waiting',
  -- One more with each time that an admin sends it again, so that each has a job of its own.
  round integer not null default 0,
  attempts integer not null default 0,
  -- The latest attempts, oldest first: {"at", "status", "failure", "durationMs"}.
  log jsonb not null default '[]',
  created_at private.instant not null default now(),
  -- A delivery that still waits for its receiver then has failed.
  expires_at private.instant not null default now() + interval '72 hours',
  completed_at private.instant,
  -- When it was last seen that it has a job.
  job_checked_at private.instant not null default now(),
  unique (workspace_id, endpoint_id, event_id),
  foreign key (workspace_id, endpoint_id) references private.webhook_endpoints (workspace_id, id) on delete cascade,
  constraint webhook_deliveries_event_form check (event_id ~ '^[A-Za-z0-9_-]{1,100}$'),
  constraint webhook_deliveries_type_form check (char_length(event_type) <= 131 and private.is_event_type(event_type)),
  constraint webhook_deliveries_data_form check (jsonb_typeof(data) = 'object' and octet_length(data::text) <= 131072),
  constraint webhook_deliveries_status_known check (
    status in ('waiting', 'delivered', 'failed') and (status = 'waiting') = (completed_at is null)
  ),
  constraint webhook_deliveries_counts_known check (round >= 0 and attempts >= 0),
  constraint webhook_deliveries_log_form check (jsonb_typeof(log) = 'array' and jsonb_array_length(log) <= 10 and octet_length(log::text) <= 65536)
);

create index webhook_deliveries_by_date on private.webhook_deliveries (workspace_id, endpoint_id, created_at desc, id desc);
create index webhook_deliveries_completed on private.webhook_deliveries (completed_at) where completed_at is not null;
create index webhook_deliveries_waiting on private.webhook_deliveries (job_checked_at) where completed_at is null;

alter table private.webhook_endpoints enable row level security;
alter table private.webhook_deliveries enable row level security;
revoke all on table private.webhook_endpoints from public, anon, authenticated, service_role;
revoke all on table private.webhook_deliveries from public, anon, authenticated, service_role;

-- Adds the job of a delivery. Nothing happens if it has been added, or if the deployment has no queues.
create function private.webhook_job(p_workspace text, p_endpoint text, p_delivery uuid, p_round integer) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform private.add_job(
    'webhooks', 'deliver', p_workspace, jsonb_build_object('deliveryId', p_delivery, 'endpointId', p_endpoint),
    'delivery-' || p_delivery || case when p_round = 0 then '' else '-' || p_round end
  );
end
$$;

-- Makes an event into deliveries, one for each endpoint of the workspace that is on and wants the type, and answers how many are new.
-- An event that was told already adds none. It is called in the transaction of what the event tells about.
--
--   p_event  the id of the event: 1 to 100 of A-Z, a-z, 0-9, `_` and `-`. Receivers recognize a repetition by it.
--   p_type   one of shared/contract/webhook-endpoints.ts, or a type of the CRM's own
--   p_data   an object of at most 131,072 bytes: ids and counts, nothing of a contact
create function private.webhook_event(
  p_workspace text, p_event text, p_type text, p_data jsonb, p_occurred_at timestamptz default now()
) returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_delivery record;
  v_added integer := 0;
begin
  perform private.require_argument(
    p_event ~ '^[A-Za-z0-9_-]{1,100}$', 'p_event must have 1 to 100 of A-Z, a-z, 0-9, _ and -'
  );
  perform private.require_argument(private.is_event_type(p_type), 'p_type must be words with dots between them');
  perform private.require_argument(
    jsonb_typeof(p_data) = 'object' and octet_length(p_data::text) <= 131072,
    'p_data must be an object of at most 131072 bytes'
  );
  for v_delivery in
    -- Locked, so that an endpoint that is deleted at this moment is left out and does not fail the caller's transaction.
    with wanting as (
      select e.id
      from private.webhook_endpoints e
      where e.workspace_id = p_workspace and e.is_enabled and e.event_types && array[p_type, '*']
      order by e.id
      for key share
    )
    insert into private.webhook_deliveries (workspace_id, endpoint_id, event_id, event_type, occurred_at, data)
    select p_workspace, w.id, p_event, p_type, p_occurred_at, p_data
    from wanting w
    on conflict (workspace_id, endpoint_id, event_id) do nothing
    returning id, endpoint_id
  loop
    perform private.webhook_job(p_workspace, v_delivery.endpoint_id, v_delivery.id, 0);
    v_added := v_added + 1;
  end loop;
  return v_added;
end
$$;

revoke all on function private.is_event_type(text) from public;
revoke all on function private.are_event_types(text[]) from public;
revoke all on function private.webhook_job(text, text, uuid, integer) from public;
revoke all on function private.webhook_event(text, text, text, jsonb, timestamptz) from public;
