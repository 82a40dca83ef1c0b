-- Contacts written through the origin: by a member of the workspace, or by the backend as the service role. Each function
-- answers {"outcome": "ok", …, "outbox": […]}: what its transaction added to the outbox, which the origin delivers at
-- once, so that the answer can name the version from which on the write is seen. Until then the rows are held for it.
--
-- What a field may hold is checked where the request is read (shared/contract/contacts.ts); the constraints are the
-- last word.

-- Members write the contacts of their workspaces, whichever way they come; where a contact belongs and its id stay.
grant insert, delete on public.contacts to authenticated;
grant update (
  board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response, follow_up, is_favorite,
  is_archived, sentiment, source, lead_status, tags, last_message, last_activity_at
) on public.contacts to authenticated;

create policy members_insert on public.contacts for insert to authenticated
with check (workspace_id = any ((select private.caller_workspaces())::text[]));

create policy members_update on public.contacts for update to authenticated
using (workspace_id = any ((select private.caller_workspaces())::text[]))
with check (workspace_id = any ((select private.caller_workspaces())::text[]));

create policy members_delete on public.contacts for delete to authenticated
using (workspace_id = any ((select private.caller_workspaces())::text[]));

-- Whether the caller writes in this workspace. A token may claim a workspace that is not (or no longer) here.
create function private.may_write(p_workspace text) returns boolean
language sql stable security invoker
set search_path = ''
as $$
  select current_user = 'service_role'
    or (
      private.caller_role(p_workspace) is not null
      and exists (select from public.workspaces w where w.id = p_workspace)
    )
$$;

-- Keeps the background relay from what this transaction writes for two seconds: its writer delivers it.
create function private.hold_outbox() returns bigint
language plpgsql volatile security invoker
set search_path = ''
as $$
begin
  perform set_config('boardcache.outbox_lease_ms', '2000', true);
  return private.outbox_mark();
end
$$;

-- A contact as the API shows it.
create function private.contact_shown(p_contact public.contacts) returns jsonb
language sql stable parallel safe
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_contact.id, 'workspace_id', p_contact.workspace_id, 'board_id', p_contact.board_id,
    'board_column_id', p_contact.board_column_id, 'name', p_contact.name, 'email', p_contact.email,
    'phone', p_contact.phone, 'status', p_contact.status, 'priority', p_contact.priority,
    'assigned_to', p_contact.assigned_to, 'needs_response', p_contact.needs_response,
    'follow_up', p_contact.follow_up, 'is_favorite', p_contact.is_favorite, 'is_archived', p_contact.is_archived,
    'sentiment', p_contact.sentiment, 'source', p_contact.source, 'lead_status', p_contact.lead_status,
    'tags', p_contact.tags, 'last_message', p_contact.last_message,
    'last_activity_at', p_contact.last_activity_at, 'created_at', p_contact.created_at,
    'updated_at', p_contact.updated_at
  )
$$;

-- What a contact has that was not told.
create function private.contact_presets() returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'status', 'open', 'priority', 'medium', 'needs_response', false, 'follow_up', false, 'is_favorite', false,
    'is_archived', false, 'tags', '[]'::jsonb, 'last_activity_at', now(), 'created_at', now(), 'updated_at', now()
  )
$$;

-- `p_contact`: the fields of a contact by name, with id, board_id and board_column_id. Outcomes: contact_exists,
-- column_not_found, forbidden.
create function public.contact_create(p_workspace text, p_contact jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
as $$
declare
  v_mark bigint;
  v_saved public.contacts;
begin
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.hold_outbox();
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

-- `p_change`: the fields to change by name; with board_id and board_column_id it is a move. Outcomes:
-- contact_not_found, column_not_found, forbidden.
create function public.contact_update(p_workspace text, p_contact text, p_change jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
as $$
declare
  v_mark bigint;
  v_saved public.contacts;
begin
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.hold_outbox();
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

-- Outcomes: contact_not_found, forbidden.
create function public.contact_delete(p_workspace text, p_contact text) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
as $$
declare
  v_mark bigint;
begin
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.hold_outbox();
  delete from public.contacts c where c.workspace_id = p_workspace and c.id = p_contact;
  if not found then
    return jsonb_build_object('outcome', 'contact_not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'outbox', private.outbox_since(v_mark));
end
$$;

-- `p_contacts`: a list of contacts as contact_create takes one, no id twice. One that is there is changed in the fields
-- that are told, so that an import may be repeated. Answers how many were `created` and `updated`, and in `rejected`
-- [{"id", "code"}] the ones that were not written: column_not_found, or contact_vanished for one that was there and was
-- deleted meanwhile.
create function public.contacts_import(p_workspace text, p_contacts jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
as $$
declare
  v_mark bigint;
  v_placed jsonb;
  v_created text[];
  v_updated text[];
begin
  if not private.may_write(p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  v_mark := private.hold_outbox();
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
    on conflict (workspace_id, id) do nothing
    returning id
  )
  select coalesce(array_agg(id), '{}') into v_created from inserted;
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
    returning c.id
  )
  select coalesce(array_agg(id), '{}') into v_updated from updated;
  return jsonb_build_object(
    'outcome', 'ok',
    'created', cardinality(v_created),
    'updated', cardinality(v_updated),
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

revoke all on function private.may_write(text) from public;
revoke all on function private.hold_outbox() from public;
revoke all on function private.contact_shown(public.contacts) from public;
revoke all on function private.contact_presets() from public;
grant execute on function private.may_write(text) to authenticated, service_role;
grant execute on function private.hold_outbox() to authenticated, service_role;
grant execute on function private.contact_shown(public.contacts) to authenticated, service_role;
grant execute on function private.contact_presets() to authenticated, service_role;

revoke all on function public.contact_create(text, jsonb) from public, anon;
revoke all on function public.contact_update(text, text, jsonb) from public, anon;
revoke all on function public.contact_delete(text, text) from public, anon;
revoke all on function public.contacts_import(text, jsonb) from public, anon;
grant execute on function public.contact_create(text, jsonb) to authenticated, service_role;
grant execute on function public.contact_update(text, text, jsonb) to authenticated, service_role;
grant execute on function public.contact_delete(text, text) to authenticated, service_role;
grant execute on function public.contacts_import(text, jsonb) to authenticated, service_role;
