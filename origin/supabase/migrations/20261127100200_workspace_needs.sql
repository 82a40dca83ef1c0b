-- The things of a workspace that a warm-up asks about: the contacts with the latest activity, the latest campaigns, and segments.
-- A board's latest contacts are found along an index, so the answer costs the same however many contacts a board has; a workspace
-- has at most 1,000 boards.
create function public.workspace_needs(p_workspace text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  return jsonb_build_object(
    'outcome', 'ok',
    'leads', array(
      select latest.id
      from public.boards b
      cross join lateral (
        select c.id, c.last_activity_at
        from public.contacts c
        where c.workspace_id = p_workspace and c.board_id = b.id
        order by c.last_activity_at desc, c.id desc
        limit 20
      ) latest
      where b.workspace_id = p_workspace
      order by latest.last_activity_at desc, latest.id desc
      limit 20
    ),
    'campaigns', array(
      select c.id from public.campaigns c where c.workspace_id = p_workspace order by c.created_at desc, c.id desc limit 20
    ),
    'segments', array(
      select s.id from public.segments s where s.workspace_id = p_workspace order by s.created_at desc, s.id desc limit 20
    )
  );
end
$$;

revoke all on function public.workspace_needs(text) from public, anon;
grant execute on function public.workspace_needs(text) to authenticated, service_role;
