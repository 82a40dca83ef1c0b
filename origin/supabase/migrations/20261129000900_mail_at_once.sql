-- Messages of one domain or one sender that come at the same time follow one another only where they must: next to a limit, and until
-- the company and the contact are there that the first of them makes. Before, each waited for the commit of the one before it.
--
-- The order of locks: claim, message id, domain, sender, answers, company, contact, thread, counts.

-- A message's turn among those of its sender or, with a domain, of that domain. Answers whether it has to be counted exactly: then no
-- other message has a turn until this transaction ends.
--
-- Far from the limit 16 messages may have a turn at the same time. Each takes one of 16 numbered locks and then counts those that were
-- committed. If these and 16 more do not exceed the limit, nothing that is under way can: of any messages that were accepted, the last one
-- that counted saw each of the others as committed, or as one of the 15 other locks. A message that counts more waits until it has its
-- turn alone. Transactions of the release before took that lock alone always.
create function private.mail_turn(p_workspace text, p_sender text, p_domain text, p_max integer) returns boolean
language plpgsql volatile
set search_path = ''
as $$
declare
  c_turns constant integer := 16;
  v_name constant text := 'mail ' || case when p_domain is null then 'sender ' else 'domain ' end || p_workspace || ' '
    || coalesce(p_domain, p_sender);
  v_turn integer := pg_backend_pid() % c_turns;
begin
  if p_max >= c_turns then
    begin
      perform pg_advisory_xact_lock_shared(hashtextextended(v_name, 0));
      for tried in 1..c_turns loop
        exit when pg_try_advisory_xact_lock(hashtextextended(v_name, 1 + v_turn));
        v_turn := (v_turn + 1) % c_turns;
        if tried = c_turns then
          perform pg_advisory_xact_lock(hashtextextended(v_name, 1 + v_turn));
        end if;
      end loop;
      if private.mail_limited_until(p_workspace, p_sender, p_domain, p_max - c_turns + 1, clock_timestamp()) is null then
        return false;
      end if;
      -- Gives up the locks of this block, which two transactions could otherwise hold while each waits for the other's.
      raise exception 'near the limit' using errcode = 'BC001';
    exception
      when sqlstate 'BC001' then
        null;
    end;
  end if;
  perform pg_advisory_xact_lock(hashtextextended(v_name, 0));
  return true;
end
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

-- The slot in which this transaction counts messages of a workspace: one that no other transaction counts in, while there is one.
create function private.mail_slot(p_workspace text) returns smallint
language plpgsql volatile
set search_path = ''
as $$
begin
  for slot in 0..7 loop
    if pg_try_advisory_xact_lock(hashtextextended('mail counts ' || p_workspace, slot)) then
      return slot;
    end if;
  end loop;
  return pg_backend_pid() % 8;
end
$$;

-- Counts what one message did. It comes last in a transaction, so that the rows of counts are locked for a moment only. Every message
-- that came is `received`; one that only the queue dealt with is not.
create or replace function private.count_mail(
  p_workspace text, p_at timestamptz, p_domain text, p_received integer, p_duplicates integer, p_limited integer, p_queued integer,
  p_processed integer, p_failed integer, p_processing_ms double precision
) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  v_slot constant smallint := private.mail_slot(p_workspace);
begin
  insert into private.inbound_email_hours as h (
    workspace_id, hour, slot, received, duplicates, limited, queued, processed, failed, processing_ms, processing_ms_max, slow
  )
  values (
    p_workspace, private.mail_hour(p_at), v_slot, p_received, p_duplicates, p_limited, p_queued, p_processed, p_failed,
    coalesce(p_processing_ms, 0), coalesce(p_processing_ms, 0), (coalesce(p_processing_ms, 0) > 200)::integer
  )
  on conflict (workspace_id, hour, slot) do update set
    received = h.received + excluded.received,
    duplicates = h.duplicates + excluded.duplicates,
    limited = h.limited + excluded.limited,
    queued = h.queued + excluded.queued,
    processed = h.processed + excluded.processed,
    failed = h.failed + excluded.failed,
    processing_ms = h.processing_ms + excluded.processing_ms,
    processing_ms_max = greatest(h.processing_ms_max, excluded.processing_ms_max),
    slow = h.slow + excluded.slow;
  if p_domain is not null and p_received > 0 then
    insert into private.inbound_email_domains as d (workspace_id, day, domain, slot, received, duplicates, limited)
    values (p_workspace, private.mail_hour(p_at) / 24, p_domain, v_slot, p_received, p_duplicates, p_limited)
    on conflict (workspace_id, day, domain, slot) do update set
      received = d.received + excluded.received,
      duplicates = d.duplicates + excluded.duplicates,
      limited = d.limited + excluded.limited;
  end if;
end
$$;

-- The company of the sender's domain; one that is made gets its name by rule. An existing company is left as it is, whatever people
-- named it. Null without a domain of its own, and if there is none and `p_may_create` is false.
create or replace function private.company_of_mail(p_workspace text, p_sender jsonb, p_may_create boolean) returns text
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

-- The contact that wrote. A new one stands in the first column of the workspace's first board; without a board there is none.
create or replace function private.contact_of_mail(
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

-- Makes the communication of a message, and all that it belongs to. An automatic message finds its company and its contact if they are
-- there, and makes none; one from the workspace's own address has none.
create or replace function private.communication_of_mail(p_workspace text, p_claim private.inbound_emails, p_mail jsonb) returns jsonb
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

-- Takes a message in for a workspace. Without `p_workspace`: for the only one that has an address among the recipients; if there are
-- several, their ids are answered, and it is called for each. `p_is_slow`: the database is slow, so that new messages are queued.
--
-- `p_mail` is a JudgedEmail, and the answer's `mail` a MailOutcome (shared/contract/inbound-email.ts). Outcomes besides ok:
-- recipient_unknown.
create or replace function public.inbound_email_take(p_mail jsonb, p_workspace text, p_is_slow boolean) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_begun_at constant timestamptz := clock_timestamp();
  v_found jsonb;
  v_claim private.inbound_emails;
  v_known private.inbound_emails;
  v_settings private.email_settings;
  v_has_domain_limit boolean;
  v_has_sender_limit boolean;
  v_is_domain_near boolean := false;
  v_is_sender_near boolean := false;
  v_until timestamptz;
  v_domain_until timestamptz;
  v_now timestamptz;
  v_made jsonb;
  v_processed_at timestamptz;
  v_is_one_hour boolean;
begin
  perform private.require_argument(
    p_workspace is null or private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters, or be null'
  );
  perform private.require_argument(p_is_slow is not null, 'p_is_slow must be true or false');
  perform private.require_argument(private.is_judged_mail(p_mail), 'p_mail must be a message with what follows from its sender');
  select coalesce(jsonb_agg(jsonb_build_object('id', w.workspace_id, 'address', w.address) order by w.place), '[]') into v_found
  from private.workspaces_of_mail(p_mail -> 'recipients') w
  where p_workspace is null or w.workspace_id = p_workspace;
  if v_found = '[]' then
    return jsonb_build_object('outcome', 'recipient_unknown');
  end if;
  if jsonb_array_length(v_found) > 1 then
    return jsonb_build_object('outcome', 'ok', 'workspaces', jsonb_path_query_array(v_found, '$[*].id'));
  end if;

  v_claim.workspace_id := v_found -> 0 ->> 'id';
  v_claim.recipient := v_found -> 0 ->> 'address';
  v_claim.message_key := private.mail_key(p_mail ->> 'messageId');
  v_claim.digest := p_mail ->> 'digest';
  v_claim.id := gen_random_uuid()::text;
  v_claim.sender := coalesce(p_mail -> 'from' ->> 'address', '');
  v_claim.sender_domain := p_mail -> 'sender' ->> 'domain';
  v_claim.is_reply := (p_mail ->> 'isReply')::boolean;

  -- The claim. Whoever else brings the same message waits here until this transaction has ended. `limited` is what the row says if the
  -- transaction ends at the limits.
  insert into private.inbound_emails (
    workspace_id, message_key, digest, id, state, sender, sender_domain, recipient, is_reply, received_at
  )
  values (
    v_claim.workspace_id, v_claim.message_key, v_claim.digest, v_claim.id, 'limited', v_claim.sender, v_claim.sender_domain,
    v_claim.recipient, v_claim.is_reply, v_begun_at
  )
  on conflict (workspace_id, message_key, digest) do nothing
  returning * into v_known;
  if not found then
    select * into v_known
    from private.inbound_emails e
    where e.workspace_id = v_claim.workspace_id and e.message_key = v_claim.message_key and e.digest = v_claim.digest
    for update;
    if not found then
      raise exception 'the claim was removed meanwhile' using errcode = 'serialization_failure';
    end if;
  end if;
  if v_known.accepted_at is not null then
    return jsonb_build_object('outcome', 'ok', 'mail', private.seen_mail(v_known, clock_timestamp()));
  end if;
  v_claim := v_known;

  -- Of messages with one id and different digests, each but the first must see that there was one.
  perform private.lock_mail('id', v_claim.workspace_id, v_claim.message_key);

  -- The limits: new messages only. A message that was limited before is a new one.
  v_settings := private.email_settings_of(v_claim.workspace_id);
  v_has_domain_limit := v_claim.sender_domain is not null and not (p_mail -> 'sender' ->> 'isFreeMail')::boolean
    and not private.is_domain_listed(v_claim.sender_domain, v_settings.exempt_domains);
  v_has_sender_limit := not array[v_claim.sender, private.plain_address(v_claim.sender)] && v_settings.exempt_senders
    and not coalesce(private.is_domain_listed(v_claim.sender_domain, v_settings.exempt_domains), false);
  if v_has_domain_limit then
    v_is_domain_near := private.mail_turn(
      v_claim.workspace_id, v_claim.sender, v_claim.sender_domain, v_settings.domain_per_hour
    );
  end if;
  if v_has_sender_limit then
    v_is_sender_near := private.mail_turn(v_claim.workspace_id, v_claim.sender, null, v_settings.sender_per_hour);
  end if;
  if v_claim.is_reply then
    -- Answers between the same two addresses are counted one after the other, to find loops.
    perform private.lock_mail('answers', v_claim.workspace_id, v_claim.sender || ' ' || v_claim.recipient);
  end if;
  v_now := clock_timestamp();
  if v_is_sender_near then
    v_until := private.mail_limited_until(
      v_claim.workspace_id, v_claim.sender, null, v_settings.sender_per_hour, v_now
    );
  end if;
  if v_is_domain_near then
    v_domain_until := private.mail_limited_until(
      v_claim.workspace_id, v_claim.sender, v_claim.sender_domain, v_settings.domain_per_hour, v_now
    );
  end if;
  if v_until is not null or v_domain_until is not null then
    return jsonb_build_object('outcome', 'ok', 'mail', private.limit_mail(v_claim, v_until, v_domain_until, v_now));
  end if;

  v_claim.accepted_at := v_now;
  v_claim.is_id_reused := exists (
    select from private.inbound_emails e
    where e.workspace_id = v_claim.workspace_id and e.message_key = v_claim.message_key and e.digest <> v_claim.digest
      and e.accepted_at is not null
  );
  v_claim.automated := private.automation_of(v_claim, p_mail ->> 'automated');
  if p_is_slow or private.mail_volume(v_claim.workspace_id, v_now) >= 50 then
    v_claim.priority := private.mail_priority(v_claim.workspace_id, p_mail, v_claim.automated);
    v_claim.times_queued := 1;
    if private.add_mail_job(v_claim) then
      update private.inbound_emails e
      set
        state = 'queued', accepted_at = v_now, queued_at = v_now, times_queued = 1, priority = v_claim.priority,
        is_id_reused = v_claim.is_id_reused, automated = v_claim.automated, mail = p_mail
      where e.workspace_id = v_claim.workspace_id and e.message_key = v_claim.message_key and e.digest = v_claim.digest;
      perform private.count_mail(v_claim.workspace_id, v_now, v_claim.sender_domain, 1, 0, 0, 1, 0, 0, null);
      return jsonb_build_object(
        'outcome', 'ok',
        'mail', jsonb_build_object('status', 'queued', 'workspaceId', v_claim.workspace_id, 'priority', v_claim.priority)
      );
    end if;
  end if;
  v_made := private.process_mail(v_claim, p_mail, v_begun_at);
  v_processed_at := (v_made ->> 'processedAt')::timestamptz;
  v_is_one_hour := private.mail_hour(v_processed_at) = private.mail_hour(v_now);
  if not v_is_one_hour then
    perform private.count_mail(
      v_claim.workspace_id, v_processed_at, null, 0, 0, 0, 0, 1, 0, (v_made ->> 'processingMs')::double precision
    );
  end if;
  perform private.count_mail(
    v_claim.workspace_id, v_now, v_claim.sender_domain, 1, 0, 0, 0, v_is_one_hour::integer, 0,
    case when v_is_one_hour then (v_made ->> 'processingMs')::double precision end
  );
  return jsonb_build_object('outcome', 'ok', 'mail', v_made - 'processedAt');
end
$$;

revoke all on function private.mail_turn(text, text, text, integer) from public, anon, authenticated, service_role;
revoke all on function private.lock_mail_or_wait(text, text, text) from public, anon, authenticated, service_role;
revoke all on function private.mail_slot(text) from public, anon, authenticated, service_role;
