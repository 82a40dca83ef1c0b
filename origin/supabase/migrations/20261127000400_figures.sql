-- Campaigns with their sends, segments, and daily snapshots.

create table public.campaigns (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  name text not null,
  created_at private.instant not null default now(),
  primary key (workspace_id, id),
  constraint campaigns_name_length check (char_length(name) between 1 and 200)
);

-- One send to a contact, with the last outcome that is known of it.
create table public.campaign_sends (
  workspace_id text collate "C" not null,
  campaign_id private.identifier not null,
  contact_id private.identifier not null,
  outcome text not null default 'queued',
  updated_at private.instant not null default now(),
  primary key (workspace_id, campaign_id, contact_id),
  foreign key (workspace_id, campaign_id) references public.campaigns (workspace_id, id) on delete cascade,
  constraint campaign_sends_outcome_known check (
    outcome in ('queued', 'sent', 'delivered', 'read', 'replied', 'failed')
  )
);

-- A stored filter over contacts: those of all boards, of one board or of one of its columns that meet each of `filters` and
-- none of `excluded_filters`. The filters are those of a contact list that do not change with time (private.facet_bit).
create table public.segments (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  name text not null,
  board_id private.identifier,
  board_column_id private.identifier,
  filters text[] not null default '{}',
  excluded_filters text[] not null default '{}',
  created_at private.instant not null default now(),
  primary key (workspace_id, id),
  constraint segments_name_length check (char_length(name) between 1 and 200),
  constraint segments_column_has_board check (board_column_id is null or board_id is not null)
);

-- The figures of one day in the workspace's time zone, as a daily job takes them.
create table public.analytics_snapshots (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  day date not null,
  contacts integer not null default 0,
  new_contacts integer not null default 0,
  messages_inbound integer not null default 0,
  messages_outbound integer not null default 0,
  communications integer not null default 0,
  calls integer not null default 0,
  primary key (workspace_id, day),
  constraint analytics_snapshots_day_known check (day between make_date(1, 1, 1) and make_date(9999, 12, 31)),
  constraint analytics_snapshots_figures_known check (
    least(contacts, new_contacts, messages_inbound, messages_outbound, communications, calls) >= 0
  )
);
