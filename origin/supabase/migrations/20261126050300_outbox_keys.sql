-- Rows of the outbox are acknowledged, released and failed by their id and their event id together. After a restore from a
-- backup the database gives out the same ids again, and an acknowledgement in flight would remove a row that was never
-- sent to the Worker. A row with the same id and another event id is left alone.
--
-- A bare id still names its row. An older relay sends bare ids until a deployment has replaced it, and without this its
-- rows would be delivered again and again until then. Such a relay is as exposed to a restore as it was before.

-- Locks the rows that `p_ids` names, and returns their ids. `p_ids` is a list of {"id", "eventId"} or of ids, of at most
-- 1000 elements, as a claim has.
create or replace function private.outbox_locked(p_ids jsonb) returns bigint[]
language plpgsql volatile
set search_path = ''
as $$
begin
  perform private.require_argument(private.is_list(p_ids, 1000), 'p_ids must be a list of at most 1000 ids');
  perform private.require_argument(
    (
      select coalesce(
        bool_and(case jsonb_typeof(named.key)
          when 'number' then true
          when 'object' then coalesce(
            jsonb_typeof(named.key -> 'id') = 'number' and jsonb_typeof(named.key -> 'eventId') = 'string', false
          )
          else false
        end),
        true
      )
      from jsonb_array_elements(p_ids) named (key)
    ),
    'p_ids must be ids, or objects that each have an id and an eventId'
  );
  return array(
    select o.id
    from private.outbox o
    join (
      select
        (case jsonb_typeof(named.key) when 'object' then named.key -> 'id' else named.key end)::bigint as id,
        named.key ->> 'eventId' as event_id
      from jsonb_array_elements(p_ids) named (key)
    ) told on told.id = o.id and coalesce(told.event_id = o.event_id::text, true)
    order by o.id
    for update of o
  );
end
$$;

-- `p_failures` is a list of {"id", "eventId", "code", "delayMs"}. An older relay leaves out the event id.
create or replace function public.outbox_fail(p_failures jsonb, p_attempts_max integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_ids bigint[];
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
  v_ids := private.outbox_locked((
    select coalesce(
      jsonb_agg(case when f."eventId" is null then to_jsonb(f.id) else jsonb_build_object('id', f.id, 'eventId', f."eventId") end),
      '[]'
    )
    from jsonb_to_recordset(p_failures) f (id bigint, "eventId" text)
  ));
  with failed as (
    update private.outbox o
    set
      attempts = o.attempts + 1,
      last_failure = left(f.code, 100),
      due_at = clock_timestamp() + interval '1 millisecond' * f."delayMs",
      parked_at = case when o.attempts + 1 >= p_attempts_max then coalesce(o.parked_at, clock_timestamp()) end
    from jsonb_to_recordset(p_failures) f (id bigint, code text, "delayMs" integer)
    where o.id = f.id and o.id = any (v_ids)
    returning o.parked_at
  )
  select count(*), count(parked_at) from failed into v_failed, v_parked;
  return jsonb_build_object('outcome', 'ok', 'failed', v_failed, 'parked', v_parked);
end
$$;
