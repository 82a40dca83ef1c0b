-- Who the caller is in a workspace. One rule, the same at the edge: a token that has `app_metadata.workspaces`
-- ({"<workspace>": "admin" | "member"}) decides alone; without it the table does. Anything but an object under that
-- claim makes the caller a member of nothing.
--
-- The functions read memberships as their owner, since the policies on memberships are made of them.

create function private.caller_id() returns text
language sql stable parallel safe
set search_path = ''
as $$
  select auth.jwt() ->> 'sub'
$$;

-- The workspaces of the caller: all, or only those where the role is `p_role`.
create function private.caller_workspaces(p_role text default null) returns text[]
language plpgsql stable security definer parallel safe
set search_path = ''
as $$
declare
  v_claim jsonb := auth.jwt() #> '{app_metadata,workspaces}';
begin
  if v_claim is null or v_claim = 'null'::jsonb then
    return array(
      select m.workspace_id
      from public.memberships m
      where m.user_id = private.caller_id() and (p_role is null or m.role = p_role)
    );
  elsif jsonb_typeof(v_claim) = 'object' then
    return array(
      select claimed.key
      from jsonb_each_text(v_claim) claimed
      where claimed.value in ('admin', 'member') and (p_role is null or claimed.value = p_role)
    );
  end if;
  return '{}';
end
$$;

-- The caller's role in a workspace: admin, member, or null.
create function private.caller_role(p_workspace text) returns text
language sql stable parallel safe
set search_path = ''
as $$
  select case
    when p_workspace = any (private.caller_workspaces('admin')) then 'admin'
    when p_workspace = any (private.caller_workspaces('member')) then 'member'
  end
$$;

create function public.workspace_membership(p_workspace text) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object('outcome', 'ok', 'role', private.caller_role(p_workspace))
$$;

revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;
revoke all on all functions in schema private from public;
grant execute on all functions in schema private to authenticated, service_role;

revoke all on function public.workspace_membership(text) from public, anon;
grant execute on function public.workspace_membership(text) to authenticated, service_role;
