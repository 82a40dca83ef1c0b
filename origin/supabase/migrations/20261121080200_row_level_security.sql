-- Members read what is their workspace's; only cache settings are written with a user's token, by an admin. All other
-- writes are the backend's, whose role is not bound by policies. What has no policy is refused.
--
-- `(select …)` around the caller's workspaces makes them a constant of the statement: asked once, not once a row, and
-- usable in an index condition.

alter table public.workspaces enable row level security;
alter table public.memberships enable row level security;
alter table public.boards enable row level security;
alter table public.board_columns enable row level security;
alter table public.contacts enable row level security;
alter table public.cache_settings enable row level security;

revoke all on
  public.workspaces, public.memberships, public.boards, public.board_columns, public.contacts, public.cache_settings
from anon, authenticated;
grant select on
  public.workspaces, public.memberships, public.boards, public.board_columns, public.contacts, public.cache_settings
to authenticated;
grant insert, update on public.cache_settings to authenticated;
grant all on
  public.workspaces, public.memberships, public.boards, public.board_columns, public.contacts, public.cache_settings
to service_role;

create policy members_read on public.workspaces for select to authenticated
using (id = any ((select private.caller_workspaces())::text[]));

create policy members_read on public.memberships for select to authenticated
using (workspace_id = any ((select private.caller_workspaces())::text[]));

create policy members_read on public.boards for select to authenticated
using (workspace_id = any ((select private.caller_workspaces())::text[]));

create policy members_read on public.board_columns for select to authenticated
using (workspace_id = any ((select private.caller_workspaces())::text[]));

create policy members_read on public.contacts for select to authenticated
using (workspace_id = any ((select private.caller_workspaces())::text[]));

create policy members_read on public.cache_settings for select to authenticated
using (workspace_id = any ((select private.caller_workspaces())::text[]));

create policy admins_insert on public.cache_settings for insert to authenticated
with check (workspace_id = any ((select private.caller_workspaces('admin'))::text[]));

create policy admins_update on public.cache_settings for update to authenticated
using (workspace_id = any ((select private.caller_workspaces('admin'))::text[]))
with check (workspace_id = any ((select private.caller_workspaces('admin'))::text[]));
