-- Renews the search text of stored contacts after the rules changed (20261126030000_search_folding.sql): a generated
-- column is only computed when its row is written. Dropping and adding the column would compute it as well, but
-- rewrites the table and all of its indexes under a lock that stops reads and writes, for some ten minutes at ten
-- million contacts.
--
-- Instead public.search_text_renew goes through all contacts in the order of their keys, some with each call, and
-- writes those whose text differs. Their triggers run, so that caches learn of it, but updated_at stays. Only the rows
-- that are written are locked, until the call ends. The origin calls it every second with 1,000 contacts until nothing
-- is left: three hours or more for ten million. To be done sooner, call it by hand with up to 50,000. A call never
-- waits for another, nor for a contact that somebody else has locked: it comes back to that one with the next call, so
-- that no deadlock takes a user's write away. A contact that breaks a constraint that is not valid yet cannot be written:
-- it is passed over, and its text is made when private.repair_bounds brings it within its bounds.
--
-- This migration renews the first 50,000 contacts itself, which takes some seconds, so that a small database is done
-- with it. After a later change of the rules, renew again: insert into private.search_text_renewal default values.

-- How far the renewal has come. Without a row there is nothing left to do.
create table private.search_text_renewal (
  is_only boolean primary key default true check (is_only),
  after_workspace_id text collate "C" not null default '' check (char_length(after_workspace_id) <= 128),
  after_id text collate "C" not null default '' check (char_length(after_id) <= 128)
);
alter table private.search_text_renewal enable row level security;
revoke all on table private.search_text_renewal from public, anon, authenticated, service_role;

-- As before, except while a contact's search text is renewed, which is no change of the contact. Users cannot set the
-- parameter: no function that the API calls sets one of the caller's choice.
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
set timezone = 'UTC'
as $$
declare
  v_renewal private.search_text_renewal;
  v_looked_at bigint;
  v_renewed bigint;
  v_is_held boolean;
  v_is_done boolean;
  v_after_workspace_id text;
  v_after_id text;
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
  execute format(
    $query$
      with looked_at as materialized (
        select
          c.workspace_id, c.id,
          case
            when c.search_text <> private.search_text(c.name, c.email, c.phone) collate "C" then (%s) is not true
            else false
          end as is_stale
        from public.contacts c
        where (c.workspace_id, c.id) > ($1, $2)
        order by c.workspace_id, c.id
        limit $3
      ), locked as materialized (
        select c.workspace_id, c.id
        from looked_at l
        join public.contacts c on c.workspace_id = l.workspace_id and c.id = l.id
        where l.is_stale
        for update of c skip locked
      ), renewed as (
        update public.contacts c
        set name = c.name
        from locked l
        where c.workspace_id = l.workspace_id and c.id = l.id
        returning 1
      ), held as (
        select l.workspace_id, l.id from looked_at l where l.is_stale
        except
        select k.workspace_id, k.id from locked k
        order by workspace_id, id
        limit 1
      ), last as (
        select l.workspace_id, l.id
        from looked_at l
        where not exists (select from held h where (l.workspace_id, l.id) >= (h.workspace_id, h.id))
        order by l.workspace_id desc, l.id desc
        limit 1
      )
      select
        (select count(*) from looked_at), (select count(*) from renewed), exists (select from held),
        (select workspace_id from last), (select id from last)
    $query$,
    coalesce(private.broken_contact_condition(null), 'false')
  )
  into v_looked_at, v_renewed, v_is_held, v_after_workspace_id, v_after_id
  using v_renewal.after_workspace_id, v_renewal.after_id, p_rows_max;
  perform set_config('boardcache.keeps_updated_at', '', true);

  v_is_done := v_looked_at < p_rows_max and not v_is_held;
  if v_is_done then
    delete from private.search_text_renewal;
  elsif v_after_id is not null then
    update private.search_text_renewal set after_workspace_id = v_after_workspace_id, after_id = v_after_id;
  end if;
  return jsonb_build_object('outcome', 'ok', 'looked_at', v_looked_at, 'renewed', v_renewed, 'is_done', v_is_done);
end
$$;

revoke all on function public.search_text_renew(integer) from public, anon, authenticated;
grant execute on function public.search_text_renew(integer) to service_role;

insert into private.search_text_renewal default values;
select public.search_text_renew(50000);
