-- The functions behind a workspace's configuration, its webhook sources, a user's permissions and a user's mailbox. Except for
-- the mailbox, they run with the caller's rights, so that row level security applies to members. The answers about one user follow from the
-- user's id and the tables alone, because the same cached entry answers the user and the backend.

-- `configuration` is null if the workspace has none: the product's defaults are in force then
-- (shared/contract/workspace-configuration.ts).
create function public.workspace_config(p_workspace text) returns jsonb
language sql stable security invoker
set search_path = ''
set timezone = 'UTC'
as $$
  select case
    when private.caller_role(p_workspace) is null then jsonb_build_object('outcome', 'forbidden')
    else jsonb_build_object(
      'outcome', 'ok',
      'configuration', (
        select jsonb_build_object(
          'language', c.language, 'region', c.region, 'time_zone', c.time_zone, 'working_hours', c.working_hours,
          'greetings', c.greetings, 'updated_at', c.updated_at
        )
        from public.workspace_configurations c
        where c.workspace_id = p_workspace
      )
    )
  end
$$;

-- The first hundred sources in the order of their ids (shared/limits: webhookSourcesMax).
create function public.webhook_sources(p_workspace text) returns jsonb
language sql stable security invoker
set search_path = ''
set timezone = 'UTC'
as $$
  select case
    when private.caller_role(p_workspace) is null then jsonb_build_object('outcome', 'forbidden')
    else (
      select jsonb_build_object(
        'outcome', 'ok',
        'sources', coalesce(
          jsonb_agg(
            jsonb_build_object(
              'id', s.id, 'name', s.name, 'kind', s.kind, 'event_types', s.event_types, 'is_active', s.is_active,
              'created_at', s.created_at, 'updated_at', s.updated_at
            )
            order by s.place
          ) filter (where s.place <= 100),
          '[]'
        ),
        'is_complete', count(*) <= 100
      )
      from (
        select w.*, row_number() over (order by w.id) as place
        from public.webhook_sources w
        where w.workspace_id = p_workspace
        order by w.id
        limit 101
      ) s
    )
  end
$$;

-- `role` is the user's in the table of memberships, or null. `changes` is what the workspace changed of its roles' defaults:
-- denials first, and at most a thousand of a role, so that no denial of a default is left out.
create function public.permissions(p_workspace text, p_user text) returns jsonb
language plpgsql stable security invoker
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_user), 'p_user must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null or not private.may_read_of(p_user) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return jsonb_build_object(
    'outcome', 'ok',
    'role', (select m.role from public.memberships m where m.workspace_id = p_workspace and m.user_id = p_user),
    'changes', (
      select coalesce(
        jsonb_agg(jsonb_build_object(
          'role', r.role, 'permission', r.permission, 'is_allowed', r.is_allowed
        ) order by r.role, r.is_allowed, r.permission),
        '[]'
      )
      from unnest(array['admin', 'member']) named (role)
      cross join lateral (
        select p.role, p.permission, p.is_allowed
        from public.role_permissions p
        where p.workspace_id = p_workspace and p.role = named.role
        order by p.is_allowed, p.permission
        limit 1000
      ) r
    )
  );
end
$$;

-- A page of a folder, newest first. Pages end at the 200th, with the 10,000th message (shared/limits: mailboxPageMax), and
-- the total is counted no further. The ids of a page are found in the index alone, and only the page's own rows are read. It
-- runs as its owner, because a policy would be evaluated for each of the 20,000 index entries behind a late page, and names
-- the workspace and the user in every statement.
create function public.mailbox(p_workspace text, p_user text, p_folder text, p_page integer) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_synced_at timestamptz;
  v_counted integer;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_user), 'p_user must have 1 to 128 characters');
  perform private.require_argument(private.is_identifier(p_folder), 'p_folder must have 1 to 128 characters');
  perform private.require_argument(p_page between 1 and 200, 'p_page must be from 1 to 200');
  if private.caller_role(p_workspace) is null or not private.may_read_of(p_user) then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select f.synced_at into v_synced_at
  from public.mailbox_folders f
  where f.workspace_id = p_workspace and f.user_id = p_user and f.folder = p_folder;
  if v_synced_at is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  select count(*) into v_counted
  from (
    select from public.mailbox_messages m
    where m.workspace_id = p_workspace and m.user_id = p_user and m.folder = p_folder
    limit 10001
  ) counted;
  return jsonb_build_object(
    'outcome', 'ok',
    'folder', p_folder,
    'synced_at', v_synced_at,
    'messages', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', m.id, 'from_address', m.from_address, 'from_name', m.from_name, 'subject', m.subject,
            'preview', m.preview, 'is_read', m.is_read, 'received_at', m.received_at
          )
          order by m.received_at desc, m.id desc
        ),
        '[]'
      )
      from (
        select o.id
        from public.mailbox_messages o
        where o.workspace_id = p_workspace and o.user_id = p_user and o.folder = p_folder
        order by o.received_at desc, o.id desc
        limit 50 offset (p_page - 1) * 50
      ) page
      join public.mailbox_messages m
        on m.workspace_id = p_workspace and m.user_id = p_user and m.folder = p_folder and m.id = page.id
    ),
    'total', least(v_counted, 10000),
    'is_counted', v_counted <= 10000
  );
end
$$;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'workspace_config(text)', 'webhook_sources(text)', 'permissions(text, text)', 'mailbox(text, text, text, integer)'
  ] loop
    execute format('revoke all on function public.%s from public, anon', v_function);
    execute format('grant execute on function public.%s to authenticated, service_role', v_function);
  end loop;
end
$$;
