-- The CRM's backend also reads answers that belong to one user, and names that user. The answer is the user's own: it follows
-- from the user's id and the tables alone and never from the claims of whoever asks, because the same cached entry answers the
-- user and the backend.

-- Whether the caller is the CRM's backend, which acts as the service role. In a function that runs as its owner, current_user
-- is the owner, while the setting `role` still has the role that PostgREST set.
create function private.is_backend() returns boolean
language sql stable parallel safe
set search_path = ''
as $$
  select coalesce(nullif(current_setting('role', true), 'none'), session_user) = 'service_role'
$$;

create or replace function private.caller_role(p_workspace text) returns text
language sql stable parallel safe
set search_path = ''
as $$
  select case
    when private.is_backend() then 'admin'
    when p_workspace = any (private.caller_workspaces('admin')) then 'admin'
    when p_workspace = any (private.caller_workspaces('member')) then 'member'
  end
$$;

-- Whether the caller may read what belongs to a user: the user, and the backend. A function that answers one user's own figures
-- checks this in addition to the caller's role in the workspace.
create function private.may_read_of(p_user text) returns boolean
language sql stable parallel safe
set search_path = ''
as $$
  select private.is_backend() or coalesce(private.caller_id() = p_user, false)
$$;

revoke all on function private.is_backend() from public;
revoke all on function private.may_read_of(text) from public;
grant execute on function private.is_backend() to authenticated, service_role;
grant execute on function private.may_read_of(text) to authenticated, service_role;
