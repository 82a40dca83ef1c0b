-- Exports of contacts: a row each, which the job of the queue `exports` fills. Admins and the CRM's backend ask for them.
create table private.exports (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  -- Null: the whole workspace.
  board_id private.identifier,
  format text not null,
  -- Null: the CRM's backend, or a job that was added as such.
  user_id text collate "C",
  status text not null default 'queued',
  -- The number of the run that writes it.
  run integer not null default 0,
  contacts integer not null default 0,
  size_bytes bigint,
  -- The name in the file store.
  file text,
  failure text,
  created_at private.instant not null default now(),
  touched_at private.instant not null default now(),
  finished_at private.instant,
  -- When the link ends and the file is removed.
  expires_at private.instant,
  primary key (workspace_id, id),
  constraint exports_format_known check (format in ('csv', 'ndjson')),
  constraint exports_status_known check (status in ('queued', 'running', 'done', 'failed')),
  constraint exports_user_id_length check (char_length(user_id) between 1 and 128),
  constraint exports_file_length check (char_length(file) <= 208),
  constraint exports_failure_length check (char_length(failure) <= 500),
  constraint exports_done_has_file check (
    status <> 'done' or (file is not null and size_bytes is not null and finished_at is not null and expires_at is not null)
  )
);
alter table private.exports enable row level security;
create index exports_by_age on private.exports (workspace_id, created_at desc, id);
create index exports_by_touch on private.exports (touched_at);

-- An export as the API shows it, and the name of its file, of which the origin makes a link.
create function private.export_shown(p_export private.exports) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_export.id, 'boardId', p_export.board_id, 'format', p_export.format,
    'status', case when p_export.status = 'done' and p_export.expires_at <= now() then 'expired' else p_export.status end,
    'contacts', p_export.contacts, 'sizeBytes', p_export.size_bytes, 'failure', p_export.failure,
    'createdAt', p_export.created_at, 'finishedAt', p_export.finished_at,
    'file', case when p_export.status = 'done' and p_export.expires_at > now() then p_export.file end,
    'expiresAt', p_export.expires_at
  )
$$;

-- Asks for an export, and adds its job in the same transaction. The same export may be asked for again. Exports of one workspace
-- are asked for one after the other, so that no more than ten are unfinished.
create function public.export_create(p_workspace text, p_export text, p_board text, p_format text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_export private.exports;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_export), 'p_export must have 1 to 128 characters');
  perform private.require_argument(
    p_board is null or private.is_identifier(p_board), 'p_board must be null or have 1 to 128 characters'
  );
  perform private.require_argument(p_format in ('csv', 'ndjson'), 'p_format must be csv or ndjson');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  if p_board is not null and not exists (
    select from public.boards b where b.workspace_id = p_workspace and b.id = p_board
  ) then
    return jsonb_build_object('outcome', 'board_not_found');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('exports ' || p_workspace, 0));
  select * into v_export from private.exports e where e.workspace_id = p_workspace and e.id = p_export;
  if found then
    if v_export.board_id is distinct from p_board or v_export.format <> p_format then
      return jsonb_build_object('outcome', 'export_exists');
    end if;
    return jsonb_build_object('outcome', 'ok', 'export', private.export_shown(v_export));
  end if;
  if (
    select count(*) from private.exports e where e.workspace_id = p_workspace and e.status in ('queued', 'running')
  ) >= 10 then
    return jsonb_build_object('outcome', 'rate_limited');
  end if;
  if private.add_job(
    'exports', 'export', p_workspace, jsonb_build_object('exportId', p_export), 'export-' || md5(p_export)
  ) is null then
    return jsonb_build_object('outcome', 'queues_unavailable');
  end if;
  insert into private.exports (workspace_id, id, board_id, format, user_id)
  values (p_workspace, p_export, p_board, p_format, case when not private.is_backend() then private.caller_id() end)
  returning * into v_export;
  return jsonb_build_object('outcome', 'ok', 'export', private.export_shown(v_export));
end
$$;

create function public.export_read(p_workspace text, p_export text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_export private.exports;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_export), 'p_export must have 1 to 128 characters');
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  select * into v_export from private.exports e where e.workspace_id = p_workspace and e.id = p_export;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'export', private.export_shown(v_export));
end
$$;

-- The newest exports of a workspace.
create function public.exports_list(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
begin
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  return jsonb_build_object('outcome', 'ok', 'exports', (
    select coalesce(jsonb_agg(private.export_shown(newest) order by newest.created_at desc, newest.id collate "C"), '[]')
    from (
      select * from private.exports e
      where e.workspace_id = p_workspace
      order by e.created_at desc, e.id
      limit 50
    ) newest
  ));
end
$$;

-- Begins a run of an export, and writes down the name of the file that it will make. A job that was added without `export_create`
-- has no row yet, and gets one. The outcome is `given_up` if this run may have no effect any more, and `done` if an earlier one had it.
create function private.export_begin(
  p_workspace text, p_export text, p_board text, p_format text, p_job text, p_run integer, p_file text
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_held text;
  v_export private.exports;
begin
  v_held := private.hold_run('exports', p_job, p_run);
  if v_held <> 'held' then
    return jsonb_build_object('outcome', v_held);
  end if;
  if p_format is not null then
    if not exists (select from public.workspaces w where w.id = p_workspace) then
      return jsonb_build_object('outcome', 'not_found');
    end if;
    insert into private.exports (workspace_id, id, board_id, format)
    values (p_workspace, p_export, p_board, p_format)
    on conflict (workspace_id, id) do nothing;
  end if;
  update private.exports e
  set status = 'running', run = p_run, contacts = 0, failure = null, touched_at = clock_timestamp()
  where e.workspace_id = p_workspace and e.id = p_export and e.status <> 'done'
  returning * into v_export;
  if not found then
    return jsonb_build_object('outcome', case
      when exists (select from private.exports e where e.workspace_id = p_workspace and e.id = p_export) then 'done'
      else 'not_found'
    end);
  end if;
  if v_export.board_id is not null and not exists (
    select from public.boards b where b.workspace_id = p_workspace and b.id = v_export.board_id
  ) then
    return jsonb_build_object('outcome', 'board_not_found');
  end if;
  insert into private.stored_files (name, expires_at) values (p_file, clock_timestamp() + interval '24 hours');
  return jsonb_build_object('outcome', 'ok', 'boardId', v_export.board_id, 'format', v_export.format);
end
$$;

-- The contacts of an export after `p_after`, in the order of their ids, as the API shows them.
create function private.export_contacts(p_workspace text, p_board text, p_after text, p_rows integer) returns setof jsonb
language plpgsql stable
set search_path = ''
set timezone = 'UTC'
as $$
begin
  if p_board is null then
    return query
      select private.contact_shown(c) from public.contacts c
      where c.workspace_id = p_workspace and c.id > p_after collate "C"
      order by c.id
      limit p_rows;
  else
    return query
      select private.contact_shown(c) from public.contacts c
      where c.workspace_id = p_workspace and c.board_id = p_board and c.id > p_after collate "C"
      order by c.id
      limit p_rows;
  end if;
end
$$;

-- How many contacts a run has written.
create function private.export_progress(p_workspace text, p_export text, p_run integer, p_contacts integer) returns void
language sql volatile
set search_path = ''
as $$
  update private.exports e
  set contacts = p_contacts, touched_at = clock_timestamp()
  where e.workspace_id = p_workspace and e.id = p_export and e.status = 'running' and e.run = p_run
$$;

-- A run has failed: the export waits for the next one, or has failed if this was the last one. Says nothing if another run has begun.
create function private.export_fail(p_workspace text, p_export text, p_run integer, p_is_last boolean, p_failure text)
returns void
language sql volatile
set search_path = ''
as $$
  update private.exports e
  set
    status = case when p_is_last then 'failed' else 'queued' end,
    failure = p_failure, touched_at = clock_timestamp(),
    finished_at = case when p_is_last then clock_timestamp() end
  where e.workspace_id = p_workspace and e.id = p_export and e.status in ('queued', 'running') and e.run = p_run
$$;

-- Ends an export well, in the transaction of its job's mark: the file is kept, and its link works, for a day from now. The workspace's
-- webhook endpoints and the user who asked for it are told.
create function private.export_finish(p_workspace text, p_export text, p_file text, p_contacts integer, p_size_bytes bigint)
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  v_user text;
  v_expires_at timestamptz := clock_timestamp() + interval '24 hours';
begin
  update private.exports e
  set
    status = 'done', file = p_file, contacts = p_contacts, size_bytes = p_size_bytes, failure = null,
    finished_at = clock_timestamp(), touched_at = clock_timestamp(), expires_at = v_expires_at
  where e.workspace_id = p_workspace and e.id = p_export
  returning e.user_id into v_user;
  update private.stored_files f set expires_at = v_expires_at where f.name = p_file;
  perform private.webhook_event(
    p_workspace, 'export-' || md5(p_export), 'export.completed', jsonb_build_object('exportId', p_export)
  );
  if v_user is not null then
    perform private.notify(
      p_workspace, v_user, 'export-' || md5(p_export), 'export.finished', 'Your export is ready', '', 'export', p_export
    );
  end if;
end
$$;

revoke all on table private.exports from public, anon, authenticated, service_role;
revoke all on function private.export_shown(private.exports) from public, anon, authenticated, service_role;
revoke all on function private.export_begin(text, text, text, text, text, integer, text)
  from public, anon, authenticated, service_role;
revoke all on function private.export_contacts(text, text, text, integer) from public, anon, authenticated, service_role;
revoke all on function private.export_progress(text, text, integer, integer) from public, anon, authenticated, service_role;
revoke all on function private.export_fail(text, text, integer, boolean, text) from public, anon, authenticated, service_role;
revoke all on function private.export_finish(text, text, text, integer, bigint)
  from public, anon, authenticated, service_role;
revoke all on function public.export_create(text, text, text, text) from public, anon;
revoke all on function public.export_read(text, text) from public, anon;
revoke all on function public.exports_list(text) from public, anon;
grant execute on function public.export_create(text, text, text, text) to authenticated, service_role;
grant execute on function public.export_read(text, text) to authenticated, service_role;
grant execute on function public.exports_list(text) to authenticated, service_role;
