-- The tables. Everything belongs to a workspace and its key begins with it: ids of boards, columns and contacts are
-- unique within their workspace (a column's within its board), so no query can reach across tenants by an id alone.
-- Ids sort by code point (collate "C"): they break ties between equal sort values, the same on every server. User ids
-- are a token's `sub`: a UUID with Supabase Auth, any identifier with another issuer.

create table public.workspaces (
  id text collate "C" primary key,
  name text not null,
  created_at timestamptz not null default now(),
  constraint workspaces_id_form check (char_length(id) between 1 and 128 and id !~ '[[:space:][:cntrl:]/:]'),
  constraint workspaces_name_length check (char_length(name) between 1 and 200)
);

create table public.memberships (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  user_id text collate "C" not null,
  role text not null default 'member',
  created_at timestamptz not null default now(),
  primary key (workspace_id, user_id),
  constraint memberships_user_id_form check (char_length(user_id) between 1 and 128 and user_id !~ '[[:space:][:cntrl:]/:]'),
  constraint memberships_role_known check (role in ('admin', 'member'))
);

create table public.boards (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id text collate "C" not null,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  constraint boards_id_form check (char_length(id) between 1 and 128 and id !~ '[[:space:][:cntrl:]/:]'),
  constraint boards_name_length check (char_length(name) between 1 and 200)
);

create table public.board_columns (
  workspace_id text collate "C" not null,
  board_id text collate "C" not null,
  id text collate "C" not null,
  name text not null,
  position integer not null default 0,
  primary key (workspace_id, board_id, id),
  foreign key (workspace_id, board_id) references public.boards (workspace_id, id) on delete cascade,
  constraint board_columns_id_form check (char_length(id) between 1 and 128 and id !~ '[[:space:][:cntrl:]/:]'),
  constraint board_columns_name_length check (char_length(name) between 1 and 200)
);

-- A name is at most 200 characters without control characters, so that a cursor made of it stays short. It sorts by
-- the root of the Unicode collation: the same order whatever the server's locale, accents and case next to their
-- base letters.
--
-- Spread by workspace over 64 partitions, so that what one question reads stays as large as some workspaces and not as
-- large as all: above all the search index, whose list of where a trigram occurs grows with its table. Every statement
-- names its workspace and so goes to one partition.
create table public.contacts (
  workspace_id text collate "C" not null,
  id text collate "C" not null,
  board_id text collate "C" not null,
  board_column_id text collate "C" not null,
  name text collate "und-x-icu" not null,
  email text,
  phone text,
  status text not null default 'open',
  priority text not null default 'medium',
  assigned_to text collate "C",
  needs_response boolean not null default false,
  follow_up boolean not null default false,
  is_favorite boolean not null default false,
  is_archived boolean not null default false,
  sentiment text,
  source text,
  lead_status text,
  tags text[] not null default '{}',
  last_message text,
  last_activity_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- What is counted and filtered by, a bit each (private.facet_bit has their names): small enough to stand in every
  -- index, so that a filtered page is found without touching the table.
  facets smallint not null generated always as ((
    case status when 'open' then 1 when 'closed' then 2 else 0 end
    | case when assigned_to is null then 4 else 0 end
    | case priority when 'high' then 8 when 'medium' then 16 else 32 end
    | case when needs_response then 64 else 0 end
    | case when follow_up then 128 else 0 end
    | case when is_favorite then 256 else 0 end
    | case when is_archived then 512 else 0 end
    | case when sentiment = 'negative' then 1024 else 0 end
  )::smallint) stored,
  search_text text collate "C" not null generated always as (private.search_text(name, email, phone)) stored,
  primary key (workspace_id, id),
  foreign key (workspace_id, board_id, board_column_id)
    references public.board_columns (workspace_id, board_id, id) on delete cascade,
  constraint contacts_id_form check (char_length(id) between 1 and 128 and id !~ '[[:space:][:cntrl:]/:]'),
  constraint contacts_name_form check (char_length(name) between 1 and 200 and name !~ '[[:cntrl:]]' collate "C"),
  constraint contacts_email_length check (char_length(email) <= 320),
  constraint contacts_phone_length check (char_length(phone) <= 40),
  constraint contacts_status_length check (char_length(status) between 1 and 40),
  constraint contacts_priority_known check (priority in ('high', 'medium', 'low')),
  constraint contacts_assigned_to_length check (char_length(assigned_to) between 1 and 128),
  constraint contacts_sentiment_length check (char_length(sentiment) between 1 and 40),
  constraint contacts_source_length check (char_length(source) <= 100),
  constraint contacts_lead_status_length check (char_length(lead_status) <= 100),
  constraint contacts_tags_count check (cardinality(tags) <= 50 and array_position(tags, null) is null),
  constraint contacts_last_message_length check (char_length(last_message) <= 4000),
  -- JSON knows no infinity, and neither does a cursor.
  constraint contacts_instants_finite check (
    isfinite(last_activity_at) and isfinite(created_at) and isfinite(updated_at)
  )
) partition by hash (workspace_id);

-- Out of reach of the API, which shows the schema `public` alone: a policy on contacts does not hold for who asks a
-- partition by its own name. Row level security without a policy is the second lock. Vacuumed sooner than by default:
-- what was changed since the last time costs a page that is found in an index a look at the table.
do $$
begin
  for n in 0 .. 63 loop
    execute format(
      $partition$
        create table private.contacts_%1$s partition of public.contacts for values with (modulus 64, remainder %2$s)
        with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05)
      $partition$,
      lpad(n::text, 2, '0'), n
    );
    execute format('alter table private.contacts_%s enable row level security', lpad(n::text, 2, '0'));
  end loop;
end
$$;

-- What a workspace set of its cache settings; what it left out has the product's default.
create table public.cache_settings (
  workspace_id text collate "C" primary key references public.workspaces (id) on delete cascade,
  settings jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  constraint cache_settings_object check (jsonb_typeof(settings) = 'object'),
  constraint cache_settings_size check (octet_length(settings::text) <= 4096)
);

create function private.touch_updated_at() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

create trigger contacts_touch_updated_at before update on public.contacts
for each row execute function private.touch_updated_at();

create trigger cache_settings_touch_updated_at before update on public.cache_settings
for each row execute function private.touch_updated_at();
