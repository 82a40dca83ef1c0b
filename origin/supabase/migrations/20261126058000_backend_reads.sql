-- The CRM's backend reads a workspace's shared resources as the service role (shared/resources: `callers`). So far the
-- functions of the API answered `forbidden` to it, because it is a member of no workspace.
--
-- In a function that runs as its owner, current_user is the owner, while the setting `role` still has the role that
-- PostgREST set.

-- Returns the caller's role in a workspace: admin, member, or null. The service role is an admin of every workspace.
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
