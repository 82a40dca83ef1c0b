-- The functions that write contacts, as before but for four things: their arguments have bounds; rows are locked in one
-- order, so that no two of them wait for each other; holding rows back from the relay is no longer theirs to decide
-- (20261126020100_outbox_hold.sql); and an import says which fields of a contact that exists it did not change.
--
-- The order: first the board columns that are concerned, by board and id, then contacts, by id. A board or column that is
-- deleted meanwhile takes its own row before its contacts, and so the same way.

-- Locks against deletion the columns where these contacts stand and those where they are to stand. `p_contacts`: a list
-- of objects with id, board_id and board_column_id. Security definer: a member may not lock columns by itself.
create function private.lock_columns(p_workspace text, p_contacts jsonb) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform from public.board_columns b
  where b.workspace_id = p_workspace
    and (b.board_id, b.id) in (
      select told.contact ->> 'board_id', told.contact ->> 'board_column_id'
      from jsonb_array_elements(p_contacts) told (contact)
      union
      select c.board_id, c.board_column_id
      from jsonb_array_elements(p_contacts) told (contact)
      join public.contacts c on c.workspace_id = p_workspace and c.id = told.contact ->> 'id'
    )
  order by b.board_id, b.id
  for key share;
end
$$;

-- A contact is at most 64 kB, well above what its fields may hold together.
create or replace function public.contact_create(p_workspace text, p_contact jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_mark bigint;
  v_saved public.contacts;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    private.is_object(p_contact, 65536), 'p_contact must be an object of at most 65536 bytes'
  );
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.outbox_mark();
  begin
    insert into public.contacts (
      workspace_id, id, board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response,
      follow_up, is_favorite, is_archived, sentiment, source, lead_status, tags, last_message, last_activity_at,
      created_at, updated_at
    )
    select
      p_workspace, c.id, c.board_id, c.board_column_id, c.name, c.email, c.phone, c.status, c.priority, c.assigned_to,
      c.needs_response, c.follow_up, c.is_favorite, c.is_archived, c.sentiment, c.source, c.lead_status, c.tags,
      c.last_message, c.last_activity_at, c.created_at, c.updated_at
    from jsonb_populate_record(null::public.contacts, private.contact_presets() || p_contact) c
    on conflict (workspace_id, id) do nothing
    returning * into v_saved;
  exception
    when foreign_key_violation then
      return jsonb_build_object('outcome', 'column_not_found');
  end;
  if v_saved.id is null then
    return jsonb_build_object('outcome', 'contact_exists');
  end if;
  return jsonb_build_object(
    'outcome', 'ok', 'contact', private.contact_shown(v_saved), 'outbox', private.outbox_since(v_mark)
  );
end
$$;

create or replace function public.contact_update(p_workspace text, p_contact text, p_change jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_mark bigint;
  v_saved public.contacts;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  perform private.require_argument(
    private.is_object(p_change, 65536), 'p_change must be an object of at most 65536 bytes'
  );
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.outbox_mark();
  if p_change ?| array['board_id', 'board_column_id'] then
    perform private.lock_columns(
      p_workspace,
      (
        select jsonb_agg(jsonb_build_object(
          'id', c.id,
          'board_id', coalesce(p_change ->> 'board_id', c.board_id),
          'board_column_id', coalesce(p_change ->> 'board_column_id', c.board_column_id)
        ))
        from public.contacts c
        where c.workspace_id = p_workspace and c.id = p_contact
      )
    );
  end if;
  begin
    update public.contacts c
    set (
      board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response, follow_up,
      is_favorite, is_archived, sentiment, source, lead_status, tags, last_message, last_activity_at
    ) = (
      select
        n.board_id, n.board_column_id, n.name, n.email, n.phone, n.status, n.priority, n.assigned_to,
        n.needs_response, n.follow_up, n.is_favorite, n.is_archived, n.sentiment, n.source, n.lead_status, n.tags,
        n.last_message, n.last_activity_at
      from jsonb_populate_record(c, p_change) n
    )
    where c.workspace_id = p_workspace and c.id = p_contact
    returning * into v_saved;
  exception
    when foreign_key_violation then
      return jsonb_build_object('outcome', 'column_not_found');
  end;
  if v_saved.id is null then
    return jsonb_build_object('outcome', 'contact_not_found');
  end if;
  return jsonb_build_object(
    'outcome', 'ok', 'contact', private.contact_shown(v_saved), 'outbox', private.outbox_since(v_mark)
  );
end
$$;

create or replace function public.contact_delete(p_workspace text, p_contact text) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_mark bigint;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.outbox_mark();
  delete from public.contacts c where c.workspace_id = p_workspace and c.id = p_contact;
  if not found then
    return jsonb_build_object('outcome', 'contact_not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'outbox', private.outbox_since(v_mark));
end
$$;

-- Besides what it answered before: in `ignored` [{"id", "fields"}] the contacts that were there and keep another value
-- than the one told, in a field that only a creation sets. A batch that is sent again tells the same value and has none.
create or replace function public.contacts_import(p_workspace text, p_contacts jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_mark bigint;
  v_placed jsonb;
  v_created text[];
  v_updated text[];
  v_ignored jsonb;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(
    private.is_list(p_contacts, 500) and pg_column_size(p_contacts) <= 4194304,
    'p_contacts must be a list of at most 500 contacts and 4194304 bytes'
  );
  perform private.require_argument(
    (
      select coalesce(
        bool_and(
          private.is_object(told.contact, 65536) and coalesce(private.is_identifier(told.contact ->> 'id'), false)
        )
        and count(distinct told.contact ->> 'id') = count(*),
        true
      )
      from jsonb_array_elements(p_contacts) told (contact)
    ),
    'p_contacts must be objects of at most 65536 bytes, each with an id of its own'
  );
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.outbox_mark();
  perform private.lock_columns(p_workspace, p_contacts);
  select coalesce(jsonb_agg(told.contact), '[]') into v_placed
  from jsonb_array_elements(p_contacts) told (contact)
  join public.board_columns b
    on b.workspace_id = p_workspace
    and b.board_id = told.contact ->> 'board_id'
    and b.id = told.contact ->> 'board_column_id';
  with inserted as (
    insert into public.contacts (
      workspace_id, id, board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response,
      follow_up, is_favorite, is_archived, sentiment, source, lead_status, tags, last_message, last_activity_at,
      created_at, updated_at
    )
    select
      p_workspace, c.id, c.board_id, c.board_column_id, c.name, c.email, c.phone, c.status, c.priority, c.assigned_to,
      c.needs_response, c.follow_up, c.is_favorite, c.is_archived, c.sentiment, c.source, c.lead_status, c.tags,
      c.last_message, c.last_activity_at, c.created_at, c.updated_at
    from jsonb_array_elements(v_placed) told (contact)
    cross join lateral jsonb_populate_record(
      null::public.contacts, private.contact_presets() || told.contact
    ) c
    order by c.id collate "C"
    on conflict (workspace_id, id) do nothing
    returning id
  )
  select coalesce(array_agg(id), '{}') into v_created from inserted;
  -- The update below takes rows in the order in which its join finds them: they are locked before, in theirs.
  perform from public.contacts c
  where c.workspace_id = p_workspace
    and c.id in (
      select told.contact ->> 'id'
      from jsonb_array_elements(v_placed) told (contact)
      where told.contact ->> 'id' <> all (v_created)
    )
  order by c.id
  for no key update;
  with updated as (
    update public.contacts c
    set (
      board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response, follow_up,
      is_favorite, is_archived, sentiment, source, lead_status, tags, last_message, last_activity_at
    ) = (
      select
        n.board_id, n.board_column_id, n.name, n.email, n.phone, n.status, n.priority, n.assigned_to,
        n.needs_response, n.follow_up, n.is_favorite, n.is_archived, n.sentiment, n.source, n.lead_status, n.tags,
        n.last_message, n.last_activity_at
      from jsonb_populate_record(c, told.contact) n
    )
    from jsonb_array_elements(v_placed) told (contact)
    where c.workspace_id = p_workspace
      and c.id = told.contact ->> 'id'
      and told.contact ->> 'id' <> all (v_created)
    returning
      c.id,
      told.contact ? 'created_at' and c.created_at is distinct from (told.contact ->> 'created_at')::timestamptz
        as keeps_created_at
  )
  select
    coalesce(array_agg(id), '{}'),
    coalesce(
      jsonb_agg(jsonb_build_object('id', id, 'fields', '["created_at"]'::jsonb)) filter (where keeps_created_at), '[]'
    )
  into v_updated, v_ignored
  from updated;
  return jsonb_build_object(
    'outcome', 'ok',
    'created', cardinality(v_created),
    'updated', cardinality(v_updated),
    'ignored', v_ignored,
    'rejected', (
      select coalesce(
        jsonb_agg(jsonb_build_object(
          'id', told.contact ->> 'id',
          'code', case
            when exists (
              select from public.board_columns b
              where b.workspace_id = p_workspace
                and b.board_id = told.contact ->> 'board_id'
                and b.id = told.contact ->> 'board_column_id'
            ) then 'contact_vanished'
            else 'column_not_found'
          end
        )),
        '[]'
      )
      from jsonb_array_elements(p_contacts) told (contact)
      where told.contact ->> 'id' <> all (v_created || v_updated)
    ),
    'outbox', private.outbox_since(v_mark)
  );
end
$$;

drop function private.hold_outbox();

revoke all on function private.lock_columns(text, jsonb) from public;
grant execute on function private.lock_columns(text, jsonb) to authenticated, service_role;
