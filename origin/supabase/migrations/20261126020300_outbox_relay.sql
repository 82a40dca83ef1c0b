-- What a relay does with the outbox, as before but for two things: the arguments have bounds, and rows are locked in the
-- order of their ids, so that two relays with the same rows never wait for each other. Waits are at most an hour: a row
-- may be put off, and never for good.

create or replace function public.outbox_claim(p_rows_max integer, p_lease_ms integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_rows jsonb;
begin
  perform private.require_argument(p_rows_max between 1 and 1000, 'p_rows_max must be from 1 to 1000');
  perform private.require_argument(p_lease_ms between 0 and 3600000, 'p_lease_ms must be from 0 to 3600000');
  with due as (
    select o.id
    from private.outbox o
    where o.due_at <= clock_timestamp()
    order by o.due_at, o.id
    limit p_rows_max
    for update skip locked
  ), claimed as (
    update private.outbox o
    set due_at = clock_timestamp() + interval '1 millisecond' * p_lease_ms
    from due
    where o.id = due.id
    returning o.id, o.event_id, o.workspace_id, o.tags, o.attempts
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', c.id, 'eventId', c.event_id, 'workspaceId', c.workspace_id, 'tags', c.tags, 'attempts', c.attempts
      )
      order by c.id
    ),
    '[]'
  )
  from claimed c
  into v_rows;
  return jsonb_build_object('outcome', 'ok', 'rows', v_rows);
end
$$;

-- The ids of a list, locked. A list is at most 1000 ids, as a claim is at most 1000 rows.
create function private.outbox_locked(p_ids jsonb) returns bigint[]
language plpgsql volatile
set search_path = ''
as $$
begin
  perform private.require_argument(private.is_list(p_ids, 1000), 'p_ids must be a list of at most 1000 ids');
  return array(
    select o.id from private.outbox o
    where o.id = any (array(select id::bigint from jsonb_array_elements_text(p_ids) ids (id)))
    order by o.id
    for update
  );
end
$$;

create or replace function public.outbox_acknowledge(p_ids jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_ids constant bigint[] := private.outbox_locked(p_ids);
  v_removed bigint;
begin
  delete from private.outbox o where o.id = any (v_ids);
  get diagnostics v_removed = row_count;
  return jsonb_build_object('outcome', 'ok', 'removed', v_removed);
end
$$;

create or replace function public.outbox_release(p_ids jsonb, p_delay_ms integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_ids bigint[];
  v_released bigint;
begin
  perform private.require_argument(p_delay_ms between 0 and 3600000, 'p_delay_ms must be from 0 to 3600000');
  v_ids := private.outbox_locked(p_ids);
  update private.outbox o set due_at = clock_timestamp() + interval '1 millisecond' * p_delay_ms
  where o.id = any (v_ids);
  get diagnostics v_released = row_count;
  return jsonb_build_object('outcome', 'ok', 'released', v_released);
end
$$;

create or replace function public.outbox_fail(p_failures jsonb, p_attempts_max integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_failed bigint;
  v_parked bigint;
begin
  perform private.require_argument(p_attempts_max between 1 and 1000, 'p_attempts_max must be from 1 to 1000');
  perform private.require_argument(
    private.is_list(p_failures, 1000), 'p_failures must be a list of at most 1000 failures'
  );
  perform private.require_argument(
    (
      select coalesce(bool_and(f.id is not null and coalesce(f."delayMs" between 0 and 3600000, false)), true)
      from jsonb_to_recordset(p_failures) f (id bigint, "delayMs" integer)
    ),
    'p_failures must each have an id and a delayMs from 0 to 3600000'
  );
  perform private.outbox_locked((
    select coalesce(jsonb_agg(f.id), '[]') from jsonb_to_recordset(p_failures) f (id bigint)
  ));
  with failed as (
    update private.outbox o
    set
      attempts = o.attempts + 1,
      last_failure = left(f.code, 100),
      due_at = clock_timestamp() + interval '1 millisecond' * f."delayMs",
      parked_at = case when o.attempts + 1 >= p_attempts_max then coalesce(o.parked_at, clock_timestamp()) end
    from jsonb_to_recordset(p_failures) f (id bigint, code text, "delayMs" integer)
    where o.id = f.id
    returning o.parked_at
  )
  select count(*), count(parked_at) from failed into v_failed, v_parked;
  return jsonb_build_object('outcome', 'ok', 'failed', v_failed, 'parked', v_parked);
end
$$;

create or replace function public.outbox_retry_parked() returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_ids constant bigint[] := array(
    select o.id from private.outbox o where o.parked_at is not null order by o.id for update
  );
  v_freed bigint;
begin
  update private.outbox o set attempts = 0, parked_at = null, due_at = clock_timestamp() where o.id = any (v_ids);
  get diagnostics v_freed = row_count;
  return jsonb_build_object('outcome', 'ok', 'freed', v_freed);
end
$$;

revoke all on function private.outbox_locked(jsonb) from public;
