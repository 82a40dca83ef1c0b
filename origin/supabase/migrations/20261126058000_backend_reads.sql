-- The CRM's backend reads as the service role what a workspace shares (shared/resources: `callers`). The functions of the API
-- answered `forbidden` to it, since it is a member of nothing.
--
-- Inside a function that runs as its owner, current_user is the owner; the setting `role` still is what PostgREST set.

-- The caller's role in a workspace: admin, member, or null. The service role is an admin of all.
create or replace function private.caller_role(p_workspace text) returns text
language sql stable parallel safe
set search_path = ''
as $$
  select case
    when coalesce(nullif(current_setting('role', true), 'none'), session_user) = 'service_role' then 'admin'
    when p_workspace = any (private.caller_workspaces('admin')) then 'admin'
    when p_workspace = any (private.caller_workspaces('member')) then 'member'
  end
$$;
