-- Communications by e-mail: threads, their communications, and the attachments of each.

create table public.threads (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  subject text not null,
  company_id private.identifier,
  contact_id private.identifier,
  created_at private.instant not null default now(),
  updated_at private.instant not null default now(),
  primary key (workspace_id, id),
  constraint threads_subject_length check (char_length(subject) <= 500)
);

create table public.communications (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  thread_id private.identifier,
  company_id private.identifier,
  contact_id private.identifier,
  -- The user who sent or received it.
  user_id text collate "C",
  direction text not null,
  from_address text not null,
  to_addresses text[] not null default '{}',
  subject text not null default '',
  body text not null default '',
  sent_at private.instant not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, thread_id) references public.threads (workspace_id, id) on delete cascade,
  constraint communications_user_id_length check (char_length(user_id) between 1 and 128),
  constraint communications_direction_known check (direction in ('inbound', 'outbound')),
  constraint communications_from_length check (char_length(from_address) between 1 and 320),
  constraint communications_to_form check (
    cardinality(to_addresses) <= 50
    and (to_addresses = '{}' or (array_ndims(to_addresses) = 1 and private.texts_fit(to_addresses, 320)))
  ),
  constraint communications_subject_length check (char_length(subject) <= 500),
  constraint communications_body_length check (char_length(body) <= 4000)
);

create index communications_by_company on public.communications (workspace_id, company_id, sent_at desc, id desc)
where company_id is not null;
create index communications_by_thread on public.communications (workspace_id, thread_id, sent_at desc, id desc)
where thread_id is not null;
create index communications_by_user on public.communications (workspace_id, user_id, sent_at)
where user_id is not null;

create table public.communication_attachments (
  workspace_id text collate "C" not null,
  communication_id private.identifier not null,
  position smallint not null,
  name text not null,
  content_type text not null,
  size_bytes bigint not null,
  primary key (workspace_id, communication_id, position),
  foreign key (workspace_id, communication_id) references public.communications (workspace_id, id) on delete cascade,
  constraint communication_attachments_position_known check (position between 0 and 99),
  constraint communication_attachments_texts_length check (
    char_length(name) between 1 and 255 and char_length(content_type) between 1 and 127
  ),
  constraint communication_attachments_size_known check (size_bytes >= 0)
);
