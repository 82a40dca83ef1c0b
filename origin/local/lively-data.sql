-- Workspace 15214 of the local stack: a hotel group whose boards, conversations, communications and figures are in use. It runs
-- after reference-data.sql, whose names and draws it uses. The same seed gives the same data, relative to `as_of`, the
-- moment of the first start; the last 90 days before it are the busy ones.
--
--   select reference_data.enliven(seed, contacts, as_of); -- before finish, on a database whose 15214 has no contacts
--
-- It answers how many rows each table has, as SQL counts them: with 20,000 contacts, 200,000 messages and 60,000
-- communications. Each contact's last activity and last message are those of its messages. No instant is later than `as_of`.

-- What is drawn, before it is inserted: all tables refer to it. They are empty again at the end.
create unlogged table reference_data.lively_contacts (
  number integer primary key,
  id text not null,
  script integer not null,
  given bigint not null,
  family bigint not null,
  first_draw bigint not null,
  second_draw bigint not null,
  company integer,
  assigned_to text
);
create unlogged table reference_data.lively_conversations (
  number integer primary key,
  id text not null,
  contact integer not null,
  contact_id text not null,
  channel text not null,
  user_id text not null,
  first_draw bigint not null,
  messages integer not null,
  started_at timestamptz not null,
  last_at timestamptz not null
);
create unlogged table reference_data.lively_messages (
  id text not null,
  conversation_id text not null,
  contact integer not null,
  contact_id text not null,
  channel text not null,
  direction text not null,
  body text not null,
  sent_at timestamptz not null
);
create unlogged table reference_data.lively_threads (
  number integer primary key,
  id text not null,
  contact_id text not null,
  company_id text,
  address text not null,
  user_id text not null,
  subject text not null,
  first_draw bigint not null,
  communications integer not null,
  started_at timestamptz not null,
  last_at timestamptz not null
);

-- The people who work there. The first two can sign in (origin/local/sign-ins.ts).
create function reference_data.lively_user(draw bigint) returns text
language sql immutable parallel safe
return (
  array[
    '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000006',
    '00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000a2',
    '00000000-0000-4000-8000-0000000000a3', '00000000-0000-4000-8000-0000000000a4'
  ]
)[1 + draw % 6];

-- A moment within 90 days before `as_of`, more often a recent one.
create function reference_data.lively_moment(as_of timestamptz, draw bigint) returns timestamptz
language sql immutable parallel safe
return as_of - interval '2160 hours' * power((draw + 1) / 2147483649::float8, 1.2);

-- Companies with their domains. Every eighth has a second domain, and every twentieth one with letters beyond ASCII.
create function reference_data.insert_lively_companies(companies integer, as_of timestamptz) returns void
language sql
as $$
  with named as (
    select
      n,
      'company_' || lpad(n::text, 4, '0') as id,
      (array['Alder', 'Birch', 'Cedar', 'Delphi', 'Ekali', 'Ferry', 'Golden', 'Harbour', 'Ionia', 'Juniper', 'Kallisto', 'Lindos'])
        [1 + n % 12] as first_word,
      (array['Travel', 'Tours', 'Events', 'Catering', 'Linen', 'Yachting', 'Wines', 'Logistics', 'Weddings', 'Interiors'])
        [1 + n / 12 % 10] as second_word
    from generate_series(1, companies) n
  ), inserted as (
    insert into public.companies (workspace_id, id, name, website, industry, employees, created_at, updated_at)
    select
      '15214', id, first_word || ' ' || second_word || case when n > 120 then ' ' || n else '' end,
      'https://www.' || lower(first_word || '-' || second_word) || n || '.example.org',
      lower(second_word), n * 37 % 900, as_of - interval '1 hour' * (n * 17 % 26280), as_of - interval '1 hour' * (n % 2160)
    from named
    returning 1
  )
  insert into public.company_domains (workspace_id, domain, company_id)
  select '15214', lower(first_word || '-' || second_word) || n || '.example.org', id from named
  union all
  select '15214', lower(second_word) || n || '.example.org', id from named where n % 8 = 0
  union all
  select '15214', 'xn--' || lower(first_word) || n || '-gva.example.org', id from named where n % 20 = 0
$$;

-- Everything that is drawn for a contact.
create function reference_data.draw_lively_contacts(seed integer, contacts integer, companies integer) returns void
language plpgsql
as $$
begin
  insert into reference_data.lively_contacts
  select
    n as number,
    'contact_' || lpad(n::text, 6, '0') as id,
    case when drawn.script % 26 < 13 then 0 else drawn.script % 26 - 12 end as script,
    drawn.given,
    drawn.family,
    drawn.first_draw,
    drawn.second_draw,
    case when n % 5 < 3 then 1 + n % companies end as company,
    -- A quarter is assigned to nobody.
    case when drawn.second_draw % 4 > 0 then reference_data.lively_user(drawn.first_draw / 4) end as assigned_to
  from generate_series(1, contacts) n
  cross join lateral (
    select
      reference_data.draw(seed, '15214', n, 20) as script,
      reference_data.draw(seed, '15214', n, 21) as given,
      reference_data.draw(seed, '15214', n, 22) as family,
      reference_data.draw(seed, '15214', n, 23) as first_draw,
      reference_data.draw(seed, '15214', n, 24) as second_draw
  ) drawn;
  analyze reference_data.lively_contacts;
end
$$;

-- Two conversations for each contact on average, with five messages on average. The first contacts have more of them.
create function reference_data.draw_lively_conversations(seed integer, contacts integer, as_of timestamptz) returns void
language plpgsql
as $$
begin
  insert into reference_data.lively_conversations
  select
    k as number,
    'conversation_' || lpad(k::text, 6, '0') as id,
    c.number as contact,
    c.id as contact_id,
    (array['voice', 'web', 'whatsapp', 'whatsapp', 'email', 'sms'])[1 + drawn.first_draw % 6] as channel,
    coalesce(c.assigned_to, reference_data.lively_user(drawn.first_draw / 8)) as user_id,
    drawn.first_draw,
    (array[1, 2, 3, 4, 6, 7, 8, 9])[1 + k % 8] as messages,
    begun.at as started_at,
    begun.at + least(
      interval '1 minute' * (3 + drawn.first_draw / 64 % 1400), (as_of - begun.at) * (drawn.first_draw / 2147483648::float8)
    ) as last_at
  from generate_series(1, 2 * contacts) k
  cross join lateral (
    select reference_data.draw(seed, '15214', k, 30) as first_draw, reference_data.draw(seed, '15214', k, 31) as contact
  ) drawn
  cross join lateral (
    select reference_data.lively_moment(as_of, reference_data.draw(seed, '15214', k, 32)) as at
  ) begun
  join reference_data.lively_contacts c
    on c.number = 1 + floor(contacts * power(drawn.contact / 2147483648::float8, 1.5))::integer;

  insert into reference_data.lively_messages
  select
    v.id || '.' || j as id,
    v.id as conversation_id,
    v.contact,
    v.contact_id,
    v.channel,
    case when (j + v.number) % 2 = 0 then 'inbound' else 'outbound' end as direction,
    case
      when (j + v.number) % 2 = 0 then s.sentences[1 + (v.first_draw / 32 + j) % cardinality(s.sentences)]
      else (array[
        'Good day, this is Ξένια Hotels. How can we help you?', 'Your booking is confirmed. We look forward to your stay.',
        'Breakfast is served from seven to half past ten.', 'The transfer from the airport is booked for you.',
        'I have asked the kitchen, and they will prepare it for you.', 'A late check-out until two is possible.'
      ])[1 + (v.first_draw / 128 + j) % 6]
    end as body,
    v.started_at + (v.last_at - v.started_at) * (j::float8 / v.messages) as sent_at
  from reference_data.lively_conversations v
  join reference_data.lively_contacts c on c.number = v.contact
  join reference_data.scripts s using (script)
  cross join lateral generate_series(1, v.messages) j;
  analyze reference_data.lively_conversations;
  analyze reference_data.lively_messages;
end
$$;

create function reference_data.insert_lively_contacts(as_of timestamptz) returns void
language sql
as $$
  insert into public.contacts (
    workspace_id, id, board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response,
    follow_up, is_favorite, is_archived, sentiment, source, lead_status, tags, last_message, last_activity_at,
    created_at, updated_at, company_id, language, follow_up_at
  )
  select
    '15214', c.id,
    case when c.second_draw % 5 < 4 then 'board_214' else 'board_1' end,
    'col_' || case when c.second_draw % 5 < 4 then 1 + least(c.first_draw % 3, c.second_draw / 8 % 3) else 11 + c.first_draw % 2 end,
    case
      when c.number = 42 then 'Ann Lee'
      when s.is_family_first then s.family[1 + c.family % cardinality(s.family)] || s.given[1 + c.given % cardinality(s.given)]
      else s.given[1 + c.given % cardinality(s.given)] || ' ' || s.family[1 + c.family % cardinality(s.family)]
    end,
    -- People write addresses in either case, and some with a part after a plus sign.
    case
      when c.number = 42 then 'Ann.Lee+news@mail.example.org'
      when c.second_draw % 12 > 0 then
        case when c.number % 10 = 0 then initcap(latin.given) else latin.given end || '.' || latin.family || c.number
        || case when c.number % 40 = 0 then '+hotel' else '' end
        || '@' || coalesce(d.domain, (array['mail', 'post', 'letters'])[1 + c.given % 3] || '.example.org')
    end,
    -- Mostly numbers of Greek mobile phones, in the notations in which people write them.
    case
      when c.number = 42 then '691 234 5678'
      when c.first_draw % 12 = 0 then null
      when c.first_draw % 12 < 6 then '+3069' || lpad((c.family % 100000000)::text, 8, '0')
      when c.first_draw % 12 < 8 then '0030 69' || lpad((c.family % 100000000)::text, 8, '0')
      when c.first_draw % 12 < 10 then '69' || lpad((c.family % 100000000)::text, 8, '0')
      when c.first_draw % 12 = 10 then '+49 151 ' || lpad((c.family % 100000000)::text, 8, '0')
      else '+1 (212) 555-' || lpad((c.family % 10000)::text, 4, '0')
    end,
    (array['open', 'open', 'open', 'open', 'pending', 'pending', 'closed', 'closed', 'waiting', 'snoozed'])[1 + c.family / 16 % 10],
    (array['high', 'medium', 'medium', 'medium', 'low', 'high', 'medium', 'low'])[1 + c.given / 16 % 8],
    c.assigned_to,
    last.direction is not distinct from 'inbound' and last.sent_at > as_of - interval '336 hours',
    due.at is not null,
    c.first_draw / 16 % 50 = 0,
    c.first_draw / 16 % 20 = 7,
    (array['positive', 'neutral', 'positive', 'negative', 'neutral', null])[1 + c.second_draw / 16 % 6],
    (array['website', 'referral', 'import', 'phone', 'email', null])[1 + c.second_draw / 128 % 6],
    (array['new', 'contacted', 'qualified', 'won', 'lost', null])[1 + c.given / 256 % 6],
    (array['{}', '{newsletter}', '{vip}', '{wedding}', '{conference,vip}', '{}'])[1 + c.family / 256 % 6]::text[],
    last.body,
    active.at,
    -- Half of them came within the days before their last activity, the others within four years.
    active.at - interval '1 hour' * (c.given / 512 % case when c.second_draw % 2 = 0 then 1440 else 35040 end),
    active.at,
    'company_' || lpad(c.company::text, 4, '0'),
    (array['en', 'es', 'de', 'tr', 'pl', 'uk', 'el', 'ar', 'he', 'zh', 'ja', 'ko', 'hi', 'th'])[1 + c.script],
    due.at
  from reference_data.lively_contacts c
  join reference_data.scripts s using (script)
  left join lateral (
    select lower(split_part(k.website, 'www.', 2)) as domain
    from public.companies k
    where k.workspace_id = '15214' and k.id = 'company_' || lpad(c.company::text, 4, '0')
  ) d on true
  left join (
    select distinct on (contact) contact, direction, body, sent_at from reference_data.lively_messages order by contact, sent_at desc, id desc
  ) last on last.contact = c.number
  cross join lateral (
    select coalesce(last.sent_at, reference_data.lively_moment(as_of, c.first_draw)) as at
  ) active
  cross join lateral (
    select
      s.given_latin[1 + c.given % cardinality(s.given)] as given, s.family_latin[1 + c.family % cardinality(s.family)] as family
  ) latin
  cross join lateral (
    select case when c.second_draw / 64 % 12 = 0 then as_of + interval '1 hour' * (c.first_draw / 64 % 480 - 96) end as at
  ) due
$$;

create function reference_data.insert_lively_conversations(as_of timestamptz) returns void
language sql
as $$
  insert into public.conversations (workspace_id, id, contact_id, channel, user_id, is_unread, started_at, ended_at)
  select
    '15214', v.id, v.contact_id, v.channel, v.user_id,
    (v.messages + v.number) % 2 = 0 and v.last_at > as_of - interval '96 hours' and v.first_draw / 16 % 3 > 0,
    v.started_at,
    case when v.last_at < as_of - interval '24 hours' then v.last_at end
  from reference_data.lively_conversations v;

  insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at)
  select '15214', id, conversation_id, contact_id, channel, direction, body, sent_at from reference_data.lively_messages;

  insert into public.conversation_summaries (workspace_id, conversation_id, as_of, contact_id, text, open_questions)
  select
    '15214', v.id, v.last_at, v.contact_id,
    (array[
      'The guest asked about a room for the weekend and wants an offer by e-mail.',
      'A booking was changed to two more nights. The guest is pleased.',
      'The guest complained about the air conditioning; a technician is on the way.',
      'A company asked for twelve rooms during a conference.'
    ])[1 + v.first_draw / 32 % 4],
    (array['{}', '{"Which date suits you?"}', '{"Is a cot needed?","Who pays for the transfer?"}'])[1 + v.first_draw / 512 % 3]::text[]
  from reference_data.lively_conversations v
  where v.messages >= 6 and v.last_at < as_of;

  insert into public.lead_controls (workspace_id, contact_id, answered_by, user_id, since)
  select
    '15214', c.id, case when c.first_draw % 3 = 0 then 'ai' else 'human' end,
    case when c.first_draw % 3 > 0 then reference_data.lively_user(c.second_draw) end,
    reference_data.lively_moment(as_of, c.given)
  from reference_data.lively_contacts c
  where c.number % 40 = 2;

  insert into public.call_sessions (workspace_id, id, contact_id, state, started_at, updated_at)
  select
    '15214', 'call_' || lpad(c.number::text, 4, '0'), c.id, '{"step": "greeting", "turns": 3}',
    as_of - interval '1 minute' * c.number, as_of - interval '20 seconds'
  from reference_data.lively_contacts c
  where c.number <= 6
$$;

-- Threads of four communications on average, some of them with attachments.
create function reference_data.insert_lively_communications(
  seed integer, contacts integer, as_of timestamptz
) returns void
language plpgsql
as $$
begin
  insert into reference_data.lively_threads
  select
    t as number,
    'thread_' || lpad(t::text, 5, '0') as id,
    c.id as contact_id,
    'company_' || lpad(c.company::text, 4, '0') as company_id,
    coalesce(k.email, 'guest' || c.number || '@mail.example.org') as address,
    coalesce(c.assigned_to, reference_data.lively_user(drawn.first_draw / 8)) as user_id,
    (array['An offer for twelve rooms', 'The invoice of last month', 'Your stay in May', 'A wedding on the roof terrace',
      'The linen of next week', 'Ihre Buchung', 'Transfer vom Flughafen', 'Η κράτησή σας'])[1 + drawn.first_draw / 16 % 8] as subject,
    drawn.first_draw,
    (array[1, 2, 3, 4, 5, 6, 7, 4])[1 + t % 8] as communications,
    begun.at as started_at,
    begun.at + least(
      interval '1 hour' * (1 + drawn.first_draw / 64 % 200), (as_of - begun.at) * (drawn.first_draw / 2147483648::float8)
    ) as last_at
  from generate_series(1, 3 * contacts / 4) t
  cross join lateral (
    select reference_data.draw(seed, '15214', t, 40) as first_draw, reference_data.draw(seed, '15214', t, 41) as contact
  ) drawn
  cross join lateral (
    select reference_data.lively_moment(as_of, reference_data.draw(seed, '15214', t, 42)) as at
  ) begun
  join reference_data.lively_contacts c on c.number = 1 + drawn.contact % contacts
  join public.contacts k on k.workspace_id = '15214' and k.id = c.id;

  insert into public.threads (workspace_id, id, subject, company_id, contact_id, created_at, updated_at)
  select '15214', id, subject, company_id, contact_id, started_at, last_at from reference_data.lively_threads;

  insert into public.communications (
    workspace_id, id, thread_id, company_id, contact_id, user_id, direction, from_address, to_addresses, subject, body, sent_at
  )
  select
    '15214', t.id || '.' || j, t.id, t.company_id, t.contact_id, t.user_id,
    case when j % 2 = 1 then 'inbound' else 'outbound' end,
    case when j % 2 = 1 then t.address else 'reception@xenia.example.org' end,
    array[case when j % 2 = 1 then 'reception@xenia.example.org' else t.address end],
    case when j = 1 then t.subject else 'Re: ' || t.subject end,
    (array[
      'Dear colleagues, could you please send us the numbers again? With kind regards', 'Attached you find the offer as discussed.',
      'Many thanks, that suits us well.', 'We have noted the date and will come back to you tomorrow.',
      'Please find the corrected invoice attached.'
    ])[1 + (t.first_draw / 32 + j) % 5],
    t.started_at + (t.last_at - t.started_at) * (j::float8 / t.communications)
  from reference_data.lively_threads t
  cross join lateral generate_series(1, t.communications) j;

  insert into public.communication_attachments (workspace_id, communication_id, position, name, content_type, size_bytes)
  select
    '15214', t.id || '.1', p, case p when 0 then 'offer.pdf' else 'photo-' || p || '.jpg' end,
    case p when 0 then 'application/pdf' else 'image/jpeg' end, 20000 + (t.first_draw / 8 + p * 7919) % 900000
  from reference_data.lively_threads t
  cross join lateral generate_series(0, t.first_draw % 3) p
  where t.first_draw / 4 % 3 = 0;
end
$$;

create function reference_data.insert_lively_figures(seed integer, contacts integer, as_of timestamptz) returns void
language sql
as $$
  insert into public.campaigns (workspace_id, id, name, created_at)
  select '15214', 'campaign_' || n, name, as_of - interval '240 hours' * n
  from unnest(array['Easter on Rhodes', 'Wedding season', 'Conference rooms', 'Early birds', 'Wine tasting', 'Winter offer'])
    with ordinality listed (name, n);

  insert into public.campaign_sends (workspace_id, campaign_id, contact_id, outcome, updated_at)
  select
    '15214', 'campaign_' || n, c.id,
    case when n = 1 and drawn.first_draw % 3 = 0 then 'queued'
      else (array['sent', 'delivered', 'delivered', 'read', 'read', 'read', 'replied', 'failed'])[1 + drawn.first_draw % 8] end,
    as_of - interval '240 hours' * n + interval '1 minute' * (drawn.first_draw % 1440)
  from generate_series(1, 6) n
  join reference_data.lively_contacts c on c.number % 6 < n
  cross join lateral (select reference_data.draw(seed, '15214', c.number, 50 + n) as first_draw) drawn;

  insert into public.segments (workspace_id, id, name, board_id, board_column_id, filters, excluded_filters, created_at)
  values
    ('15214', 'segment_1', 'Open and urgent', null, null, '{open,high_priority}', '{archived}', as_of),
    ('15214', 'segment_2', 'Guests to answer', 'board_214', null, '{needs_response}', '{archived}', as_of),
    ('15214', 'segment_3', 'Unassigned guests', 'board_214', null, '{unassigned}', '{closed,archived}', as_of),
    ('15214', 'segment_4', 'New leads', 'board_214', 'col_1', '{}', '{archived}', as_of),
    ('15214', 'segment_5', 'Unhappy customers', null, null, '{unhappy_customers}', '{}', as_of),
    ('15214', 'segment_6', 'Suppliers', 'board_1', null, '{}', '{archived}', as_of);

  -- One row for each of the 90 days before the first start, in the workspace's own days.
  with days as (
    select d::date as day, d at time zone 'Europe/Athens' as since, (d + interval '1 day') at time zone 'Europe/Athens' as until
    from generate_series(
      (as_of at time zone 'Europe/Athens')::date - 90, (as_of at time zone 'Europe/Athens')::date - 1, interval '1 day'
    ) d
  ), talked as (
    select
      (sent_at at time zone 'Europe/Athens')::date as day,
      count(*) filter (where direction = 'inbound') as inbound, count(*) filter (where direction = 'outbound') as outbound
    from reference_data.lively_messages group by 1
  ), written as (
    select (sent_at at time zone 'Europe/Athens')::date as day, count(*) as communications
    from public.communications where workspace_id = '15214' group by 1
  ), called as (
    select (started_at at time zone 'Europe/Athens')::date as day, count(*) as calls
    from reference_data.lively_conversations where channel = 'voice' group by 1
  ), came as (
    select (created_at at time zone 'Europe/Athens')::date as day, count(*) as contacts
    from public.contacts where workspace_id = '15214' group by 1
  )
  insert into public.analytics_snapshots (
    workspace_id, day, contacts, new_contacts, messages_inbound, messages_outbound, communications, calls
  )
  select
    '15214', days.day, (select coalesce(sum(c.contacts), 0) from came c where c.day <= days.day), coalesce(came.contacts, 0),
    coalesce(talked.inbound, 0), coalesce(talked.outbound, 0), coalesce(written.communications, 0), coalesce(called.calls, 0)
  from days
  left join talked using (day)
  left join written using (day)
  left join called using (day)
  left join came using (day)
$$;

create function reference_data.insert_lively_configuration(seed integer, as_of timestamptz) returns void
language sql
as $$
  insert into public.workspace_configurations (workspace_id, language, region, time_zone, working_hours, greetings)
  values (
    '15214', 'en', 'GR', 'Europe/Athens',
    '{"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]], "thu": [["09:00", "18:00"]],
      "fri": [["09:00", "18:00"]], "sat": [["10:00", "14:00"]]}',
    '{"voice": "{greeting}, {name}. This is Ξένια Hotels. How can I help you?"}'
  );

  insert into public.phone_numbers (phone, workspace_id, label) values
    ('+302101234567', '15214', 'Reception, Athens'), ('+302241098765', '15214', 'Reception, Rhodes');

  insert into public.webhook_sources (workspace_id, id, name, kind, event_types, is_active) values
    ('15214', 'source_booking', 'Booking engine', 'booking', '{booking.created,booking.cancelled}', true),
    ('15214', 'source_reviews', 'Guest reviews', 'reviews', '{review.posted}', true),
    ('15214', 'source_old', 'Old website', 'form', '{}', false);

  insert into public.mailbox_folders (workspace_id, user_id, folder, synced_at)
  select '15214', reference_data.lively_user(u), folder, as_of
  from generate_series(0, 1) u, unnest(array['inbox', 'sent', 'archive']) folder;

  insert into public.mailbox_messages (
    workspace_id, user_id, folder, id, from_address, from_name, subject, preview, is_read, received_at
  )
  select
    f.workspace_id, f.user_id, f.folder, 'mail_' || lpad(n::text, 4, '0'),
    case f.folder when 'sent' then 'reception@xenia.example.org' else t.address end, null, t.subject,
    'Dear colleagues, ' || lower(t.subject), f.folder <> 'inbox' or t.first_draw % 4 > 0, t.last_at
  from public.mailbox_folders f
  cross join lateral generate_series(1, 120) n
  join reference_data.lively_threads t on t.number = 1 + reference_data.draw(seed, f.user_id || f.folder, n, 60) % (select count(*) from reference_data.lively_threads)
  where f.workspace_id = '15214'
$$;

create function reference_data.enliven(seed integer, contacts integer, as_of timestamptz) returns jsonb
language plpgsql
as $$
declare
  v_companies constant integer := greatest(8, contacts / 25);
  v_table text;
  v_rows bigint;
  v_counts jsonb := '{}';
begin
  perform reference_data.hold(array[
    'public.conversations', 'public.messages', 'public.conversation_summaries', 'public.communications', 'public.campaign_sends'
  ]::regclass[]);
  perform reference_data.insert_lively_companies(v_companies, as_of);
  perform reference_data.draw_lively_contacts(seed, contacts, v_companies);
  perform reference_data.draw_lively_conversations(seed, contacts, as_of);
  perform reference_data.insert_lively_contacts(as_of);
  perform reference_data.insert_lively_conversations(as_of);
  perform reference_data.insert_lively_communications(seed, contacts, as_of);
  perform reference_data.insert_lively_figures(seed, contacts, as_of);
  perform reference_data.insert_lively_configuration(seed, as_of);
  foreach v_table in array array[
    'contacts', 'companies', 'conversations', 'messages', 'threads', 'communications', 'communication_attachments',
    'campaigns', 'campaign_sends', 'segments', 'analytics_snapshots', 'mailbox_messages'
  ] loop
    execute format('select count(*) from public.%I where workspace_id = %L', v_table, '15214') into v_rows;
    v_counts := v_counts || jsonb_build_object(v_table, v_rows);
  end loop;
  truncate
    reference_data.lively_contacts, reference_data.lively_conversations, reference_data.lively_messages,
    reference_data.lively_threads;
  return v_counts;
end
$$;
