-- Imports of contacts in the background: a row each. The origin stores the file, and then the job of the queue `imports` writes its
-- lines in batches, each in one transaction with how far the import is. A run that takes over from one that died continues there.
create table private.imports (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  -- Null: the CRM's backend.
  user_id text collate "C",
  -- Whether the user was a member by the table of memberships, and must still be one when the lines are written. A membership that
  -- only a token says cannot be looked up without the token.
  is_listed boolean not null default false,
  status text not null default 'uploading',
  -- The number of the run that writes it.
  run integer not null default 0,
  -- The name in the file store.
  file text not null,
  size_bytes bigint,
  -- All lines up to this one are written or refused.
  lines integer not null default 0,
  bytes_read bigint not null default 0,
  created integer not null default 0,
  updated integer not null default 0,
  rejected integer not null default 0,
  ignored integer not null default 0,
  -- The first refused lines: {"line", "code", "details"}.
  rejections jsonb not null default '[]',
  stopped_at_line integer,
  failure text,
  created_at private.instant not null default now(),
  touched_at private.instant not null default now(),
  finished_at private.instant,
  primary key (workspace_id, id),
  constraint imports_user_id_length check (char_length(user_id) between 1 and 128),
  constraint imports_status_known check (status in ('uploading', 'queued', 'running', 'done', 'stopped', 'failed')),
  constraint imports_counts_known check (
    least(lines, created, updated, rejected, ignored) >= 0 and bytes_read >= 0 and size_bytes >= 0
  ),
  constraint imports_rejections_form check (
    jsonb_typeof(rejections) = 'array' and jsonb_array_length(rejections) <= 100 and octet_length(rejections::text) <= 1048576
  ),
  constraint imports_file_length check (char_length(file) <= 208),
  constraint imports_failure_length check (char_length(failure) <= 500)
);
alter table private.imports enable row level security;
create index imports_by_age on private.imports (workspace_id, created_at desc, id);
create index imports_by_touch on private.imports (touched_at);

create function private.import_shown(p_import private.imports) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_import.id, 'status', p_import.status, 'sizeBytes', p_import.size_bytes,
    'progress', case
      when p_import.status = 'done' then 1
      when coalesce(p_import.size_bytes, 0) = 0 then 0
      else least(1, round(p_import.bytes_read::numeric / p_import.size_bytes, 4))
    end,
    'lines', p_import.lines, 'created', p_import.created, 'updated', p_import.updated, 'rejected', p_import.rejected,
    'ignored', p_import.ignored, 'rejections', p_import.rejections, 'stoppedAtLine', p_import.stopped_at_line,
    'failure', p_import.failure, 'createdAt', p_import.created_at, 'finishedAt', p_import.finished_at
  )
$$;

-- Null if the caller may import here, else the answer that says why not.
create function private.import_refusal(p_workspace text) returns jsonb
language sql stable
set search_path = ''
as $$
  select case
    when private.caller_role(p_workspace) is null then jsonb_build_object('outcome', 'forbidden')
    when not exists (select from public.workspaces w where w.id = p_workspace) then
      jsonb_build_object('outcome', case when private.is_backend() then 'not_found' else 'forbidden' end)
  end
$$;

-- Begins an import before its file is stored, and answers the name that the file is to have.
create function public.import_create(p_workspace text, p_import text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_user text := case when not private.is_backend() then private.caller_id() end;
  v_file text := 'imports/' || md5(p_workspace) || '-' || md5(p_import) || '-' || gen_random_uuid() || '.ndjson';
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_import), 'p_import must have 1 to 128 characters');
  v_refusal := private.import_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('imports ' || p_workspace, 0));
  if (
    select count(*) from private.imports i
    where i.workspace_id = p_workspace and i.status in ('uploading', 'queued', 'running')
      and i.touched_at > now() - interval '1 hour'
  ) >= 10 then
    return jsonb_build_object('outcome', 'rate_limited');
  end if;
  insert into private.stored_files (name, expires_at) values (v_file, now() + interval '24 hours');
  insert into private.imports (workspace_id, id, user_id, is_listed, file)
  values (
    p_workspace, p_import, v_user,
    exists (select from public.memberships m where m.workspace_id = p_workspace and m.user_id = v_user),
    v_file
  );
  return jsonb_build_object('outcome', 'ok', 'file', v_file);
end
$$;

-- The file of an import is stored (`p_size_bytes`), and its job is added; or it could not be stored (`p_failure`).
create function public.import_stored(p_workspace text, p_import text, p_size_bytes bigint, p_failure text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_import private.imports;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_import), 'p_import must have 1 to 128 characters');
  perform private.require_argument(
    (p_size_bytes is null) <> (p_failure is null) and coalesce(p_size_bytes, 0) >= 0
    and coalesce(char_length(p_failure), 1) between 1 and 500,
    'either p_size_bytes must be a size, or p_failure a reason of 1 to 500 characters'
  );
  v_refusal := private.import_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  update private.imports i
  set
    status = case when p_failure is null then 'queued' else 'failed' end,
    size_bytes = p_size_bytes, failure = p_failure, touched_at = clock_timestamp(),
    finished_at = case when p_failure is not null then clock_timestamp() end
  where i.workspace_id = p_workspace and i.id = p_import and i.status = 'uploading'
    and (private.is_backend() or i.user_id = private.caller_id())
  returning * into v_import;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  if p_failure is null and private.add_job(
    'imports', 'import', p_workspace, jsonb_build_object('importId', p_import), 'import-' || md5(p_import)
  ) is null then
    update private.imports i
    set status = 'failed', failure = 'the queues were away', finished_at = clock_timestamp()
    where i.workspace_id = p_workspace and i.id = p_import;
    return jsonb_build_object('outcome', 'queues_unavailable');
  end if;
  return jsonb_build_object('outcome', 'ok', 'import', private.import_shown(v_import));
end
$$;

-- A member's own imports, and those of the workspace for its admins and the backend.
create function public.import_read(p_workspace text, p_import text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_import private.imports;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_import), 'p_import must have 1 to 128 characters');
  v_refusal := private.import_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  select * into v_import from private.imports i
  where i.workspace_id = p_workspace and i.id = p_import
    and (private.caller_role(p_workspace) = 'admin' or i.user_id = private.caller_id());
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'import', private.import_shown(v_import));
end
$$;

create function public.imports_list(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
begin
  v_refusal := private.import_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  return jsonb_build_object('outcome', 'ok', 'imports', (
    select coalesce(jsonb_agg(private.import_shown(newest) - 'rejections' order by newest.created_at desc, newest.id collate "C"), '[]')
    from (
      select * from private.imports i
      where i.workspace_id = p_workspace
        and (private.caller_role(p_workspace) = 'admin' or i.user_id = private.caller_id())
      order by i.created_at desc, i.id
      limit 50
    ) newest
  ));
end
$$;

-- Begins a run of an import, and answers from where it continues.
create function private.import_begin(p_workspace text, p_import text, p_job text, p_run integer) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_held text;
  v_import private.imports;
begin
  v_held := private.hold_run('imports', p_job, p_run);
  if v_held <> 'held' then
    return jsonb_build_object('outcome', v_held);
  end if;
  update private.imports i
  set status = 'running', run = p_run, failure = null, touched_at = clock_timestamp(), finished_at = null
  where i.workspace_id = p_workspace and i.id = p_import and i.status in ('queued', 'running', 'failed')
    and i.size_bytes is not null
  returning * into v_import;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object(
    'outcome', 'ok', 'file', v_import.file, 'sizeBytes', v_import.size_bytes, 'lines', v_import.lines,
    'created', v_import.created, 'updated', v_import.updated, 'rejected', v_import.rejected, 'ignored', v_import.ignored,
    'rejections', v_import.rejections
  );
end
$$;

-- Writes a batch of an import and how far the import is then, in one transaction: `p_position` has the line up to which everything is
-- written or refused, the count and the first ones of those that the origin refused up to there, and the line of each contact. Answers
-- what `contacts_import` answers.
create function private.import_batch(
  p_workspace text, p_import text, p_job text, p_run integer, p_contacts jsonb, p_position jsonb
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_held text;
  v_import private.imports;
  v_written jsonb;
begin
  v_held := private.hold_run('imports', p_job, p_run);
  if v_held <> 'held' then
    return jsonb_build_object('outcome', v_held);
  end if;
  select * into v_import from private.imports i
  where i.workspace_id = p_workspace and i.id = p_import and i.status = 'running' and i.run = p_run;
  if not found then
    return jsonb_build_object('outcome', 'given_up');
  end if;
  if v_import.is_listed and not exists (
    select from public.memberships m where m.workspace_id = p_workspace and m.user_id = v_import.user_id
  ) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  -- The functions that write contacts check their caller. Here it is the backend.
  perform set_config('role', 'service_role', true);
  v_written := public.contacts_import(p_workspace, p_contacts);
  perform set_config('role', 'none', true);
  if v_written ->> 'outcome' <> 'ok' then
    return v_written;
  end if;
  update private.imports i
  set
    lines = (p_position ->> 'lines')::integer,
    bytes_read = (p_position ->> 'bytesRead')::bigint,
    rejected = (p_position ->> 'rejected')::integer + jsonb_array_length(v_written -> 'rejected'),
    rejections = (
      select coalesce(jsonb_agg(named.rejection order by named.line), '[]')
      from (
        select listed.rejection, (listed.rejection ->> 'line')::integer as line
        from (
          select told.rejection from jsonb_array_elements(p_position -> 'rejections') told (rejection)
          union all
          select jsonb_build_object('line', p_position -> 'lineOf' -> (refused.contact ->> 'id'), 'code', refused.contact -> 'code')
          from jsonb_array_elements(v_written -> 'rejected') refused (contact)
        ) listed
        order by line
        limit 100
      ) named
    ),
    created = i.created + (v_written ->> 'created')::integer,
    updated = i.updated + (v_written ->> 'updated')::integer,
    ignored = i.ignored + jsonb_array_length(coalesce(v_written -> 'ignored', '[]')),
    touched_at = clock_timestamp()
  where i.workspace_id = p_workspace and i.id = p_import;
  return v_written;
end
$$;

-- A run has failed. The import can be continued by another one, so its file stays until it expires.
create function private.import_fail(p_workspace text, p_import text, p_run integer, p_failure text) returns void
language sql volatile
set search_path = ''
as $$
  update private.imports i
  set status = 'failed', failure = p_failure, touched_at = clock_timestamp(), finished_at = clock_timestamp()
  where i.workspace_id = p_workspace and i.id = p_import and i.status = 'running' and i.run = p_run
$$;

-- Ends an import, in the transaction of its job's mark: the file is no longer needed, and the workspace's webhook endpoints and the
-- user are told.
create function private.import_finish(p_workspace text, p_import text, p_end jsonb) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  v_import private.imports;
begin
  update private.imports i
  set
    status = p_end ->> 'status',
    lines = (p_end ->> 'lines')::integer,
    rejected = (p_end ->> 'rejected')::integer,
    rejections = p_end -> 'rejections',
    stopped_at_line = (p_end ->> 'stoppedAtLine')::integer,
    failure = p_end ->> 'failure',
    finished_at = clock_timestamp(),
    touched_at = clock_timestamp()
  where i.workspace_id = p_workspace and i.id = p_import
  returning * into v_import;
  update private.stored_files f set expires_at = clock_timestamp() where f.name = v_import.file;
  perform private.webhook_event(
    p_workspace, 'import-' || md5(p_import), 'import.completed', jsonb_build_object('importId', p_import)
  );
  if v_import.user_id is not null then
    perform private.notify(
      p_workspace, v_import.user_id, 'import-' || md5(p_import), 'import.finished',
      case v_import.status when 'done' then 'Your import is done' else 'Your import has stopped' end, '', 'import', p_import
    );
  end if;
end
$$;

revoke all on table private.imports from public, anon, authenticated, service_role;
revoke all on function private.import_shown(private.imports) from public, anon, authenticated, service_role;
revoke all on function private.import_refusal(text) from public, anon, authenticated, service_role;
revoke all on function private.import_begin(text, text, text, integer) from public, anon, authenticated, service_role;
revoke all on function private.import_batch(text, text, text, integer, jsonb, jsonb)
  from public, anon, authenticated, service_role;
revoke all on function private.import_fail(text, text, integer, text) from public, anon, authenticated, service_role;
revoke all on function private.import_finish(text, text, jsonb) from public, anon, authenticated, service_role;
revoke all on function public.import_create(text, text) from public, anon;
revoke all on function public.import_stored(text, text, bigint, text) from public, anon;
revoke all on function public.import_read(text, text) from public, anon;
revoke all on function public.imports_list(text) from public, anon;
grant execute on function public.import_create(text, text) to authenticated, service_role;
grant execute on function public.import_stored(text, text, bigint, text) to authenticated, service_role;
grant execute on function public.import_read(text, text) to authenticated, service_role;
grant execute on function public.imports_list(text) to authenticated, service_role;
