-- Nothing is loaded from a replica. An entry counts as current as of its load, and a replica is late by a time that no ledger knows
-- of. Every function that answers a caller asks for the caller's role first, and gets an error there instead, which the origin
-- passes on as 503.

create function private.require_primary() returns boolean
language plpgsql stable parallel safe
set search_path = ''
as $$
begin
  if pg_is_in_recovery() then
    raise exception 'this database is a replica, and only the primary may be read' using errcode = 'cannot_connect_now';
  end if;
  return true;
end
$$;

create or replace function private.caller_role(p_workspace text) returns text
language sql stable parallel safe
set search_path = ''
as $$
  select case
    when not private.require_primary() then null
    when private.is_backend() then 'admin'
    when p_workspace = any (private.caller_workspaces('admin')) then 'admin'
    when p_workspace = any (private.caller_workspaces('member')) then 'member'
  end
$$;

revoke all on function private.require_primary() from public;
grant execute on function private.require_primary() to authenticated, service_role;
