-- Cache settings and the list of boards.

-- `p_change` laid over `p_base`, object by object: what the change leaves out stays.
create function private.merged(p_base jsonb, p_change jsonb) returns jsonb
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when jsonb_typeof(p_base) = 'object' and jsonb_typeof(p_change) = 'object' then (
      select coalesce(
        jsonb_object_agg(
          key,
          case
            when not p_change ? key then p_base -> key
            when not p_base ? key then p_change -> key
            else private.merged(p_base -> key, p_change -> key)
          end
        ),
        '{}'
      )
      from (select jsonb_object_keys(p_base) union select jsonb_object_keys(p_change)) keys (key)
    )
    else p_change
  end
$$;

create function public.workspace_boards(p_workspace text) returns jsonb
language sql stable security invoker
set search_path = ''
as $$
  select case
    when private.caller_role(p_workspace) is null then jsonb_build_object('outcome', 'forbidden')
    else jsonb_build_object(
      'outcome', 'ok',
      'boards', (
        select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'name', b.name) order by b.id), '[]')
        from public.boards b
        where b.workspace_id = p_workspace
      )
    )
  end
$$;

create function public.cache_settings_read(p_workspace text) returns jsonb
language sql stable security invoker
set search_path = ''
as $$
  select case
    when private.caller_role(p_workspace) is null then jsonb_build_object('outcome', 'forbidden')
    else jsonb_build_object(
      'outcome', 'ok',
      'settings', coalesce(
        (select s.settings from public.cache_settings s where s.workspace_id = p_workspace),
        '{}'
      )
    )
  end
$$;

-- Two changes at the same time both hold: the later one is laid over what the earlier one left.
create function public.cache_settings_write(p_workspace text, p_change jsonb) returns jsonb
language plpgsql volatile security invoker
set search_path = ''
as $$
declare
  v_role constant text := private.caller_role(p_workspace);
  v_saved public.cache_settings;
begin
  -- A token's claim may name a workspace that is not (or no longer) here.
  if v_role is null or not exists (select from public.workspaces w where w.id = p_workspace) then
    return jsonb_build_object('outcome', 'forbidden');
  elsif v_role <> 'admin' then
    return jsonb_build_object('outcome', 'admin_required');
  end if;
  insert into public.cache_settings as s (workspace_id, settings)
  values (p_workspace, private.merged('{}', p_change))
  on conflict (workspace_id) do update set settings = private.merged(s.settings, excluded.settings)
  returning * into v_saved;
  return jsonb_build_object('outcome', 'ok', 'settings', v_saved.settings, 'updated_at', v_saved.updated_at);
end
$$;

revoke all on function private.merged(jsonb, jsonb) from public;
grant execute on function private.merged(jsonb, jsonb) to authenticated, service_role;

revoke all on function public.workspace_boards(text) from public, anon;
revoke all on function public.cache_settings_read(text) from public, anon;
revoke all on function public.cache_settings_write(text, jsonb) from public, anon;
grant execute on function public.workspace_boards(text) to authenticated, service_role;
grant execute on function public.cache_settings_read(text) to authenticated, service_role;
grant execute on function public.cache_settings_write(text, jsonb) to authenticated, service_role;
