-- The configuration of a workspace, its phone numbers, what its roles allow, its webhook sources, and its users' mailboxes.

create table public.workspace_configurations (
  workspace_id text collate "C" primary key references public.workspaces (id) on delete cascade,
  -- BCP 47.
  language text not null default 'en',
  -- ISO 3166: the country of phone numbers that name none.
  region text not null default 'US',
  time_zone text not null default 'UTC',
  -- {"mon": [["09:00", "17:00"]], …}: spans of the local day. A day that is not named has none.
  working_hours jsonb not null default '{}',
  -- A template for each channel: {"voice": "…", "web": "…", "whatsapp": "…", "email": "…"}.
  greetings jsonb not null default '{}',
  updated_at private.instant not null default now(),
  constraint workspace_configurations_language_length check (char_length(language) between 2 and 35),
  constraint workspace_configurations_region_form check (region ~ '^[A-Z]{2}$'),
  constraint workspace_configurations_time_zone_length check (char_length(time_zone) between 1 and 64),
  constraint workspace_configurations_hours_form check (
    jsonb_typeof(working_hours) = 'object' and octet_length(working_hours::text) <= 2048
  ),
  constraint workspace_configurations_greetings_form check (
    jsonb_typeof(greetings) = 'object' and octet_length(greetings::text) <= 8192
  )
);

-- A number that callers dial belongs to one workspace of the deployment. E.164.
create table public.phone_numbers (
  phone text collate "C" primary key,
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  label text,
  created_at private.instant not null default now(),
  constraint phone_numbers_form check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  constraint phone_numbers_label_length check (char_length(label) between 1 and 200)
);

create index phone_numbers_by_workspace on public.phone_numbers (workspace_id);

-- What a role allows beyond the product's defaults, or no longer allows.
create table public.role_permissions (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  role text not null,
  permission text collate "C" not null,
  is_allowed boolean not null default true,
  primary key (workspace_id, role, permission),
  constraint role_permissions_role_known check (role in ('admin', 'member')),
  constraint role_permissions_permission_form check (permission ~ '^[a-z][a-z_]{0,31}(\.[a-z][a-z_]{0,31}){0,2}$')
);

create table public.webhook_sources (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  name text not null,
  kind text not null,
  event_types text[] not null default '{}',
  is_active boolean not null default true,
  created_at private.instant not null default now(),
  updated_at private.instant not null default now(),
  primary key (workspace_id, id),
  constraint webhook_sources_texts_length check (
    char_length(name) between 1 and 200 and char_length(kind) between 1 and 40
  ),
  constraint webhook_sources_event_types_form check (
    cardinality(event_types) <= 50
    and (event_types = '{}' or (array_ndims(event_types) = 1 and private.texts_fit(event_types, 100)))
  )
);

create trigger webhook_sources_touch_updated_at before update on public.webhook_sources
for each row execute function private.touch_updated_at();
create trigger workspace_configurations_touch_updated_at before update on public.workspace_configurations
for each row execute function private.touch_updated_at();

-- A folder of a user's mailbox, as the CRM's backend last put it.
create table public.mailbox_folders (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  user_id private.identifier not null,
  folder private.identifier not null,
  synced_at private.instant not null default now(),
  primary key (workspace_id, user_id, folder)
);

create table public.mailbox_messages (
  workspace_id text collate "C" not null,
  user_id private.identifier not null,
  folder private.identifier not null,
  id private.identifier not null,
  from_address text not null,
  from_name text,
  subject text not null default '',
  preview text not null default '',
  is_read boolean not null default false,
  received_at private.instant not null,
  primary key (workspace_id, user_id, folder, id),
  foreign key (workspace_id, user_id, folder)
    references public.mailbox_folders (workspace_id, user_id, folder) on delete cascade,
  constraint mailbox_messages_texts_length check (
    char_length(from_address) between 1 and 320 and char_length(from_name) between 1 and 200
    and char_length(subject) <= 500 and char_length(preview) <= 500
  )
);

create index mailbox_messages_by_date on public.mailbox_messages (workspace_id, user_id, folder, received_at desc, id desc);
