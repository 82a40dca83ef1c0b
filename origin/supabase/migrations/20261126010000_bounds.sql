-- Everything that is stored has a size, whoever writes it and whichever way: shared/limits.ts has the same numbers, and
-- shared/contract/contacts.ts refuses with a 400 what is refused here. What was bounded from the beginning (ids, names,
-- the count of tags) keeps its constraint; this adds the length of a tag, texts that must not be empty, the bytes of a
-- whole contact, the years of every instant, and how many boards and columns there may be.
--
-- `not valid`: rows that are there already are not looked at, so this takes no longer on ten million contacts than on
-- none, and an old row over a bound does not stop the deployment. 20261126010100_repair_bounds.sql brings such rows
-- within the bounds and then validates. The locks are short, and are given up rather than waited for behind a long
-- transaction, since everybody else would wait behind them: run the migration again then.

set local lock_timeout = '10s';

-- Whether each element has 1 to `p_characters_max` characters. plpgsql is twice as fast here as SQL, which cannot be
-- inlined where it has a subquery.
create function private.texts_fit(p_texts text[], p_characters_max integer) returns boolean
language plpgsql immutable strict parallel safe
set search_path = ''
as $$
declare
  v_text text;
begin
  foreach v_text in array p_texts loop
    if v_text is null or char_length(v_text) not between 1 and p_characters_max then
      return false;
    end if;
  end loop;
  return true;
end
$$;

-- The bytes of a contact's texts as JSON writes them (a control character takes six): what a contact adds to a page,
-- but for its ids, instants and the names of its fields. Not declared immutable, so that it is inlined.
create function private.contact_content_bytes(
  p_name text, p_email text, p_phone text, p_status text, p_assigned_to text, p_sentiment text, p_source text,
  p_lead_status text, p_tags text[], p_last_message text
) returns integer
language sql stable parallel safe
return octet_length(to_json(
  coalesce(p_name, '') || coalesce(p_email, '') || coalesce(p_phone, '') || coalesce(p_status, '')
  || coalesce(p_assigned_to, '') || coalesce(p_sentiment, '') || coalesce(p_source, '') || coalesce(p_lead_status, '')
  || coalesce(array_to_string(p_tags, ''), '') || coalesce(p_last_message, '')
)::text) - 2;

-- Constraints run as whoever writes.
revoke all on function private.texts_fit(text[], integer) from public;
revoke all on function private.contact_content_bytes(
  text, text, text, text, text, text, text, text, text[], text
) from public;
grant execute on function private.texts_fit(text[], integer) to authenticated, service_role;
grant execute on function private.contact_content_bytes(
  text, text, text, text, text, text, text, text, text[], text
) to authenticated, service_role;

alter table public.contacts
  add constraint contacts_texts_not_empty check (
    email <> '' and phone <> '' and source <> '' and lead_status <> '' and last_message <> ''
  ) not valid,
  add constraint contacts_tags_form check (
    tags = '{}' or (array_ndims(tags) = 1 and private.texts_fit(tags, 100))
  ) not valid,
  add constraint contacts_content_bytes check (
    private.contact_content_bytes(
      name, email, phone, status, assigned_to, sentiment, source, lead_status, tags, last_message
    ) <= 32768
  ) not valid,
  add constraint contacts_instants_known check (
    last_activity_at >= '0001-01-01 00:00:00+00' and last_activity_at < '10000-01-01 00:00:00+00'
    and created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00'
    and updated_at >= '0001-01-01 00:00:00+00' and updated_at < '10000-01-01 00:00:00+00'
  ) not valid;

alter table public.workspaces add constraint workspaces_instants_known check (
  created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00'
) not valid;
alter table public.memberships add constraint memberships_instants_known check (
  created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00'
) not valid;
alter table public.boards add constraint boards_instants_known check (
  created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00'
) not valid;
alter table public.cache_settings add constraint cache_settings_instants_known check (
  updated_at >= '0001-01-01 00:00:00+00' and updated_at < '10000-01-01 00:00:00+00'
) not valid;

-- Written by triggers alone, out of what is bounded above: these hold for every row there is.
alter table private.outbox
  add constraint outbox_workspace_id_length check (char_length(workspace_id) <= 128),
  add constraint outbox_tags_form check (cardinality(tags) <= 17 and private.texts_fit(tags, 270)),
  add constraint outbox_last_failure_length check (char_length(last_failure) <= 100),
  add constraint outbox_instants_known check (
    written_at >= '0001-01-01 00:00:00+00' and written_at < '10000-01-01 00:00:00+00'
    and due_at >= '0001-01-01 00:00:00+00' and due_at < '10000-01-01 00:00:00+00'
    and parked_at >= '0001-01-01 00:00:00+00' and parked_at < '10000-01-01 00:00:00+00'
  );
alter table private.contact_tallies add constraint contact_tallies_ids_length check (
  char_length(workspace_id) <= 128 and char_length(board_id) <= 128 and char_length(board_column_id) <= 128
) not valid;
alter table private.assignee_tallies add constraint assignee_tallies_ids_length check (
  char_length(workspace_id) <= 128 and char_length(board_id) <= 128 and char_length(assigned_to) <= 128
) not valid;

-- How many boards a workspace and columns a board may have. Those who add to one parent wait for each other on its row,
-- so that two at once cannot both take the last place. A parent with more than that from before keeps what it has, and
-- its rows may be changed: only a parent that gains a row is looked at.
create function private.bound_boards() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_workspaces text[];
begin
  if tg_op = 'INSERT' then
    v_workspaces := array(select distinct workspace_id from came);
  else
    v_workspaces := array(
      select workspace_id
      from (select workspace_id, 1 as change from came union all select workspace_id, -1 from gone) changed
      group by 1
      having sum(change) > 0
    );
  end if;
  perform from public.workspaces w where w.id = any (v_workspaces) order by w.id for no key update;
  if exists (
    select from public.boards b where b.workspace_id = any (v_workspaces) group by b.workspace_id having count(*) > 1000
  ) then
    raise exception 'a workspace has at most 1000 boards' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create function private.bound_board_columns() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_workspaces text[];
  v_boards text[];
begin
  if tg_op = 'INSERT' then
    select array_agg(workspace_id), array_agg(board_id)
    from (select distinct workspace_id, board_id from came) gained
    into v_workspaces, v_boards;
  else
    select array_agg(workspace_id), array_agg(board_id)
    from (
      select workspace_id, board_id
      from (
        select workspace_id, board_id, 1 as change from came
        union all
        select workspace_id, board_id, -1 from gone
      ) changed
      group by 1, 2
      having sum(change) > 0
    ) gained
    into v_workspaces, v_boards;
  end if;
  perform from public.boards b
  where (b.workspace_id, b.id) in (select * from unnest(v_workspaces, v_boards))
  order by b.workspace_id, b.id
  for no key update;
  if exists (
    select from public.board_columns c
    where (c.workspace_id, c.board_id) in (select * from unnest(v_workspaces, v_boards))
    group by c.workspace_id, c.board_id
    having count(*) > 500
  ) then
    raise exception 'a board has at most 500 columns' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create trigger boards_bound_insert after insert on public.boards
referencing new table as came
for each statement execute function private.bound_boards();

create trigger boards_bound_update after update on public.boards
referencing old table as gone new table as came
for each statement execute function private.bound_boards();

create trigger board_columns_bound_insert after insert on public.board_columns
referencing new table as came
for each statement execute function private.bound_board_columns();

create trigger board_columns_bound_update after update on public.board_columns
referencing old table as gone new table as came
for each statement execute function private.bound_board_columns();

revoke all on function private.bound_boards() from public;
revoke all on function private.bound_board_columns() from public;

-- The first thousand of a workspace that has more from before.
create or replace function public.workspace_boards(p_workspace text) returns jsonb
language sql stable security invoker
set search_path = ''
as $$
  select case
    when private.caller_role(p_workspace) is null then jsonb_build_object('outcome', 'forbidden')
    else jsonb_build_object(
      'outcome', 'ok',
      'boards', (
        select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'name', b.name) order by b.id), '[]')
        from (
          select each.id, each.name
          from public.boards each
          where each.workspace_id = p_workspace
          order by each.id
          limit 1000
        ) b
      )
    )
  end
$$;

-- The contacts of these ids, in their order. Tags come from before their bound: one character over it is enough for the
-- origin to see that a tag is too long, and Postgres makes no page of 80 MB. Instants are written in UTC.
create or replace function private.contacts_shown(p_workspace text, p_ids text[]) returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set timezone = 'UTC'
as $$
begin
  return (
    select coalesce(jsonb_agg(to_jsonb(shown) order by place.number), '[]')
    from unnest(p_ids) with ordinality place (id, number)
    join public.contacts c on c.workspace_id = p_workspace and c.id = place.id
    cross join lateral (
      select
        c.id, c.workspace_id, c.board_id, c.board_column_id, c.name, c.email, c.phone, c.status, c.priority,
        c.assigned_to, c.needs_response, c.follow_up, c.is_favorite, c.is_archived, c.sentiment, c.source,
        c.lead_status,
        case
          when c.tags = '{}' then c.tags
          else array(select left(t.tag, 101) from unnest(c.tags) with ordinality t (tag, number) order by t.number)
        end as tags,
        c.last_message, c.last_activity_at, c.created_at, c.updated_at
    ) shown
  );
end
$$;
