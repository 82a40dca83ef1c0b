-- Indexes for what the functions ask. `npm run bench:db` shows which question uses which.

-- A user's workspaces.
create index memberships_by_user on public.memberships (user_id, workspace_id);

-- A board's pages in the four orders, either way; the id breaks ties, so that a cursor names one place. With column and
-- facets beside them, a filtered page is found in the index alone.
create index contacts_by_created_at on public.contacts (workspace_id, board_id, created_at, id)
include (board_column_id, facets);
create index contacts_by_updated_at on public.contacts (workspace_id, board_id, updated_at, id)
include (board_column_id, facets);
create index contacts_by_name on public.contacts (workspace_id, board_id, name, id)
include (board_column_id, facets);
create index contacts_by_last_activity_at on public.contacts (workspace_id, board_id, last_activity_at, id)
include (board_column_id, facets);

-- A column's pages in the default order.
create index contacts_by_column on public.contacts (workspace_id, board_id, board_column_id, created_at, id)
include (facets);

-- The few that meet a filter, in any order: where a page's order would have to be walked for long. Equal keys are stored
-- once (B-tree deduplication), which makes it the smallest of all.
create index contacts_by_facets on public.contacts (workspace_id, board_id, facets);

-- A user's own.
create index contacts_by_assignee on public.contacts (workspace_id, assigned_to, board_id, created_at, id)
include (board_column_id)
where assigned_to is not null;

-- Substrings. New entries wait in a list that every search reads through: it is kept short.
create index contacts_by_text on public.contacts
using gin (workspace_id, search_text extensions.gin_trgm_ops)
with (gin_pending_list_limit = 512);
