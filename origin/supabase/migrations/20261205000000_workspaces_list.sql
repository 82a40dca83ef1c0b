-- For operators: all workspaces in pages, in the order of their ids, with their names and nothing else.
create function public.workspaces_list(p_after text, p_limit integer) returns jsonb
language plpgsql stable security invoker
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(p_after is null or private.is_identifier(p_after), 'p_after must be an id or null');
  perform private.require_argument(p_limit between 1 and 1000, 'p_limit must be from 1 to 1000');
  return jsonb_build_object(
    'outcome', 'ok',
    'workspaces', (
      select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name) order by w.id collate "C"), '[]')
      from (
        select each.id, each.name
        from public.workspaces each
        where p_after is null or each.id collate "C" > p_after collate "C"
        order by each.id collate "C"
        limit p_limit
      ) w
    )
  );
end
$$;

revoke all on function public.workspaces_list(text, integer) from public, anon, authenticated;
grant execute on function public.workspaces_list(text, integer) to service_role;
