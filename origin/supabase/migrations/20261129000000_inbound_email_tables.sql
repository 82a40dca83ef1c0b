-- Inbound e-mail: the addresses of workspaces, what becomes of each message, its counts, and what a communication keeps of a message.

-- An address that people write to belongs to one workspace of the deployment. It is written as private.email_key makes it: A to Z
-- folded, the domain in ASCII. Mail to it with a tag behind a plus sign is mail to it.
create table public.email_addresses (
  address text collate "C" primary key,
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  -- The user whose address it is. Null: of the workspace as a whole.
  user_id text collate "C",
  label text,
  created_at private.instant not null default now(),
  constraint email_addresses_form check (
    char_length(address) between 3 and 320 and address ~ '^[^[:space:][:cntrl:]]+@[a-z0-9.-]+$' and address !~ '[A-Z]'
  ),
  constraint email_addresses_user_id_length check (char_length(user_id) between 1 and 128),
  constraint email_addresses_label_length check (char_length(label) between 1 and 200)
);
create index email_addresses_by_workspace on public.email_addresses (workspace_id);

-- The whole text of a message that is longer than what its communication shows.
create table public.communication_texts (
  workspace_id text collate "C" not null,
  communication_id private.identifier not null,
  text text not null,
  primary key (workspace_id, communication_id),
  foreign key (workspace_id, communication_id) references public.communications (workspace_id, id) on delete cascade,
  constraint communication_texts_length check (char_length(text) <= 524288)
);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['email_addresses', 'communication_texts'] loop
    execute format('alter table public.%I enable row level security', v_table);
    execute format('revoke all on public.%I from anon, authenticated', v_table);
    execute format('grant select on public.%I to authenticated', v_table);
    execute format('grant all on public.%I to service_role', v_table);
    execute format(
      'create policy members_read on public.%I for select to authenticated
       using (workspace_id = any ((select private.caller_workspaces())::text[]))',
      v_table
    );
  end loop;
end
$$;

-- What a communication keeps of a message. The constraints are not valid at first, which reads no row; the new columns are empty, so
-- that there is nothing to validate. The CRM's backend sets `message_id` of what it sends, so that answers find their thread.
alter table public.communications
  -- Without angle brackets.
  add column message_id text,
  -- Why it is taken for an automatic message: the values of shared/contract/inbound-email.ts.
  add column automated text,
  add column importance text,
  -- Another message had the same id.
  add column is_id_reused boolean not null default false,
  -- The calendar part: {"uid", "method", "sequence", "summary", "location", "startsAt", "endsAt", "isAllDay", "organizer",
  -- "attendees", "status"}. The status follows from all messages about that meeting.
  add column meeting jsonb;
alter table public.communications
  add constraint communications_message_id_length check (char_length(message_id) between 1 and 998) not valid,
  add constraint communications_automated_known check (
    automated in ('auto_submitted', 'precedence', 'list', 'empty_sender', 'own_address', 'loop')
  ) not valid,
  add constraint communications_importance_known check (importance in ('low', 'normal', 'high')) not valid,
  add constraint communications_meeting_form check (
    jsonb_typeof(meeting) = 'object' and octet_length(meeting::text) <= 65536
  ) not valid;

create index communications_by_message_id on public.communications (workspace_id, md5(message_id))
where message_id is not null;
create index communications_by_meeting on public.communications (workspace_id, md5(meeting ->> 'uid'))
where meeting is not null;

-- Every message that a workspace was sent, by its claim: the id that it names, and a digest of From, Date and Subject. The claim is
-- unique, so a message is taken once, however often and wherever it comes. Rows stay; those that were limited go after a month.
create table private.inbound_emails (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  -- SHA-256 in hexadecimal of the message's id, which may be long.
  message_key text collate "C" not null,
  digest text collate "C" not null,
  id private.identifier not null default gen_random_uuid()::text,
  state text not null,
  -- As private.email_key makes it; empty for the sender of automatic answers.
  sender text collate "C" not null,
  sender_domain text collate "C",
  -- The workspace's address that it was written to.
  recipient text collate "C" not null,
  is_reply boolean not null,
  is_id_reused boolean not null default false,
  automated text,
  received_at private.instant not null,
  -- Set once it is taken: what the limits count.
  accepted_at private.instant,
  limited_at private.instant,
  limited_until private.instant,
  queued_at private.instant,
  processed_at private.instant,
  failed_at private.instant,
  priority text,
  -- How often it came when it was known, was limited, was added to the queue, and was given up.
  duplicates integer not null default 0,
  limits_met integer not null default 0,
  times_queued integer not null default 0,
  failures integer not null default 0,
  communication_id text collate "C",
  company_id text collate "C",
  contact_id text collate "C",
  thread_id text collate "C",
  -- To the microsecond, so that sums are exact.
  processing_ms numeric(20, 3),
  -- The message itself while it waits.
  mail jsonb,
  primary key (workspace_id, message_key, digest),
  constraint inbound_emails_keys_form check (message_key ~ '^[0-9a-f]{64}$' and digest ~ '^[0-9a-f]{64}$'),
  constraint inbound_emails_state_known check (state in ('limited', 'queued', 'processed', 'failed')),
  constraint inbound_emails_sender_length check (char_length(sender) <= 320),
  constraint inbound_emails_domain_length check (char_length(sender_domain) <= 253),
  constraint inbound_emails_recipient_length check (char_length(recipient) <= 320),
  constraint inbound_emails_automated_length check (char_length(automated) <= 40),
  constraint inbound_emails_priority_known check (priority in ('high', 'normal', 'low')),
  constraint inbound_emails_communication_id_length check (char_length(communication_id) <= 128),
  constraint inbound_emails_company_id_length check (char_length(company_id) <= 128),
  constraint inbound_emails_contact_id_length check (char_length(contact_id) <= 128),
  constraint inbound_emails_thread_id_length check (char_length(thread_id) <= 128),
  constraint inbound_emails_mail_size check (octet_length(mail::text) <= 16777216),
  constraint inbound_emails_waiting check ((mail is not null) = (state in ('queued', 'failed')))
);
create unique index inbound_emails_by_id on private.inbound_emails (workspace_id, id);
create index inbound_emails_by_sender on private.inbound_emails (workspace_id, sender, accepted_at)
where accepted_at is not null;
create index inbound_emails_by_domain on private.inbound_emails (workspace_id, sender_domain, accepted_at)
where accepted_at is not null and sender_domain is not null;
create index inbound_emails_replies on private.inbound_emails (workspace_id, sender, recipient, accepted_at)
where accepted_at is not null and is_reply;
create index inbound_emails_by_time on private.inbound_emails (workspace_id, received_at);
create index inbound_emails_accepted on private.inbound_emails (workspace_id, accepted_at) where accepted_at is not null;
create index inbound_emails_waiting on private.inbound_emails (priority, queued_at) where state = 'queued';
create index inbound_emails_waiting_of on private.inbound_emails (workspace_id, priority, queued_at) where state = 'queued';
create index inbound_emails_by_queued on private.inbound_emails (queued_at) where state = 'queued';
create index inbound_emails_not_taken on private.inbound_emails (state, received_at) where state in ('limited', 'failed');

-- Ids that messages name and that no message has yet, with the thread of those that name them; and the names that senders have for
-- threads. Keys are SHA-256 in hexadecimal, of an id or of a name.
create table private.email_thread_keys (
  workspace_id text collate "C" not null,
  key text collate "C" not null,
  thread_id private.identifier not null,
  primary key (workspace_id, key, thread_id),
  foreign key (workspace_id, thread_id) references public.threads (workspace_id, id) on delete cascade,
  constraint email_thread_keys_key_length check (char_length(key) <= 64)
);
create index email_thread_keys_by_thread on private.email_thread_keys (workspace_id, thread_id);

-- The limits of a workspace that has its own.
create table private.email_settings (
  workspace_id text collate "C" primary key references public.workspaces (id) on delete cascade,
  sender_per_hour integer not null default 100,
  domain_per_hour integer not null default 500,
  exempt_senders text[] not null default '{}',
  exempt_domains text[] not null default '{}',
  constraint email_settings_limits_known check (
    sender_per_hour between 1 and 10000 and domain_per_hour between 1 and 10000
  ),
  constraint email_settings_senders_form check (
    cardinality(exempt_senders) <= 200
    and (exempt_senders = '{}' or (array_ndims(exempt_senders) = 1 and private.texts_fit(exempt_senders, 320)))
  ),
  constraint email_settings_domains_form check (
    cardinality(exempt_domains) <= 200
    and (exempt_domains = '{}' or (array_ndims(exempt_domains) = 1 and private.texts_fit(exempt_domains, 253)))
  )
);

-- Counts of messages by the hour, numbered from 1970 on in UTC. An hour has several rows, among which the transactions divide, so that
-- messages of one workspace do not wait for each other's counting. The hours that are over become days behind.
create table private.inbound_email_hours (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  hour integer not null,
  slot smallint not null,
  received bigint not null default 0,
  processed bigint not null default 0,
  failed bigint not null default 0,
  duplicates bigint not null default 0,
  limited bigint not null default 0,
  queued bigint not null default 0,
  -- Of `duplicates` and `limited`, those that Redis recognized, and the database never saw.
  redis_duplicates bigint not null default 0,
  redis_limited bigint not null default 0,
  processing_ms numeric(20, 3) not null default 0,
  processing_ms_max numeric(20, 3) not null default 0,
  slow bigint not null default 0,
  primary key (workspace_id, hour, slot)
);
create index inbound_email_hours_by_hour on private.inbound_email_hours (hour);

create table private.inbound_email_days (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  day integer not null,
  received bigint not null default 0,
  processed bigint not null default 0,
  failed bigint not null default 0,
  duplicates bigint not null default 0,
  limited bigint not null default 0,
  queued bigint not null default 0,
  redis_duplicates bigint not null default 0,
  redis_limited bigint not null default 0,
  processing_ms numeric(20, 3) not null default 0,
  processing_ms_max numeric(20, 3) not null default 0,
  slow bigint not null default 0,
  primary key (workspace_id, day)
);
create index inbound_email_days_by_day on private.inbound_email_days (day);

create table private.inbound_email_domains (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  day integer not null,
  domain text collate "C" not null,
  slot smallint not null,
  received bigint not null default 0,
  duplicates bigint not null default 0,
  limited bigint not null default 0,
  primary key (workspace_id, day, domain, slot),
  constraint inbound_email_domains_domain_length check (char_length(domain) <= 253)
);
create index inbound_email_domains_by_day on private.inbound_email_domains (day);

-- The reports of Workers that were counted, so that one that comes again is not.
create table private.inbound_email_reports (
  id uuid primary key,
  counted_at private.instant not null default clock_timestamp()
);
create index inbound_email_reports_by_time on private.inbound_email_reports (counted_at);

do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'inbound_emails', 'email_thread_keys', 'email_settings', 'inbound_email_hours', 'inbound_email_days',
    'inbound_email_domains', 'inbound_email_reports'
  ] loop
    execute format('alter table private.%I enable row level security', v_table);
    execute format('revoke all on table private.%I from public, anon, authenticated, service_role', v_table);
  end loop;
end
$$;
