-- What the CRM's backend and a workspace's admins write of what is cached: folders of mailboxes, control of a lead, sessions of
-- calls, and messages with a lead. Each function is one transaction and answers {"outcome": "ok", …, "outbox": […]}, as the
-- functions that write contacts do: the origin delivers these rows at once, so that its answer can name the version from
-- which on the write is seen. A write that is repeated writes again, so that its answer has a version too.
--
-- The functions run as their owner, because nobody but the service role may write these tables. They check the caller before
-- anything else, and name the workspace in every statement.

-- Null if the caller may write in the workspace, else the answer that says why not. A token may claim a workspace that is not
-- (or no longer) here, and the backend may name one.
create function private.write_refusal(p_workspace text) returns jsonb
language sql stable
set search_path = ''
as $$
  select case
    when private.caller_role(p_workspace) is null then jsonb_build_object('outcome', 'forbidden')
    when not exists (select from public.workspaces w where w.id = p_workspace) then
      jsonb_build_object('outcome', case when private.is_backend() then 'not_found' else 'forbidden' end)
    when private.caller_role(p_workspace) <> 'admin' then jsonb_build_object('outcome', 'admin_required')
  end
$$;

-- JSON Merge Patch (RFC 7396): members of the patch replace those of the target, objects are merged, and null removes.
create function private.merge_patched(p_target jsonb, p_patch jsonb) returns jsonb
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when jsonb_typeof(p_patch) <> 'object' then p_patch
    else (
      select coalesce(jsonb_object_agg(merged.key, merged.value), '{}')
      from (
        select t.key, t.value
        from jsonb_each(case when jsonb_typeof(p_target) = 'object' then p_target else '{}' end) t
        where not p_patch ? t.key
        union all
        select
          p.key,
          private.merge_patched(case when jsonb_typeof(p_target) = 'object' then p_target -> p.key end, p.value)
        from jsonb_each(p_patch) p
        where jsonb_typeof(p.value) <> 'null'
      ) merged
    )
  end
$$;

-- Whether a state of a call, or a change of one, may be read: an object of at most 64 levels in a body that the API accepts.
-- Its numbers may take six times as many bytes here as there.
create function private.is_call_state(p_state jsonb) returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
  select private.is_object(p_state, 1048576) and not jsonb_path_exists(p_state, '$.**{65}')
$$;

-- Whether a state of a call may be stored. The table has the same bound; but if the table refused a state, Postgres would write the
-- row into its log.
create function private.is_storable_state(p_state jsonb) returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
  select octet_length(p_state::text) <= 16384
$$;

create function private.call_session_shown(p_session public.call_sessions) returns jsonb
language sql stable parallel safe
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_session.id, 'contact_id', p_session.contact_id, 'state', p_session.state,
    'started_at', p_session.started_at, 'updated_at', p_session.updated_at
  )
$$;

-- `p_since` is null for now. A lead that is answered as before keeps the instant since when.
create function public.lead_control_write(
  p_workspace text, p_contact text, p_answered_by text, p_user text, p_since timestamptz
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_mark bigint;
  v_saved public.lead_controls;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  perform private.require_argument(p_answered_by in ('ai', 'human'), 'p_answered_by must be ai or human');
  perform private.require_argument(
    p_user is null or private.is_identifier(p_user) and p_answered_by = 'human',
    'p_user must be null or, if a human answers, have 1 to 128 characters'
  );
  perform private.require_argument(
    p_since is null or p_since >= '0001-01-01 00:00:00+00' and p_since < '10000-01-01 00:00:00+00',
    'p_since must be null or an instant of the years 1 to 9999'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  v_mark := private.outbox_mark();
  begin
    insert into public.lead_controls as l (workspace_id, contact_id, answered_by, user_id, since)
    values (p_workspace, p_contact, p_answered_by, p_user, coalesce(p_since, now()))
    on conflict (workspace_id, contact_id) do update
    set
      answered_by = excluded.answered_by,
      user_id = excluded.user_id,
      since = case
        when p_since is null and (l.answered_by, l.user_id) is not distinct from (excluded.answered_by, excluded.user_id)
          then l.since
        else excluded.since
      end
    returning * into v_saved;
  exception
    when foreign_key_violation then
      return jsonb_build_object('outcome', 'contact_not_found');
  end;
  return jsonb_build_object(
    'outcome', 'ok',
    'control', jsonb_build_object('answered_by', v_saved.answered_by, 'user_id', v_saved.user_id, 'since', v_saved.since),
    'outbox', private.outbox_since(v_mark)
  );
end
$$;

-- Begins a session, or replaces what is kept of one. When it began stays.
create function public.call_session_put(p_workspace text, p_call text, p_contact text, p_state jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_mark bigint;
  v_saved public.call_sessions;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_call), 'p_call must have 1 to 128 characters');
  perform private.require_argument(
    p_contact is null or private.is_identifier(p_contact), 'p_contact must be null or have 1 to 128 characters'
  );
  perform private.require_argument(
    private.is_call_state(p_state), 'p_state must be an object of at most 1048576 bytes and 64 levels'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  if not private.is_storable_state(p_state) then
    return jsonb_build_object('outcome', 'out_of_bounds');
  end if;
  v_mark := private.outbox_mark();
  insert into public.call_sessions (workspace_id, id, contact_id, state)
  values (p_workspace, p_call, p_contact, p_state)
  on conflict (workspace_id, id) do update set contact_id = excluded.contact_id, state = excluded.state
  returning * into v_saved;
  return jsonb_build_object(
    'outcome', 'ok', 'session', private.call_session_shown(v_saved), 'outbox', private.outbox_since(v_mark)
  );
end
$$;

-- `p_change` has `contact_id`, `state` or both. The state is merged by RFC 7396 into what is stored at that moment, so that two
-- changes at the same time both hold.
create function public.call_session_patch(p_workspace text, p_call text, p_change jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_mark bigint;
  v_state jsonb;
  v_saved public.call_sessions;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_call), 'p_call must have 1 to 128 characters');
  perform private.require_argument(
    private.is_object(p_change, 1048576) and p_change ?| array['contact_id', 'state']
    and (p_change -> 'state' is null or private.is_call_state(p_change -> 'state'))
    and (p_change ->> 'contact_id' is null or private.is_identifier(p_change ->> 'contact_id')),
    'p_change must be an object of at most 1048576 bytes with a contact_id, or a state of at most 64 levels, or both'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  select case when p_change ? 'state' then private.merge_patched(s.state, p_change -> 'state') else s.state end
  into v_state
  from public.call_sessions s
  where s.workspace_id = p_workspace and s.id = p_call
  for no key update;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  if not private.is_storable_state(v_state) then
    return jsonb_build_object('outcome', 'out_of_bounds');
  end if;
  v_mark := private.outbox_mark();
  update public.call_sessions s
  set
    contact_id = case when p_change ? 'contact_id' then p_change ->> 'contact_id' else s.contact_id end,
    state = v_state
  where s.workspace_id = p_workspace and s.id = p_call
  returning * into v_saved;
  return jsonb_build_object(
    'outcome', 'ok', 'session', private.call_session_shown(v_saved), 'outbox', private.outbox_since(v_mark)
  );
end
$$;

create function public.call_session_delete(p_workspace text, p_call text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_mark bigint;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_call), 'p_call must have 1 to 128 characters');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  v_mark := private.outbox_mark();
  delete from public.call_sessions s where s.workspace_id = p_workspace and s.id = p_call;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'outbox', private.outbox_since(v_mark));
end
$$;

-- Puts a folder of a user's mailbox: the messages of `p_messages`, at most 200, and no others. The folder's row is locked first, so
-- that of two puts at the same time the later one holds as a whole. Messages that stay as they are are not written.
create function public.mailbox_put(
  p_workspace text, p_user text, p_folder text, p_messages jsonb, p_synced_at timestamptz
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_mark bigint;
  v_synced_at timestamptz;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_user), 'p_user must have 1 to 128 characters');
  perform private.require_argument(private.is_identifier(p_folder), 'p_folder must have 1 to 128 characters');
  perform private.require_argument(
    private.is_list(p_messages, 200) and pg_column_size(p_messages) <= 4194304,
    'p_messages must be a list of at most 200 messages and 4194304 bytes'
  );
  perform private.require_argument(
    (
      select coalesce(
        bool_and(
          private.is_object(told.message, 65536) and coalesce(private.is_identifier(told.message ->> 'id'), false)
        )
        and count(distinct told.message ->> 'id') = count(*),
        true
      )
      from jsonb_array_elements(p_messages) told (message)
    ),
    'p_messages must be objects of at most 65536 bytes, each with an id of its own'
  );
  perform private.require_argument(
    p_synced_at is null or p_synced_at >= '0001-01-01 00:00:00+00' and p_synced_at < '10000-01-01 00:00:00+00',
    'p_synced_at must be null or an instant of the years 1 to 9999'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  v_mark := private.outbox_mark();
  insert into public.mailbox_folders (workspace_id, user_id, folder, synced_at)
  values (p_workspace, p_user, p_folder, coalesce(p_synced_at, now()))
  on conflict (workspace_id, user_id, folder) do update set synced_at = excluded.synced_at
  returning synced_at into v_synced_at;
  delete from public.mailbox_messages m
  where m.workspace_id = p_workspace and m.user_id = p_user and m.folder = p_folder
    and m.id <> all (array(select told.message ->> 'id' from jsonb_array_elements(p_messages) told (message)));
  insert into public.mailbox_messages as m (
    workspace_id, user_id, folder, id, from_address, from_name, subject, preview, is_read, received_at
  )
  select
    p_workspace, p_user, p_folder, n.id, n.from_address, n.from_name, coalesce(n.subject, ''), coalesce(n.preview, ''),
    coalesce(n.is_read, false), n.received_at
  from jsonb_to_recordset(p_messages) n (
    id text, from_address text, from_name text, subject text, preview text, is_read boolean, received_at timestamptz
  )
  order by n.id collate "C"
  on conflict (workspace_id, user_id, folder, id) do update
  set
    from_address = excluded.from_address,
    from_name = excluded.from_name,
    subject = excluded.subject,
    preview = excluded.preview,
    is_read = excluded.is_read,
    received_at = excluded.received_at
  where (m.from_address, m.from_name, m.subject, m.preview, m.is_read, m.received_at)
    is distinct from (
      excluded.from_address, excluded.from_name, excluded.subject, excluded.preview, excluded.is_read,
      excluded.received_at
    );
  return jsonb_build_object(
    'outcome', 'ok', 'folder', p_folder, 'synced_at', v_synced_at, 'messages', jsonb_array_length(p_messages),
    'outbox', private.outbox_since(v_mark)
  );
end
$$;

create function public.mailbox_delete(p_workspace text, p_user text, p_folder text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_mark bigint;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_user), 'p_user must have 1 to 128 characters');
  perform private.require_argument(private.is_identifier(p_folder), 'p_folder must have 1 to 128 characters');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  v_mark := private.outbox_mark();
  delete from public.mailbox_folders f
  where f.workspace_id = p_workspace and f.user_id = p_user and f.folder = p_folder;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'outbox', private.outbox_since(v_mark));
end
$$;

revoke all on function private.write_refusal(text) from public;
revoke all on function private.merge_patched(jsonb, jsonb) from public;
revoke all on function private.is_call_state(jsonb) from public;
revoke all on function private.is_storable_state(jsonb) from public;
revoke all on function private.call_session_shown(public.call_sessions) from public;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'lead_control_write(text, text, text, text, timestamptz)', 'call_session_put(text, text, text, jsonb)',
    'call_session_patch(text, text, jsonb)', 'call_session_delete(text, text)',
    'mailbox_put(text, text, text, jsonb, timestamptz)', 'mailbox_delete(text, text, text)'
  ] loop
    execute format('revoke all on function public.%s from public, anon', v_function);
    execute format('grant execute on function public.%s to authenticated, service_role', v_function);
  end loop;
end
$$;
