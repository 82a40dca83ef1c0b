-- Stored contacts get the search text that 20261126030000_search_folding.sql makes, in the background: a generated column
-- is only made again when its row is written. To drop the column and add it would do that too, but rewrites the table and
-- all of its indexes under a lock that stops reads and writes, for some ten minutes at ten million contacts.
--
-- Instead public.search_text_renew goes through all contacts in the order of their keys, some at a time, and writes those
-- whose text has changed: with their triggers, so that caches hear of it, and without a new updated_at. It locks the
-- rows it writes for the time of one call. The origin calls it every second until nothing is left, 1,000 contacts a call:
-- some three hours for ten million. Whoever wants it sooner calls it by hand, with larger numbers or more often; calls
-- at once do not wait for each other. Written contacts are made new by their write itself.
--
-- This migration looks at the first 50,000 by itself, which takes seconds, so that small databases are done with it.
-- To have all made again after a later change of a rule: insert into private.search_text_renewal default values.

-- How far it has come; without a row, nothing is left to do.
create table private.search_text_renewal (
  is_only boolean primary key default true check (is_only),
  after_workspace_id text collate "C" not null default '',
  after_id text collate "C" not null default ''
);
alter table private.search_text_renewal enable row level security;
revoke all on table private.search_text_renewal from public, anon, authenticated, service_role;

-- As before, but that nothing happened to a contact whose search text alone is made again. No user can set it: the API
-- calls no function that sets a parameter of the caller's choice.
create or replace function private.touch_updated_at() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if current_setting('boardcache.keeps_updated_at', true) is distinct from 'on' then
    new.updated_at := now();
  end if;
  return new;
end
$$;

-- Answers {"outcome": "ok", "looked_at", "renewed", "is_done"}; {"outcome": "busy"} while another call is at it.
create function public.search_text_renew(p_rows_max integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_renewal private.search_text_renewal;
  v_looked_at bigint;
  v_renewed bigint;
begin
  if p_rows_max is null or p_rows_max not between 1 and 50000 then
    raise exception 'search_text_renew: an argument is not one it takes' using errcode = 'invalid_parameter_value';
  end if;
  select * from private.search_text_renewal for update skip locked into v_renewal;
  if not found then
    return case
      when exists (select from private.search_text_renewal) then jsonb_build_object('outcome', 'busy')
      else jsonb_build_object('outcome', 'ok', 'looked_at', 0, 'renewed', 0, 'is_done', true)
    end;
  end if;

  perform set_config('boardcache.keeps_updated_at', 'on', true);
  with looked_at as materialized (
    select c.workspace_id, c.id, c.search_text <> private.search_text(c.name, c.email, c.phone) collate "C" as differs
    from public.contacts c
    where (c.workspace_id, c.id) > (v_renewal.after_workspace_id, v_renewal.after_id)
    order by c.workspace_id, c.id
    limit p_rows_max
  ), locked as materialized (
    select c.workspace_id, c.id
    from looked_at l
    join public.contacts c on c.workspace_id = l.workspace_id and c.id = l.id
    where l.differs
    order by c.workspace_id, c.id
    for update of c
  ), renewed as (
    update public.contacts c
    set name = c.name
    from locked l
    where c.workspace_id = l.workspace_id and c.id = l.id
    returning 1
  ), last as (
    select l.workspace_id, l.id from looked_at l order by l.workspace_id desc, l.id desc limit 1
  )
  select
    (select count(*) from looked_at), (select count(*) from renewed),
    (select workspace_id from last), (select id from last)
  into v_looked_at, v_renewed, v_renewal.after_workspace_id, v_renewal.after_id;
  perform set_config('boardcache.keeps_updated_at', '', true);

  if v_looked_at < p_rows_max then
    delete from private.search_text_renewal;
  else
    update private.search_text_renewal
    set after_workspace_id = v_renewal.after_workspace_id, after_id = v_renewal.after_id;
  end if;
  return jsonb_build_object(
    'outcome', 'ok', 'looked_at', v_looked_at, 'renewed', v_renewed, 'is_done', v_looked_at < p_rows_max
  );
end
$$;

revoke all on function public.search_text_renew(integer) from public, anon, authenticated;
grant execute on function public.search_text_renew(integer) to service_role;

insert into private.search_text_renewal default values;
select public.search_text_renew(50000);
