-- Indexes for what the functions ask.

-- A user's workspaces.
create index memberships_by_user on public.memberships (user_id, workspace_id);

-- A board's pages in the four orders, either way; the id breaks ties, so that a cursor names one place.
create index contacts_by_created_at on public.contacts (workspace_id, board_id, created_at, id);
create index contacts_by_updated_at on public.contacts (workspace_id, board_id, updated_at, id);
create index contacts_by_name on public.contacts (workspace_id, board_id, name, id);
create index contacts_by_last_activity_at on public.contacts (workspace_id, board_id, last_activity_at, id);

-- A column's pages in the default order.
create index contacts_by_column on public.contacts (workspace_id, board_id, board_column_id, created_at, id);

-- All counts and totals without touching the table. Most contacts are alike in all of these, so that equal keys
-- are stored once (B-tree deduplication) and the index stays a fraction of the others' size.
create index contacts_by_facets on public.contacts (
  workspace_id, board_id, board_column_id,
  status, priority, needs_response, follow_up, is_favorite, is_archived, sentiment, assigned_to
);

-- Pages of the filters that usually match few: without these, the first page of two contacts among 190,000 would read
-- them all. A filter that matches many in some workspace still finds its default order here.
create index contacts_open_or_closed on public.contacts (workspace_id, board_id, status, created_at, id)
where status in ('open', 'closed');
create index contacts_high_or_low on public.contacts (workspace_id, board_id, priority, created_at, id)
where priority in ('high', 'low');
create index contacts_needing_response on public.contacts (workspace_id, board_id, created_at, id)
where needs_response;
create index contacts_to_follow_up on public.contacts (workspace_id, board_id, created_at, id)
where follow_up;
create index contacts_favorite on public.contacts (workspace_id, board_id, created_at, id)
where is_favorite;
create index contacts_archived on public.contacts (workspace_id, board_id, created_at, id)
where is_archived;
create index contacts_unhappy on public.contacts (workspace_id, board_id, created_at, id)
where sentiment = 'negative';
create index contacts_assigned on public.contacts (workspace_id, assigned_to, board_id, created_at, id)
where assigned_to is not null;
