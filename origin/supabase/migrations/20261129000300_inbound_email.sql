-- Taking messages in. One call is one transaction: the claim, the limits, and then the communication or the job that will make it.
-- Locks are taken in this order everywhere: claim, message id, domain, sender, answers, company, contact, thread, counts. A deadlock, a
-- serialization failure and a lost race for a unique row are tried again by the caller.
--
-- Messages of one domain or one sender that come at the same time follow one another only where they must: next to a limit, and until
-- the company and the contact are there that the first of them makes.

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

-- The hour of an instant, numbered from 1970 on.
create function private.mail_hour(p_at timestamptz) returns integer
language sql immutable strict
set search_path = ''
as $$
  select floor(extract(epoch from p_at) / 3600)::integer
$$;

-- Counts what one message did. It comes last in a transaction, so that the rows of counts are locked for a moment only. Every message
-- that came is `received`; one that only the queue dealt with is not.
create function private.count_mail(
  p_workspace text, p_at timestamptz, p_domain text, p_received integer, p_duplicates integer, p_limited integer, p_queued integer,
  p_processed integer, p_failed integer, p_processing_ms numeric
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

-- The instant until which a sender, or a domain, that has met its limit is limited; null if it has not. Exact: the messages of the
-- last hour are counted in a transaction that has its turn among those of the sender or domain (private.mail_turn), and the instant at
-- which a message is taken comes after that count.
create function private.mail_limited_until(
  p_workspace text, p_sender text, p_domain text, p_max integer, p_now timestamptz
) returns timestamptz
language plpgsql stable
set search_path = ''
as $$
declare
  v_oldest timestamptz;
begin
  if p_domain is null then
    select e.accepted_at into v_oldest
    from private.inbound_emails e
    where e.workspace_id = p_workspace and e.sender = p_sender and e.accepted_at > p_now - interval '1 hour'
    order by e.accepted_at desc
    offset p_max - 1
    limit 1;
  else
    select e.accepted_at into v_oldest
    from private.inbound_emails e
    where e.workspace_id = p_workspace and e.sender_domain = p_domain and e.accepted_at > p_now - interval '1 hour'
    order by e.accepted_at desc
    offset p_max - 1
    limit 1;
  end if;
  return v_oldest + interval '1 hour';
end
$$;

-- A message's turn among those of its sender or, with a domain, of that domain. Answers whether it has to be counted exactly: then no
-- other message has a turn until this transaction ends.
--
-- Far from the limit 16 messages may have a turn at the same time. Each takes one of 16 numbered locks and then counts those that were
-- committed. If these and 16 more do not exceed the limit, nothing that is under way can: of any messages that were accepted, the last one
-- that counted saw each of the others as committed, or as one of the 15 other locks. A message that counts more waits until it has its
-- turn alone.
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

-- The limits of a workspace; the defaults for one that has none of its own.
create function private.email_settings_of(p_workspace text) returns private.email_settings
language plpgsql stable
set search_path = ''
as $$
declare
  v_settings private.email_settings;
begin
  select * into v_settings from private.email_settings s where s.workspace_id = p_workspace;
  if not found then
    v_settings := row(p_workspace, 100, 500, '{}', '{}')::private.email_settings;
  end if;
  return v_settings;
end
$$;

-- The most specific part of a domain that a list names, so that `acme.example` exempts what comes from `mail.acme.example` too.
create function private.is_domain_listed(p_domain text, p_list text[]) returns boolean
language sql immutable
set search_path = ''
as $$
  select exists (
    select from unnest(p_list) listed (domain)
    where p_domain = listed.domain or right(p_domain, char_length(listed.domain) + 1) = '.' || listed.domain
  )
$$;

-- How urgent a waiting message is: important ones and those of known contacts go first, automatic and unimportant ones last.
create function private.mail_priority(p_workspace text, p_mail jsonb, p_automated text) returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  v_rank integer := case p_mail ->> 'importance' when 'high' then 1 when 'low' then -1 else 0 end;
begin
  if p_automated is not null then
    v_rank := v_rank - 1;
  elsif (private.contact_of_address(p_workspace, p_mail -> 'from' ->> 'address')).id is not null then
    v_rank := v_rank + 1;
  end if;
  return case when v_rank > 0 then 'high' when v_rank < 0 then 'low' else 'normal' end;
end
$$;

-- Adds the job of a claim, under an id of its own each time that it is queued. False if this deployment has no queues.
create function private.add_mail_job(p_claim private.inbound_emails) returns boolean
language sql volatile
set search_path = ''
as $$
  select private.add_job(
    'emails-in', 'process', p_claim.workspace_id, jsonb_build_object('id', p_claim.id),
    'mail-' || p_claim.id || '-' || p_claim.times_queued,
    case p_claim.priority when 'high' then 1 when 'normal' then 5 else 10 end
  ) is not null
$$;

-- Makes the communication of a claim, whose row the transaction has locked, and answers its outcome.
create function private.process_mail(p_claim private.inbound_emails, p_mail jsonb, p_begun_at timestamptz) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_made jsonb;
  v_took_ms numeric;
  v_now timestamptz;
begin
  v_made := private.communication_of_mail(p_claim.workspace_id, p_claim, p_mail);
  v_now := clock_timestamp();
  v_took_ms := round(extract(epoch from v_now - p_begun_at) * 1000, 3);
  update private.inbound_emails e
  set
    state = 'processed', processed_at = v_now, processing_ms = v_took_ms, mail = null, automated = p_claim.automated,
    is_id_reused = p_claim.is_id_reused, accepted_at = p_claim.accepted_at,
    communication_id = v_made ->> 'communicationId', company_id = v_made ->> 'companyId',
    contact_id = v_made ->> 'contactId', thread_id = v_made ->> 'threadId'
  where e.workspace_id = p_claim.workspace_id and e.message_key = p_claim.message_key and e.digest = p_claim.digest;
  return v_made || jsonb_build_object(
    'status', 'processed', 'workspaceId', p_claim.workspace_id, 'automated', p_claim.automated,
    'isIdReused', p_claim.is_id_reused, 'processingMs', v_took_ms, 'processedAt', v_now
  );
end
$$;

-- The outcome of a message that is known. One that was given up is queued again, since it comes again.
create function private.seen_mail(p_claim private.inbound_emails, p_now timestamptz) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_claim private.inbound_emails := p_claim;
  v_is_revived boolean := false;
begin
  v_claim.duplicates := v_claim.duplicates + 1;
  if v_claim.state = 'failed' then
    v_claim.times_queued := v_claim.times_queued + 1;
    v_is_revived := private.add_mail_job(v_claim);
  end if;
  update private.inbound_emails e
  set
    duplicates = v_claim.duplicates,
    state = case when v_is_revived then 'queued' else e.state end,
    queued_at = case when v_is_revived then p_now else e.queued_at end,
    times_queued = case when v_is_revived then v_claim.times_queued else e.times_queued end
  where e.workspace_id = v_claim.workspace_id and e.message_key = v_claim.message_key and e.digest = v_claim.digest;
  perform private.count_mail(
    v_claim.workspace_id, p_now, v_claim.sender_domain, 1, 1, 0, v_is_revived::integer, 0, 0, null
  );
  return jsonb_build_object(
    'status', 'seen', 'workspaceId', v_claim.workspace_id,
    'state', case when v_claim.state = 'processed' then 'completed' else 'processing' end,
    'processedAt', v_claim.processed_at
  );
end
$$;

-- The workspaces that have an address among the recipients, each once with the first such address, in the order of the recipients. An
-- address with a tag behind a plus sign is found itself before its plain form is.
create function private.workspaces_of_mail(p_recipients jsonb) returns table (workspace_id text, address text, place bigint)
language sql stable
set search_path = ''
as $$
  select distinct on (a.workspace_id) a.workspace_id, a.address, named.place * 2 + asked.is_plain::integer
  from jsonb_array_elements_text(p_recipients) with ordinality named (address, place)
  cross join lateral (
    select named.address as address, false as is_plain
    union all
    select private.plain_address(named.address), true where private.plain_address(named.address) <> named.address
  ) asked
  join public.email_addresses a on a.address = asked.address
  order by a.workspace_id, 3
$$;

-- Takes a message in for a workspace. Without `p_workspace`: for the only one that has an address among the recipients; if there are
-- several, their ids are answered, and it is called for each. `p_is_slow`: the database is slow, so that new messages are queued.
--
-- `p_mail` is a JudgedEmail, and the answer's `mail` a MailOutcome (shared/contract/inbound-email.ts). Outcomes besides ok:
-- recipient_unknown.
create function public.inbound_email_take(p_mail jsonb, p_workspace text, p_is_slow boolean) returns jsonb
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
      v_claim.workspace_id, v_processed_at, null, 0, 0, 0, 0, 1, 0, (v_made ->> 'processingMs')::numeric
    );
  end if;
  perform private.count_mail(
    v_claim.workspace_id, v_now, v_claim.sender_domain, 1, 0, 0, 0, v_is_one_hour::integer, 0,
    case when v_is_one_hour then (v_made ->> 'processingMs')::numeric end
  );
  return jsonb_build_object('outcome', 'ok', 'mail', v_made - 'processedAt');
end
$$;

-- Whether this is a JudgedEmail as far as these functions rely on it; the origin has checked all of it.
create function private.is_judged_mail(p_mail jsonb) returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(
    private.is_object(p_mail, 8388608)
    and char_length(p_mail ->> 'messageId') between 1 and 998
    and p_mail ->> 'digest' ~ '^[0-9a-f]{64}$'
    and private.is_list(p_mail -> 'recipients', 10000)
    and private.is_list(p_mail -> 'to', 50)
    and private.is_list(p_mail -> 'references', 20)
    and private.is_list(p_mail -> 'attachments', 100)
    and jsonb_typeof(p_mail -> 'isReply') = 'boolean'
    and jsonb_typeof(p_mail -> 'sender' -> 'isFreeMail') = 'boolean'
    and p_mail ->> 'importance' in ('low', 'normal', 'high')
    and (p_mail -> 'from' = 'null' or char_length(p_mail -> 'from' ->> 'address') between 3 and 320)
    and (p_mail -> 'sender' ->> 'domain' is null or char_length(p_mail -> 'sender' ->> 'domain') between 3 and 253)
    and char_length(p_mail ->> 'subject') <= 500
    and char_length(p_mail ->> 'text') <= 524288,
    false
  )
$$;

-- Writes down that a message met a limit, and answers its outcome.
create function private.limit_mail(
  p_claim private.inbound_emails, p_sender_until timestamptz, p_domain_until timestamptz, p_now timestamptz
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  v_until constant timestamptz := greatest(p_sender_until, p_domain_until);
begin
  update private.inbound_emails e
  set state = 'limited', limited_at = p_now, limited_until = v_until, limits_met = e.limits_met + 1
  where e.workspace_id = p_claim.workspace_id and e.message_key = p_claim.message_key and e.digest = p_claim.digest;
  perform private.count_mail(p_claim.workspace_id, p_now, p_claim.sender_domain, 1, 0, 1, 0, 0, 0, null);
  return jsonb_build_object(
    'status', 'limited', 'workspaceId', p_claim.workspace_id,
    'scope', case when v_until = p_sender_until then 'sender' else 'domain' end,
    'retryAfterSeconds', greatest(1, ceil(extract(epoch from v_until - p_now)))::integer,
    'limitedUntil', v_until
  );
end
$$;

-- Why a message is an automatic one: it is from an address of the workspace itself, it says so (`p_said`), or it is one answer too many
-- between the same two addresses within an hour, which is a loop. Null if it is not.
create function private.automation_of(p_claim private.inbound_emails, p_said text) returns text
language plpgsql stable
set search_path = ''
as $$
begin
  if exists (
    select from public.email_addresses a
    where a.workspace_id = p_claim.workspace_id and a.address in (p_claim.sender, private.plain_address(p_claim.sender))
  ) then
    return 'own_address';
  end if;
  if p_said is not null then
    return p_said;
  end if;
  if p_claim.is_reply and (
    select count(*)
    from (
      select from private.inbound_emails e
      where e.workspace_id = p_claim.workspace_id and e.sender = p_claim.sender and e.recipient = p_claim.recipient and e.is_reply
        and e.accepted_at > p_claim.accepted_at - interval '1 hour'
      limit 20
    ) answers
  ) >= 20 then
    return 'loop';
  end if;
  return null;
end
$$;

-- The messages that a workspace took in the last minute, counted up to 50.
create function private.mail_volume(p_workspace text, p_now timestamptz) returns bigint
language sql stable
set search_path = ''
as $$
  select count(*)
  from (
    select from private.inbound_emails e
    where e.workspace_id = p_workspace and e.accepted_at > p_now - interval '1 minute'
    limit 50
  ) taken
$$;

-- What the job of a waiting message does, in the transaction that marks it as done. Answers whether it did anything: another run may
-- have been first.
create function private.run_mail_job(p_workspace text, p_id text) returns jsonb
language plpgsql volatile
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_begun_at constant timestamptz := clock_timestamp();
  v_claim private.inbound_emails;
  v_made jsonb;
begin
  select * into v_claim from private.inbound_emails e where e.workspace_id = p_workspace and e.id = p_id for update;
  if not found then
    return '{"outcome": "not_found"}';
  end if;
  if v_claim.state not in ('queued', 'failed') then
    return '{"outcome": "known"}';
  end if;
  v_made := private.process_mail(v_claim, v_claim.mail, v_begun_at);
  perform private.count_mail(
    p_workspace, (v_made ->> 'processedAt')::timestamptz, null, 0, 0, 0, 0, 1, 0, (v_made ->> 'processingMs')::numeric
  );
  return jsonb_build_object('outcome', 'done', 'communicationId', v_made ->> 'communicationId');
end
$$;

-- Gives a waiting message up after its last run. The message stays, so that it can be tried again.
create function private.give_up_mail(p_workspace text, p_id text) returns boolean
language plpgsql volatile
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
begin
  update private.inbound_emails e
  set state = 'failed', failed_at = v_now, failures = e.failures + 1
  where e.workspace_id = p_workspace and e.id = p_id and e.state = 'queued';
  if not found then
    return false;
  end if;
  perform private.count_mail(p_workspace, v_now, null, 0, 0, 0, 0, 0, 1, null);
  return true;
end
$$;

-- Brings back waiting messages whose job is not there any more, or ended without them: somebody removed or cancelled it, or the process
-- died while it gave the message up. After three jobs a message is given up.
create function private.recover_mail(p_rows integer) returns integer
language plpgsql volatile
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_claim private.inbound_emails;
  v_recovered integer := 0;
begin
  if to_regclass('bullmq.job') is null then
    return 0;
  end if;
  for v_claim in
    select e.*
    from private.inbound_emails e
    where e.state = 'queued'
      -- The oldest ones. Others become old, so each is looked at in time, whatever waits.
      and (e.workspace_id, e.id) in (
        select old.workspace_id, old.id from private.inbound_emails old
        where old.state = 'queued' and old.queued_at < clock_timestamp() - interval '2 minutes'
        order by old.queued_at
        limit 5000
      )
      and not private.has_live_mail_job(e.workspace_id || '~mail-' || e.id || '-' || e.times_queued)
    order by e.queued_at
    limit p_rows
    for update skip locked
  loop
    v_recovered := v_recovered + 1;
    if v_claim.times_queued >= 3 then
      perform private.give_up_mail(v_claim.workspace_id, v_claim.id);
      continue;
    end if;
    v_claim.times_queued := v_claim.times_queued + 1;
    perform private.add_mail_job(v_claim);
    update private.inbound_emails e
    set times_queued = v_claim.times_queued, queued_at = clock_timestamp()
    where e.workspace_id = v_claim.workspace_id and e.id = v_claim.id;
    perform private.count_mail(v_claim.workspace_id, clock_timestamp(), null, 0, 0, 0, 1, 0, 0, null);
  end loop;
  return v_recovered;
end
$$;

-- Whether a job will still run. bullmq.job is bound when this runs, since its schema may be made later than this function.
create function private.has_live_mail_job(p_id text) returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select from bullmq.job j where j.queue = 'emails-in' and j.id = p_id and j.state::text not in ('completed', 'failed')
  );
end
$$;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'mail_slot(text)', 'mail_turn(text, text, text, integer)', 'mail_hour(timestamptz)',
    'count_mail(text, timestamptz, text, integer, integer, integer, integer, integer, integer, numeric)',
    'mail_limited_until(text, text, text, integer, timestamptz)', 'email_settings_of(text)', 'is_domain_listed(text, text[])',
    'mail_priority(text, jsonb, text)', 'add_mail_job(private.inbound_emails)',
    'process_mail(private.inbound_emails, jsonb, timestamptz)', 'seen_mail(private.inbound_emails, timestamptz)',
    'workspaces_of_mail(jsonb)', 'is_judged_mail(jsonb)',
    'limit_mail(private.inbound_emails, timestamptz, timestamptz, timestamptz)',
    'automation_of(private.inbound_emails, text)', 'mail_volume(text, timestamptz)', 'run_mail_job(text, text)',
    'give_up_mail(text, text)', 'recover_mail(integer)', 'has_live_mail_job(text)'
  ] loop
    execute format('revoke all on function private.%s from public, anon, authenticated, service_role', v_function);
  end loop;
end
$$;
revoke all on function public.inbound_email_take(jsonb, text, boolean) from public, anon, authenticated;
grant execute on function public.inbound_email_take(jsonb, text, boolean) to service_role;
