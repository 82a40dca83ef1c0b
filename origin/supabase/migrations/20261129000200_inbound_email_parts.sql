-- What a message becomes: its company, its contact, its thread and its communication. These functions run within the transaction that
-- takes the message, in this order, and lock in this order: company, contact, thread. `p_mail` is a JudgedEmail of
-- shared/contract/inbound-email.ts.

-- The key of a message's id, or of a sender's name for a thread.
create function private.mail_key(p_id text) returns text
language sql stable strict
set search_path = ''
as $$
  select encode(sha256(convert_to(p_id, 'UTF8')), 'hex')
$$;

-- An address without the tag behind its plus sign, as shared/contact-points/email.ts finds it.
create function private.plain_address(p_address text) returns text
language sql immutable strict
set search_path = ''
as $$
  select regexp_replace(p_address, '^([^"+][^+]*)\+.*(@[^@]*)$', '\1\2')
$$;

-- Locks a thing of a workspace, by its kind and its name, until the transaction ends.
create function private.lock_mail(p_kind text, p_workspace text, p_name text) returns void
language sql volatile
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('mail ' || p_kind || ' ' || p_workspace || ' ' || p_name, 0))
$$;

-- Locks a thing as private.lock_mail does and answers true, unless another transaction has it locked. Then it waits for the end of that
-- one, locks nothing and answers false, so that all who waited go on at the same time.
create function private.lock_mail_or_wait(p_kind text, p_workspace text, p_name text) returns boolean
language plpgsql volatile
set search_path = ''
as $$
declare
  v_lock constant bigint := hashtextextended('mail ' || p_kind || ' ' || p_workspace || ' ' || p_name, 0);
begin
  if pg_try_advisory_xact_lock(v_lock) then
    return true;
  end if;
  begin
    perform pg_advisory_xact_lock_shared(v_lock);
    raise exception 'waited' using errcode = 'BC001';
  exception
    when sqlstate 'BC001' then
      return false;
  end;
end
$$;

-- The company that has a domain, under the domain itself or under `www.`.
create function private.company_of_domain(p_workspace text, p_domain text) returns text
language sql stable
set search_path = ''
as $$
  select d.company_id
  from public.company_domains d
  where d.workspace_id = p_workspace and d.domain in (p_domain, 'www.' || p_domain)
  order by char_length(d.domain)
  limit 1
$$;

-- The company of the sender's domain; one that is made gets its name by rule. An existing company is left as it is, whatever people
-- named it. Null without a domain of its own, and if there is none and `p_may_create` is false.
create function private.company_of_mail(p_workspace text, p_sender jsonb, p_may_create boolean) returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  v_domain constant text := p_sender ->> 'domain';
  v_company text;
begin
  if v_domain is null or (p_sender ->> 'isFreeMail')::boolean then
    return null;
  end if;
  v_company := private.company_of_domain(p_workspace, v_domain);
  if v_company is not null or not p_may_create or p_sender ->> 'companyName' is null then
    return v_company;
  end if;
  -- Another transaction that makes the same company is waited for here, and nothing stays locked afterwards. The foreign key is checked
  -- when the statement has ended, so the domain may come first.
  with placed as (
    insert into public.company_domains (workspace_id, domain, company_id)
    values (p_workspace, v_domain, gen_random_uuid()::text)
    on conflict (workspace_id, domain) do nothing
    returning company_id
  )
  insert into public.companies (workspace_id, id, name)
  select p_workspace, placed.company_id, p_sender ->> 'companyName'
  from placed
  returning id into v_company;
  if v_company is null then
    v_company := private.company_of_domain(p_workspace, v_domain);
    if v_company is null then
      raise exception 'the company was removed meanwhile' using errcode = 'serialization_failure';
    end if;
  end if;
  return v_company;
end
$$;

-- The contact with an address or its plain form: the most recently active one. A plan is made for each call, because only a plan that
-- knows the workspace reads one partition alone.
create function private.contact_of_address(p_workspace text, p_address text) returns public.contacts
language plpgsql volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  v_contact public.contacts;
begin
  select found_first.* into v_contact
  from (select p_address as address union select private.plain_address(p_address)) asked
  cross join lateral (
    select c.*
    from public.contacts c
    where c.workspace_id = p_workspace and c.email is not null and private.email_key(c.email) = asked.address
    order by c.last_activity_at desc, c.id
    limit 1
  ) found_first
  order by found_first.last_activity_at desc, found_first.id
  limit 1;
  return v_contact;
end
$$;

-- The contact that wrote. A new one stands in the first column of the workspace's first board; without a board there is none.
create function private.contact_of_mail(
  p_workspace text, p_from jsonb, p_company text, p_may_create boolean
) returns public.contacts
language plpgsql volatile
set search_path = ''
as $$
declare
  v_address constant text := p_from ->> 'address';
  v_contact public.contacts;
  v_is_first boolean := false;
begin
  v_contact := private.contact_of_address(p_workspace, v_address);
  -- Messages of one sender at the same time make one contact. Those that waited for it go on together.
  for attempt in 1..3 loop
    exit when v_contact.id is not null or not p_may_create or v_is_first;
    if attempt < 3 then
      v_is_first := private.lock_mail_or_wait('contact', p_workspace, private.plain_address(v_address));
    else
      perform private.lock_mail('contact', p_workspace, private.plain_address(v_address));
    end if;
    v_contact := private.contact_of_address(p_workspace, v_address);
  end loop;
  if v_contact.id is null and p_may_create then
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, email, company_id, source)
    select
      p_workspace, gen_random_uuid()::text, placed.board_id, placed.id,
      left(coalesce(nullif(p_from ->> 'name', ''), v_address), 200), v_address, p_company, 'email'
    from (
      select b.board_id, b.id
      from public.board_columns b
      join public.boards d on d.workspace_id = b.workspace_id and d.id = b.board_id
      where b.workspace_id = p_workspace
      order by d.created_at, d.id, b.position, b.id
      limit 1
      for key share of b
    ) placed
    returning * into v_contact;
  end if;
  return v_contact;
end
$$;

-- The thread of the communication with one of these ids: of the first that there is. The thread is locked against its removal.
create function private.thread_of_ids(p_workspace text, p_ids text[]) returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  v_thread text;
begin
  -- Another transaction may put a thread under another one meanwhile; then its communications are found there.
  for attempt in 1..5 loop
    select c.thread_id into v_thread
    from unnest(p_ids) with ordinality named (id, place)
    join public.communications c
      on c.workspace_id = p_workspace and md5(c.message_id) = md5(named.id) and c.message_id = named.id
    where c.thread_id is not null
    order by named.place, c.sent_at, c.id
    limit 1;
    exit when v_thread is null;
    perform from public.threads t where t.workspace_id = p_workspace and t.id = v_thread for key share;
    exit when found;
  end loop;
  return v_thread;
end
$$;

-- Puts a thread under another one: its communications become the other's, and it is gone.
create function private.thread_merge(p_workspace text, p_thread text, p_target text) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  perform from public.threads t
  where t.workspace_id = p_workspace and t.id in (p_thread, p_target)
  order by t.id
  for update;
  update public.communications c set thread_id = p_target where c.workspace_id = p_workspace and c.thread_id = p_thread;
  insert into private.email_thread_keys (workspace_id, key, thread_id)
  select k.workspace_id, k.key, p_target
  from private.email_thread_keys k
  where k.workspace_id = p_workspace and k.thread_id = p_thread
  on conflict do nothing;
  delete from public.threads t where t.workspace_id = p_workspace and t.id = p_thread;
end
$$;

-- The thread of a message: that of the nearest message that it names; else that of others that name the same missing one, or that
-- wait for this message; else the one that its sender calls by the same name, or that has that name as its id; else a new one.
-- Answers that came before this message, and found nothing that they answer, are put under it.
--
-- A message never joins two threads that both had their beginning: an answer that names messages of two threads goes to the nearer,
-- so that nobody can put foreign threads together by naming them.
create function private.thread_of_mail(p_workspace text, p_mail jsonb, p_company text, p_contact text) returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  v_ids constant text[] := array(
    select named.id from jsonb_array_elements_text(p_mail -> 'references') with ordinality named (id, place)
    where named.id <> p_mail ->> 'messageId'
    order by named.place
  );
  v_own_key constant text := private.mail_key(p_mail ->> 'messageId');
  v_awaited constant text[] := array(select private.mail_key(named.id) from unnest(v_ids) named (id));
  v_name_key constant text := private.mail_key('thread ' || (p_mail ->> 'threadId'));
  v_has_parent boolean;
  v_thread text;
  v_waiting text;
begin
  -- Messages that name a common one follow one another, in one order for all.
  perform pg_advisory_xact_lock(locks.lock)
  from (
    select distinct hashtextextended('mail thread ' || p_workspace || ' ' || named.key, 0) as lock
    from unnest(v_awaited || v_own_key || v_name_key) named (key)
    where named.key is not null
    order by 1
  ) locks;
  v_thread := private.thread_of_ids(p_workspace, v_ids);
  v_has_parent := v_thread is not null;
  if v_thread is null then
    select k.thread_id into v_thread
    from unnest(v_awaited || v_own_key || v_name_key) with ordinality named (key, place)
    join private.email_thread_keys k on k.workspace_id = p_workspace and k.key = named.key
    order by named.place, k.thread_id
    limit 1;
  end if;
  if v_thread is null then
    select t.id into v_thread
    from public.threads t
    where t.workspace_id = p_workspace and t.id = p_mail ->> 'threadId'
    for key share;
  end if;
  if v_thread is null then
    v_thread := gen_random_uuid()::text;
    insert into public.threads (workspace_id, id, subject, company_id, contact_id)
    values (p_workspace, v_thread, p_mail ->> 'subject', p_company, p_contact);
  end if;
  for v_waiting in
    select k.thread_id from private.email_thread_keys k
    where k.workspace_id = p_workspace and k.key = v_own_key and k.thread_id <> v_thread
    order by k.thread_id
  loop
    perform private.thread_merge(p_workspace, v_waiting, v_thread);
  end loop;
  delete from private.email_thread_keys k where k.workspace_id = p_workspace and k.key = v_own_key;
  insert into private.email_thread_keys (workspace_id, key, thread_id)
  select p_workspace, named.key, v_thread
  from unnest(case when v_has_parent then '{}' else v_awaited end || v_name_key) named (key)
  where named.key is not null
  order by named.key
  on conflict do nothing;
  return v_thread;
end
$$;

-- The calendar part of a message as its communication keeps it, with the status that follows from all messages about that meeting:
-- `current`, `superseded` by a later one, or `cancelled`; null for somebody's answer. Only messages of one organizer count together.
-- The statuses of the earlier ones are brought up to date.
create function private.meeting_of_mail(p_workspace text, p_meeting jsonb) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_uid constant text := p_meeting ->> 'uid';
  v_organizer constant text := coalesce(p_meeting ->> 'organizer', '');
  v_sequence constant integer := (p_meeting ->> 'sequence')::integer;
  v_is_cancelled constant boolean := p_meeting ->> 'method' = 'cancel';
  v_later jsonb;
begin
  if p_meeting is null or jsonb_typeof(p_meeting) = 'null' then
    return null;
  end if;
  if p_meeting ->> 'method' in ('reply', 'counter') then
    return p_meeting || '{"status": null}';
  end if;
  perform private.lock_mail('meeting', p_workspace, v_uid);
  select c.meeting into v_later
  from public.communications c
  where c.workspace_id = p_workspace and c.meeting is not null and md5(c.meeting ->> 'uid') = md5(v_uid)
    and c.meeting ->> 'uid' = v_uid and coalesce(c.meeting ->> 'organizer', '') = v_organizer
    and c.meeting ->> 'method' in ('request', 'publish', 'cancel')
    -- RFC 5546 section 3.2.5: a cancellation may have the sequence of what it cancels.
    and ((c.meeting ->> 'sequence')::integer > v_sequence
      or (c.meeting ->> 'sequence')::integer = v_sequence and c.meeting ->> 'method' = 'cancel' and not v_is_cancelled)
  order by (c.meeting ->> 'sequence')::integer desc, c.meeting ->> 'method' = 'cancel' desc
  limit 1;
  if v_later is not null then
    return p_meeting || jsonb_build_object(
      'status', case when v_later ->> 'method' = 'cancel' then 'cancelled' else 'superseded' end
    );
  end if;
  update public.communications c
  set meeting = c.meeting || jsonb_build_object('status', case when v_is_cancelled then 'cancelled' else 'superseded' end)
  where c.workspace_id = p_workspace and c.meeting is not null and md5(c.meeting ->> 'uid') = md5(v_uid)
    and c.meeting ->> 'uid' = v_uid and coalesce(c.meeting ->> 'organizer', '') = v_organizer
    and c.meeting ->> 'method' in ('request', 'publish', 'cancel');
  return p_meeting || jsonb_build_object('status', case when v_is_cancelled then 'cancelled' else 'current' end);
end
$$;

-- Makes the communication of a message, and all that it belongs to. An automatic message finds its company and its contact if they are
-- there, and makes none; one from the workspace's own address has none.
create function private.communication_of_mail(p_workspace text, p_claim private.inbound_emails, p_mail jsonb) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_id constant text := gen_random_uuid()::text;
  v_is_personal constant boolean := p_claim.automated is null;
  v_is_own constant boolean := p_claim.sender = '' or p_claim.automated is not distinct from 'own_address';
  v_user text;
  v_company text;
  v_contact public.contacts;
  v_thread text;
begin
  select a.user_id into v_user
  from public.email_addresses a
  where a.address = p_claim.recipient and a.workspace_id = p_workspace;
  if not v_is_own then
    v_company := private.company_of_mail(p_workspace, p_mail -> 'sender', v_is_personal);
    v_contact := private.contact_of_mail(p_workspace, p_mail -> 'from', v_company, v_is_personal);
    v_company := coalesce(
      v_company,
      (select c.id from public.companies c where c.workspace_id = p_workspace and c.id = v_contact.company_id)
    );
  end if;
  v_thread := private.thread_of_mail(p_workspace, p_mail, v_company, v_contact.id);
  insert into public.communications (
    workspace_id, id, thread_id, company_id, contact_id, user_id, direction, from_address, to_addresses, subject, body, sent_at,
    message_id, automated, importance, is_id_reused, meeting
  )
  values (
    p_workspace, v_id, v_thread, v_company, v_contact.id, v_user, 'inbound',
    coalesce(nullif(p_claim.sender, ''), '<>'), array(select jsonb_array_elements_text(p_mail -> 'to')),
    p_mail ->> 'subject', left(p_mail ->> 'text', 4000),
    -- A message cannot have been sent after it came; what its clock says beyond a day is not believed.
    case
      when (p_mail ->> 'sentAt')::timestamptz <= p_claim.received_at + interval '24 hours' then (p_mail ->> 'sentAt')::timestamptz
      else p_claim.received_at
    end,
    p_mail ->> 'messageId', p_claim.automated, p_mail ->> 'importance', p_claim.is_id_reused,
    private.meeting_of_mail(p_workspace, p_mail -> 'meeting')
  );
  -- A statement that adds no row has its triggers run all the same.
  if p_mail -> 'attachments' <> '[]' then
    insert into public.communication_attachments (workspace_id, communication_id, position, name, content_type, size_bytes)
    select
      p_workspace, v_id, attached.place - 1, attached.part ->> 'name', attached.part ->> 'contentType',
      (attached.part ->> 'sizeBytes')::bigint
    from jsonb_array_elements(p_mail -> 'attachments') with ordinality attached (part, place)
    where attached.place <= 100;
  end if;
  if char_length(p_mail ->> 'text') > 4000 then
    insert into public.communication_texts (workspace_id, communication_id, text)
    values (p_workspace, v_id, p_mail ->> 'text');
  end if;
  return jsonb_build_object(
    'communicationId', v_id, 'companyId', v_company, 'contactId', v_contact.id, 'threadId', v_thread
  );
end
$$;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'mail_key(text)', 'plain_address(text)', 'lock_mail(text, text, text)', 'lock_mail_or_wait(text, text, text)',
    'company_of_domain(text, text)', 'company_of_mail(text, jsonb, boolean)',
    'contact_of_address(text, text)', 'contact_of_mail(text, jsonb, text, boolean)', 'thread_of_ids(text, text[])',
    'thread_merge(text, text, text)', 'thread_of_mail(text, jsonb, text, text)', 'meeting_of_mail(text, jsonb)',
    'communication_of_mail(text, private.inbound_emails, jsonb)'
  ] loop
    execute format('revoke all on function private.%s from public, anon, authenticated, service_role', v_function);
  end loop;
end
$$;
