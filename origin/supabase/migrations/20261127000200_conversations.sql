-- Conversations with a contact, their messages and summaries, the state of calls in progress, and whether a person or the
-- agent answers a lead.

create table public.conversations (
  workspace_id text collate "C" not null,
  -- A call's conversation has the id of the call.
  id private.identifier not null,
  contact_id private.identifier not null,
  channel text not null,
  -- The user who handles it.
  user_id text collate "C",
  is_unread boolean not null default false,
  started_at private.instant not null default now(),
  ended_at private.instant,
  primary key (workspace_id, id),
  unique (workspace_id, id, contact_id),
  foreign key (workspace_id, contact_id) references public.contacts (workspace_id, id) on delete cascade,
  constraint conversations_channel_known check (channel in ('voice', 'web', 'whatsapp', 'email', 'sms')),
  constraint conversations_user_id_length check (char_length(user_id) between 1 and 128)
);

create index conversations_by_contact on public.conversations (workspace_id, contact_id, started_at, id);
create index conversations_unread on public.conversations (workspace_id, user_id) where is_unread;

create table public.messages (
  workspace_id text collate "C" not null,
  id private.identifier not null,
  conversation_id private.identifier not null,
  contact_id private.identifier not null,
  channel text not null,
  direction text not null,
  body text not null,
  sent_at private.instant not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, conversation_id, contact_id)
    references public.conversations (workspace_id, id, contact_id) on update cascade on delete cascade,
  constraint messages_channel_known check (channel in ('voice', 'web', 'whatsapp', 'email', 'sms')),
  constraint messages_direction_known check (direction in ('inbound', 'outbound')),
  constraint messages_body_length check (char_length(body) between 1 and 4000)
);

create index messages_by_contact on public.messages (workspace_id, contact_id, sent_at desc, id desc);
create index messages_by_conversation on public.messages (workspace_id, conversation_id);

-- A summary says what was talked about up to `as_of`.
create table public.conversation_summaries (
  workspace_id text collate "C" not null,
  conversation_id private.identifier not null,
  as_of private.instant not null default now(),
  contact_id private.identifier not null,
  text text not null,
  open_questions text[] not null default '{}',
  primary key (workspace_id, conversation_id, as_of),
  foreign key (workspace_id, conversation_id, contact_id)
    references public.conversations (workspace_id, id, contact_id) on update cascade on delete cascade,
  constraint conversation_summaries_text_length check (char_length(text) between 1 and 4000),
  constraint conversation_summaries_questions_form check (
    cardinality(open_questions) <= 20
    and (open_questions = '{}' or (array_ndims(open_questions) = 1 and private.texts_fit(open_questions, 500)))
  )
);

create index conversation_summaries_by_contact on public.conversation_summaries (workspace_id, contact_id, as_of desc);

-- Without a row, the agent answers.
create table public.lead_controls (
  workspace_id text collate "C" not null,
  contact_id private.identifier not null,
  answered_by text not null,
  user_id text collate "C",
  since private.instant not null default now(),
  primary key (workspace_id, contact_id),
  foreign key (workspace_id, contact_id) references public.contacts (workspace_id, id) on delete cascade,
  constraint lead_controls_answered_by_known check (answered_by in ('ai', 'human')),
  constraint lead_controls_user_id_length check (char_length(user_id) between 1 and 128),
  constraint lead_controls_user_is_human check (user_id is null or answered_by = 'human')
);

create table public.call_sessions (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  contact_id private.identifier,
  -- What the agent keeps during a call. The product does not look into it.
  state jsonb not null default '{}',
  started_at private.instant not null default now(),
  updated_at private.instant not null default now(),
  primary key (workspace_id, id),
  constraint call_sessions_state_form check (jsonb_typeof(state) = 'object' and octet_length(state::text) <= 16384)
);

create trigger call_sessions_touch_updated_at before update on public.call_sessions
for each row execute function private.touch_updated_at();
