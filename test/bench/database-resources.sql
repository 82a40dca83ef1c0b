-- Rows of the tables beside contacts, in proportion to a workspace's contacts, and the things that the benchmark asks for. A
-- contact has two messages and one communication on average: every fifth has a conversation of ten, every tenth a
-- thread of ten. What a question reads is therefore the same in a small database and in a large one.
--
-- Ids of messages and communications look random, as they are in production. Those of one lead are far apart in their tables,
-- as if they had arrived over months. Instants reach from 90 days before the load to 30 days after it, so that the figures
-- of a day have something to count for a month after the load.

create or replace function bench.id_of(p_kind text, p_number bigint) returns text
language sql immutable parallel safe
return p_kind || '_' || lpad(p_number::text, 6, '0');

create or replace function bench.uuid_of(p_text text) returns text
language sql immutable parallel safe
return md5(p_text)::uuid::text;

create or replace function bench.companies_of(p_contacts integer) returns integer
language sql immutable parallel safe
return greatest(8, p_contacts / 25);

-- One of the users of a workspace with so many contacts.
create or replace function bench.user_of(p_number bigint, p_contacts integer) returns text
language sql immutable parallel safe
return '00000000-0000-4000-8000-00000b' || lpad((p_number % greatest(2, p_contacts / 2000))::text, 6, '0');

-- A trigger that gives each contact of the load what only a lead has. Its argument is the number of contacts.
create or replace function bench.be_lead() returns trigger
language plpgsql
as $$
declare
  v_number constant integer := right(new.id, 6)::integer;
  v_contacts constant integer := tg_argv[0]::integer;
begin
  if v_number % 5 < 3 then
    new.company_id := bench.id_of('company', 1 + v_number % bench.companies_of(v_contacts));
    new.language := 'en';
  end if;
  if v_number % 5 = 0 then
    new.assigned_to := bench.user_of(v_number / 5, v_contacts);
    if v_number % 8 = 0 then
      new.follow_up_at := now() + interval '1 hour' * (v_number / 40 % 480 - 96);
    end if;
  end if;
  return new;
end
$$;

create or replace function bench.insert_companies(p_workspace text, p_contacts integer) returns void
language sql
as $$
  insert into public.companies (workspace_id, id, name, website, industry, employees)
  select
    p_workspace, bench.id_of('company', n), 'Company ' || n, 'https://www.company' || n || '.example.com', 'trade', n % 900
  from generate_series(1, bench.companies_of(p_contacts)) n;

  insert into public.company_domains (workspace_id, domain, company_id)
  select p_workspace, 'company' || n || '.example.com', bench.id_of('company', n)
  from generate_series(1, bench.companies_of(p_contacts)) n;
$$;

-- The first conversation has 120 messages, so that its history has a full page.
create or replace function bench.insert_conversations(p_workspace text, p_contacts integer) returns void
language sql
as $$
  insert into public.conversations (workspace_id, id, contact_id, channel, user_id, is_unread, started_at, ended_at)
  select
    p_workspace, bench.id_of('conversation', i), bench.id_of('contact', 5 * i),
    (array['voice', 'web', 'whatsapp', 'email', 'sms'])[1 + i % 5], bench.user_of(i, p_contacts), i % 20 = 0, begun.at,
    case when i % 4 > 0 then begun.at + interval '80 minutes' end
  from generate_series(1, p_contacts / 5) i
  cross join lateral (select now() - interval '1 minute' * (80 + i::bigint * 7919 % 129600) as at) begun;

  insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at)
  select
    p_workspace, bench.uuid_of(p_workspace || ' ' || i || ' ' || j), bench.id_of('conversation', i),
    bench.id_of('contact', 5 * i), (array['voice', 'web', 'whatsapp', 'email', 'sms'])[1 + i % 5],
    (array['inbound', 'outbound'])[1 + j % 2],
    (array[
      'Good day, could you send me the invoice of last month again, please?', 'The delivery arrived, but one box is missing.',
      'Thank you. I have asked a colleague in the warehouse, and we will send the box that is missing today, free of charge.',
      'Is the offer still good until Friday? We would take twelve of the larger ones and four of the small ones, if you can bring them.'
    ])[1 + (i + j) % 4],
    now() - interval '1 minute' * (80 + i::bigint * 7919 % 129600) + interval '7 minutes' * (j % 11)
  from generate_series(1, 120) j
  join generate_series(1, p_contacts / 5) i on j <= case when i = 1 then 120 when i % 4 = 0 then 11 else 10 end
  order by j, i;

  insert into public.conversation_summaries (workspace_id, conversation_id, as_of, contact_id, text, open_questions)
  select
    p_workspace, bench.id_of('conversation', i), now() - interval '1 minute' * (50 + i::bigint * 7919 % 129600),
    bench.id_of('contact', 5 * i), 'A box was missing. The customer wants to know whether an offer is still good.',
    '{"Is the offer still good until Friday?"}'
  from generate_series(1, p_contacts / 5) i;

  insert into public.lead_controls (workspace_id, contact_id, answered_by, user_id)
  select p_workspace, bench.id_of('contact', i), 'human', bench.user_of(i, p_contacts)
  from generate_series(1, p_contacts) i
  where i % 30 = 0;

  insert into public.call_sessions (workspace_id, id, contact_id, state)
  select p_workspace, bench.id_of('call', i), bench.id_of('contact', i), '{"step": "greeting", "turns": 3}'
  from generate_series(1, 100) i;
$$;

-- A fifth of the companies has all communications. The first thread has 60 of them.
create or replace function bench.insert_communications(p_workspace text, p_contacts integer) returns void
language sql
as $$
  insert into public.threads (workspace_id, id, subject, company_id, contact_id)
  select
    p_workspace, bench.id_of('thread', i), 'The invoice of last month',
    bench.id_of('company', 1 + i % (bench.companies_of(p_contacts) / 5)), bench.id_of('contact', 10 * i)
  from generate_series(1, p_contacts / 10) i;

  insert into public.communications (
    workspace_id, id, thread_id, company_id, contact_id, user_id, direction, from_address, to_addresses, subject, body, sent_at
  )
  select
    p_workspace, bench.uuid_of(p_workspace || ' ' || i || ' ' || j), bench.id_of('thread', i),
    bench.id_of('company', 1 + i % (bench.companies_of(p_contacts) / 5)), bench.id_of('contact', 10 * i),
    bench.user_of(i, p_contacts), (array['inbound', 'outbound'])[1 + j % 2], 'person' || i || '@mail.example',
    '{sales@example.com}', 'The invoice of last month',
    'Good day, could you send me the invoice of last month again, please? The delivery arrived, but one box is missing. ' ||
    'Is the offer still good until Friday? We would take twelve of the larger ones and four of the small ones.',
    now() - interval '90 days' + interval '1 minute' * ((i::bigint * 7919 + j * 9973) % 172800)
  from generate_series(1, 60) j
  join generate_series(1, p_contacts / 10) i on j <= case when i = 1 then 60 when i % 4 = 0 then 11 else 10 end
  order by j, i;

  insert into public.communication_attachments (workspace_id, communication_id, position, name, content_type, size_bytes)
  select p_workspace, bench.uuid_of(p_workspace || ' ' || i || ' 1'), position, 'invoice.pdf', 'application/pdf', 84000
  from generate_series(1, p_contacts / 10) i
  cross join generate_series(0, 2) position;
$$;

create or replace function bench.insert_figures(p_workspace text, p_contacts integer) returns void
language sql
as $$
  insert into public.campaigns (workspace_id, id, name)
  select p_workspace, bench.id_of('campaign', n), 'Campaign ' || n from generate_series(1, 2) n;

  insert into public.campaign_sends (workspace_id, campaign_id, contact_id, outcome)
  select
    p_workspace, bench.id_of('campaign', n), bench.id_of('contact', 5 * i),
    (array['queued', 'sent', 'delivered', 'read', 'replied', 'failed'])[1 + (i + n) % 6]
  from generate_series(1, 2) n
  cross join generate_series(1, p_contacts / 5) i;

  insert into public.segments (workspace_id, id, name, board_id, filters, excluded_filters)
  select
    p_workspace, bench.id_of('segment', n), 'Segment ' || n, case when n % 2 = 0 then 'board_1' end,
    (array['{unassigned}', '{medium_priority}', '{}', '{closed}'])[1 + n % 4]::text[], '{archived}'
  from generate_series(1, 20) n;

  insert into public.analytics_snapshots (workspace_id, day, contacts, new_contacts, messages_inbound)
  select p_workspace, current_date - n, p_contacts, n % 50, n % 900 from generate_series(1, 365) n;
$$;

create or replace function bench.insert_office(p_workspace text, p_contacts integer) returns void
language sql
as $$
  insert into public.workspace_configurations (workspace_id, time_zone, working_hours, greetings)
  values (
    p_workspace, 'Europe/Athens', '{"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]], "fri": [["09:00", "18:00"]]}',
    '{"voice": "{greeting}[, {name}]. This is {organization}. How can I help you?"}'
  );

  insert into public.phone_numbers (phone, workspace_id)
  select '+1212' || p_workspace || lpad(n::text, 2, '0'), p_workspace from generate_series(1, 10) n;

  insert into public.memberships (workspace_id, user_id)
  select p_workspace, bench.user_of(n, p_contacts) from generate_series(1, greatest(2, p_contacts / 2000)) n;

  insert into public.role_permissions (workspace_id, role, permission, is_allowed)
  select p_workspace, role, 'contacts.' || verb, role = 'admin'
  from unnest(array['admin', 'member']) role
  cross join unnest(array['export', 'import', 'delete', 'merge', 'assign']) verb;

  insert into public.webhook_sources (workspace_id, id, name, kind, event_types)
  select p_workspace, bench.id_of('source', n), 'Source ' || n, 'form', '{contact.created,contact.updated}'
  from generate_series(1, 10) n;

  insert into public.mailbox_folders (workspace_id, user_id, folder)
  select p_workspace, bench.user_of(n, p_contacts), 'inbox' from generate_series(1, 2) n;

  insert into public.mailbox_messages (workspace_id, user_id, folder, id, from_address, subject, preview, received_at)
  select
    p_workspace, bench.user_of(n, p_contacts), 'inbox', bench.uuid_of('mail ' || i), 'person' || i || '@mail.example',
    'The invoice of last month', 'Good day, could you send me the invoice of last month again, please?',
    now() - interval '1 minute' * i
  from generate_series(1, greatest(200, p_contacts / 50)) i
  cross join generate_series(1, 2) n;
$$;

-- A contact with 12,000 messages, and a mailbox with as many.
create or replace function bench.insert_the_large(p_workspace text) returns void
language sql
as $$
  insert into public.conversations (workspace_id, id, contact_id, channel)
  values (p_workspace, 'long', bench.id_of('contact', 1), 'web');

  insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at)
  select
    p_workspace, bench.uuid_of('long ' || n), 'long', bench.id_of('contact', 1), 'web', 'inbound',
    'The delivery arrived, but one box is missing.', now() - interval '1 minute' * n
  from generate_series(1, 12000) n;

  insert into public.mailbox_folders (workspace_id, user_id, folder) values (p_workspace, 'keeper', 'archive');

  insert into public.mailbox_messages (workspace_id, user_id, folder, id, from_address, subject, received_at)
  select
    p_workspace, 'keeper', 'archive', bench.uuid_of('kept ' || n), 'person@mail.example', 'The invoice of last month',
    now() - interval '1 minute' * n
  from generate_series(1, 12000) n;
$$;

-- The arguments of each round: a contact with a conversation and a thread, another one each round, and a place deep in the long
-- history of the first workspace.
create or replace function bench.picks(p_workspaces text[], p_contacts integer, p_rounds integer) returns table (
  number bigint, workspace text, user_id text, contact text, email text, phone text, company text, domain text, thread text,
  communication text, deep_at text, deep_id text
)
language sql stable
as $$
  with deep as (
    select m.sent_at, m.id, row_number() over (order by m.sent_at desc, m.id desc) as place
    from public.messages m
    where m.workspace_id = p_workspaces[1] and m.contact_id = bench.id_of('contact', 1)
  )
  select
    picked.number, picked.workspace, bench.user_of(picked.number, p_contacts), c.id, private.email_key(c.email),
    private.phone_key(c.phone), bench.id_of('company', picked.company), 'company' || picked.company || '.example.com',
    bench.id_of('thread', c.number / 10), bench.uuid_of(picked.workspace || ' ' || c.number / 10 || ' 1'),
    to_jsonb(deep.sent_at) #>> '{}', deep.id
  from (
    select
      n as number, p_workspaces[1 + n % cardinality(p_workspaces)] as workspace,
      1 + n % (bench.companies_of(p_contacts) / 5) as company
    from generate_series(1, p_rounds) n
  ) picked
  join deep on deep.place = 9000 + 10 * picked.number
  cross join lateral (
    select k.id, k.email, k.phone, right(k.id, 6)::integer as number
    from public.contacts k
    where k.workspace_id = picked.workspace and right(k.id, 1) = '0' and k.email is not null and k.phone is not null
      and k.id >= bench.id_of('contact', 1 + picked.number::bigint * 7919 % (p_contacts / 2))
    order by k.id
    limit 1
  ) c
$$;

-- Milliseconds of `p_rounds` messages, each inserted into another conversation and committed.
create or replace procedure bench.insert_messages(
  p_workspaces text[], p_contacts integer, p_first integer, p_rounds integer, inout p_times double precision[]
)
language plpgsql
as $$
declare
  v_begun_at timestamptz;
  v_conversation bigint;
begin
  p_times := '{}';
  for round in p_first .. p_first + p_rounds - 1 loop
    v_conversation := 1 + round::bigint * 7919 % (p_contacts / 5);
    v_begun_at := clock_timestamp();
    insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
    values (
      p_workspaces[1 + round % cardinality(p_workspaces)], 'bench_' || bench.uuid_of(round::text),
      bench.id_of('conversation', v_conversation), bench.id_of('contact', 5 * v_conversation), 'web', 'inbound',
      'The delivery arrived, but one box is missing.'
    );
    commit;
    p_times := p_times || extract(epoch from clock_timestamp() - v_begun_at)::double precision * 1000;
  end loop;
end
$$;
