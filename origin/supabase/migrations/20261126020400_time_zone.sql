-- The same answers in every time zone. A database, a role and a request (`Prefer: timezone=…`) may each set another one
-- than UTC, and two things depend on it: how an instant is written into JSON, of which cursors are made, and how long a
-- day is where the clocks change. Every function of the API therefore runs in UTC, which holds for all that it calls, and
-- spans of time are hours.
--
-- What it costs is a setting that is put and taken back once a call, some microseconds; none of these functions is one
-- that the planner would inline.

do $$
declare
  v_function record;
begin
  for v_function in
    select p.oid::regprocedure as signature
    from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and p.proname in (
        'workspace_membership', 'workspace_boards', 'cache_settings_read', 'contact_counts', 'fold_counts',
        'reconcile_counts', 'outbox_state', 'outbox_move_everything'
      )
  loop
    execute format('alter function %s set timezone = %L', v_function.signature, 'UTC');
  end loop;
end
$$;

create or replace function private.filter_condition(p_filter text) returns text
language sql immutable parallel safe
return case
  when p_filter = 'all' then 'true'
  when p_filter = 'assigned_to_me' then 'c.assigned_to = $4'
  when p_filter = 'new_customers' then 'c.created_at > now() - interval ''168 hours'''
  when p_filter = 'recent_activity' then 'c.last_activity_at > now() - interval ''24 hours'''
  when private.facet_bit(p_filter) is not null then 'c.facets & $7 <> 0'
end;

-- Functions that are long and differ in this one span alone are defined again from their own text.
do $$
declare
  v_definition text;
begin
  for v_definition in
    select pg_catalog.pg_get_functiondef(p.oid)
    from pg_catalog.pg_proc p
    where (
        p.pronamespace = 'private'::regnamespace
        or p.oid = 'public.contact_counts(text)'::regprocedure
      )
      and p.prokind = 'f'
      and p.prosrc like '%interval ''7 days''%'
  loop
    execute replace(v_definition, 'interval ''7 days''', 'interval ''168 hours''');
  end loop;
end
$$;
