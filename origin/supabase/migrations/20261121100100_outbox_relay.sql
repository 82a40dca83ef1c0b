-- What a relay does with the outbox. For the service role alone: whoever may acknowledge may make a write go unnoticed.
-- Two relays at once do no harm: a claim skips what another holds, and the ledger makes the same event once.

-- Up to `p_rows_max` rows that are due, oldest first, held for `p_lease_ms`: the claim of a relay that died comes back.
create function public.outbox_claim(p_rows_max integer, p_lease_ms integer) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  with due as (
    select o.id
    from private.outbox o
    where o.due_at <= clock_timestamp()
    order by o.due_at, o.id
    limit least(p_rows_max, 1000)
    for update skip locked
  ), claimed as (
    update private.outbox o
    set due_at = clock_timestamp() + interval '1 millisecond' * p_lease_ms
    from due
    where o.id = due.id
    returning o.id, o.event_id, o.workspace_id, o.tags, o.attempts
  )
  select jsonb_build_object(
    'outcome', 'ok',
    'rows', coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', c.id, 'eventId', c.event_id, 'workspaceId', c.workspace_id, 'tags', c.tags, 'attempts', c.attempts
        )
        order by c.id
      ),
      '[]'
    )
  )
  from claimed c
$$;

-- Delivered: the rows go, whoever holds them.
create function public.outbox_acknowledge(p_ids jsonb) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  with removed as (
    delete from private.outbox o
    where o.id in (select id::bigint from jsonb_array_elements_text(p_ids) ids (id))
    returning 1
  )
  select jsonb_build_object('outcome', 'ok', 'removed', count(*)) from removed
$$;

-- Not tried, or tried while nothing could be delivered: due again after `p_delay_ms`, and no attempt counted.
create function public.outbox_release(p_ids jsonb, p_delay_ms integer) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  with released as (
    update private.outbox o
    set due_at = clock_timestamp() + interval '1 millisecond' * p_delay_ms
    where o.id in (select id::bigint from jsonb_array_elements_text(p_ids) ids (id))
    returning 1
  )
  select jsonb_build_object('outcome', 'ok', 'released', count(*)) from released
$$;

-- `p_failures`: [{"id", "code", "delayMs"}]. Counts an attempt of each and parks what has had `p_attempts_max`.
create function public.outbox_fail(p_failures jsonb, p_attempts_max integer) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
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
  select jsonb_build_object('outcome', 'ok', 'failed', count(*), 'parked', count(parked_at)) from failed
$$;

-- How much waits, counted to 100,000; how long the oldest has waited; how many are parked.
create function public.outbox_state() returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'ok',
    'depth', (select count(*) from (select from private.outbox limit 100000) waiting),
    'oldestAgeMs', coalesce(
      (
        select ceil(extract(epoch from clock_timestamp() - o.written_at) * 1000)::bigint
        from private.outbox o
        order by o.id
        limit 1
      ),
      0
    ),
    'parked', (select count(*) from (select from private.outbox where parked_at is not null limit 100000) parked)
  )
$$;

-- For operators, once what made them fail is mended: parked rows are due at once, with all their attempts.
create function public.outbox_retry_parked() returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  with freed as (
    update private.outbox set attempts = 0, parked_at = null, due_at = clock_timestamp()
    where parked_at is not null
    returning 1
  )
  select jsonb_build_object('outcome', 'ok', 'freed', count(*)) from freed
$$;

-- For operators, after a restore or a load with triggers off: everything of every workspace moves on.
create function public.outbox_move_everything() returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  select jsonb_build_object('outcome', 'ok', 'workspaces', private.outbox_everything())
$$;

-- A writer that delivers by itself: where the outbox stood before it wrote, and what its transaction has added since.
create function private.outbox_mark() returns bigint
language sql volatile security definer
set search_path = ''
as $$
  select last_value from private.outbox_id_seq
$$;

create function private.outbox_since(p_mark bigint) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', o.id, 'eventId', o.event_id, 'workspaceId', o.workspace_id, 'tags', o.tags, 'attempts', o.attempts
      )
      order by o.id
    ),
    '[]'
  )
  from private.outbox o
  where o.id >= p_mark and o.transaction_id = pg_current_xact_id()
$$;

revoke all on function public.outbox_claim(integer, integer) from public, anon, authenticated;
revoke all on function public.outbox_acknowledge(jsonb) from public, anon, authenticated;
revoke all on function public.outbox_release(jsonb, integer) from public, anon, authenticated;
revoke all on function public.outbox_fail(jsonb, integer) from public, anon, authenticated;
revoke all on function public.outbox_state() from public, anon, authenticated;
revoke all on function public.outbox_retry_parked() from public, anon, authenticated;
revoke all on function public.outbox_move_everything() from public, anon, authenticated;
grant execute on function public.outbox_claim(integer, integer) to service_role;
grant execute on function public.outbox_acknowledge(jsonb) to service_role;
grant execute on function public.outbox_release(jsonb, integer) to service_role;
grant execute on function public.outbox_fail(jsonb, integer) to service_role;
grant execute on function public.outbox_state() to service_role;
grant execute on function public.outbox_retry_parked() to service_role;
grant execute on function public.outbox_move_everything() to service_role;

revoke all on function private.outbox_mark() from public;
revoke all on function private.outbox_since(bigint) from public;
grant execute on function private.outbox_mark() to authenticated, service_role;
grant execute on function private.outbox_since(bigint) to authenticated, service_role;
