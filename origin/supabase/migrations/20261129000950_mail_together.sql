-- Messages that come while many others of their workspace do are put into the queue together, by one call and in one transaction: each
-- by itself costs a round trip, a commit and a wake-up of the queue, and a burst is where that counts.
--
-- The order of locks is the one of single messages (claim, message id, domain, sender, answers, counts), and within each kind they are
-- taken in one order for all. Nothing is locked here that a message which is processed locks after its claim's own kind, so a call
-- never waits for one that waits for it.

-- Which of these addresses, or of their plain forms, have a contact. A plan is made for each call, as in private.contact_of_address.
create function private.known_senders(p_workspace text, p_addresses text[]) returns text[]
language plpgsql volatile
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
begin
  return array(
    select asked.address
    from unnest(p_addresses) asked (address)
    where exists (
      select from public.contacts c
      where c.workspace_id = p_workspace and c.email is not null and private.email_key(c.email) = asked.address
    ) or (
      private.plain_address(asked.address) <> asked.address and exists (
        select from public.contacts c
        where c.workspace_id = p_workspace and c.email is not null
          and private.email_key(c.email) = private.plain_address(asked.address)
      )
    )
  );
end
$$;

-- The messages that wait for one workspace each, as the rows that they become, at their places in `p_mails`; null for the others, which
-- are those of several workspaces or none, and of workspaces that are not under load: 50 in the last minute, these and the `ahead` of
-- them counted in. Of one message that is there twice, the first.
create function private.claims_under_load(p_mails jsonb, p_is_slow boolean, p_now timestamptz) returns private.inbound_emails[]
language sql volatile
set search_path = ''
as $$
  with given as (
    select g.place, g.entry -> 'mail' as mail, (g.entry ->> 'ahead')::integer as ahead
    from jsonb_array_elements(p_mails) with ordinality g (entry, place)
  ),
  found as (
    select given.place, count(*) as workspaces, min(w.workspace_id) as workspace_id, min(w.address) as address
    from given cross join lateral private.workspaces_of_mail(given.mail -> 'recipients') w
    group by given.place
  ),
  placed as (
    select g.*, f.workspace_id, f.address, private.mail_key(g.mail ->> 'messageId') as message_key
    from given g join found f on f.place = g.place and f.workspaces = 1
  ),
  loaded as (
    select p.workspace_id
    from placed p
    group by p.workspace_id
    having p_is_slow or count(*) + max(p.ahead) + private.mail_volume(p.workspace_id, p_now) > 50
  ),
  firsts as (
    select distinct on (p.workspace_id, p.message_key, p.mail ->> 'digest') p.*
    from placed p join loaded l using (workspace_id)
    order by p.workspace_id, p.message_key, p.mail ->> 'digest', p.place
  )
  select array_agg(
    case when f.place is not null then jsonb_populate_record(null::private.inbound_emails, jsonb_build_object(
      'workspace_id', f.workspace_id, 'message_key', f.message_key, 'digest', f.mail ->> 'digest', 'id', gen_random_uuid(),
      'state', 'limited', 'sender', coalesce(f.mail -> 'from' ->> 'address', ''),
      'sender_domain', f.mail -> 'sender' ->> 'domain', 'recipient', f.address, 'is_reply', f.mail -> 'isReply',
      'is_id_reused', false, 'received_at', p_now, 'duplicates', 0, 'limits_met', 0, 'times_queued', 1, 'failures', 0,
      'mail', f.mail
    )) end
    order by g.place
  )
  from given g left join firsts f on f.place = g.place
$$;

-- Claims those of the messages that nobody has claimed yet, and answers them at their places.
create function private.claim_mails(p_claims private.inbound_emails[]) returns private.inbound_emails[]
language plpgsql volatile
set search_path = ''
as $$
declare
  v_ids text[];
begin
  with claimed as (
    insert into private.inbound_emails (
      workspace_id, message_key, digest, id, state, sender, sender_domain, recipient, is_reply, received_at
    )
    select
      c.workspace_id, c.message_key, c.digest, c.id, 'limited', c.sender, c.sender_domain, c.recipient, c.is_reply, c.received_at
    from unnest(p_claims) c
    where c.id is not null
    order by c.workspace_id, c.message_key, c.digest
    on conflict (workspace_id, message_key, digest) do nothing
    returning id
  )
  select array_agg(claimed.id) into v_ids from claimed;
  return private.claims_of(p_claims, v_ids);
end
$$;

-- The claims with these ids, at their places.
create function private.claims_of(p_claims private.inbound_emails[], p_ids text[]) returns private.inbound_emails[]
language sql immutable
set search_path = ''
as $$
  select array_agg(case when p_claims[place].id = any (p_ids) then p_claims[place] end order by place)
  from generate_subscripts(p_claims, 1) place
$$;

-- Locks what the claims are judged by: their ids, and the senders and domains that are counted for them.
create function private.lock_mails(p_claims private.inbound_emails[]) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  v_kind text;
begin
  foreach v_kind in array array['id', 'domain', 'sender', 'answers'] loop
    perform pg_advisory_xact_lock(locks.lock)
    from (
      select distinct hashtextextended('mail ' || v_kind || ' ' || c.workspace_id || ' ' || named.name, 0) as lock
      from unnest(p_claims) c
      cross join lateral (
        select case v_kind
          when 'id' then c.message_key
          when 'domain' then case when not (c.mail -> 'sender' ->> 'isFreeMail')::boolean then c.sender_domain end
          when 'sender' then c.sender
          when 'answers' then case when c.is_reply then c.sender || ' ' || c.recipient end
        end as name
      ) named
      where c.id is not null and named.name is not null
      order by 1
    ) locks;
  end loop;
end
$$;

-- The claims of senders and domains that have room for all of theirs. The rows of the others are removed: each of these messages is
-- taken by itself, where it is decided which of them meet the limit.
create function private.claims_within_limits(p_claims private.inbound_emails[], p_now timestamptz) returns private.inbound_emails[]
language plpgsql volatile
set search_path = ''
as $$
declare
  v_ids text[];
begin
  with asked as (
    select
      c.id, c.workspace_id, c.sender, c.sender_domain, s.sender_per_hour, s.domain_per_hour,
      c.sender_domain is not null and not (c.mail -> 'sender' ->> 'isFreeMail')::boolean
        and not private.is_domain_listed(c.sender_domain, s.exempt_domains) as has_domain_limit,
      not array[c.sender, private.plain_address(c.sender)] && s.exempt_senders
        and not coalesce(private.is_domain_listed(c.sender_domain, s.exempt_domains), false) as has_sender_limit
    from unnest(p_claims) c
    cross join lateral private.email_settings_of(c.workspace_id) s
    where c.id is not null
  ),
  full_senders as (
    select a.workspace_id, a.sender
    from asked a
    where a.has_sender_limit
    group by a.workspace_id, a.sender
    having count(*) > max(a.sender_per_hour) - (
      select count(*)
      from private.inbound_emails e
      where e.workspace_id = a.workspace_id and e.sender = a.sender and e.accepted_at > p_now - interval '1 hour'
    )
  ),
  full_domains as (
    select a.workspace_id, a.sender_domain
    from asked a
    where a.has_domain_limit
    group by a.workspace_id, a.sender_domain
    having count(*) > max(a.domain_per_hour) - (
      select count(*)
      from private.inbound_emails e
      where e.workspace_id = a.workspace_id and e.sender_domain = a.sender_domain and e.accepted_at > p_now - interval '1 hour'
    )
  )
  select coalesce(array_agg(a.id), '{}') into v_ids
  from asked a
  where not (a.has_sender_limit and (a.workspace_id, a.sender) in (select f.workspace_id, f.sender from full_senders f))
    and not (
      a.has_domain_limit and (a.workspace_id, a.sender_domain) in (select f.workspace_id, f.sender_domain from full_domains f)
    );
  delete from private.inbound_emails e
  using unnest(p_claims) c
  where e.workspace_id = c.workspace_id and e.id = c.id and c.id <> all (v_ids);
  return private.claims_of(p_claims, v_ids);
end
$$;

-- The claims with what is known only now: whether another message has the same id, whether they are automatic, and how urgent they are,
-- as for a message by itself (private.automation_of, private.mail_priority). Of several here, each sees those before it.
create function private.judged_claims(p_claims private.inbound_emails[], p_now timestamptz) returns private.inbound_emails[]
language plpgsql volatile
set search_path = ''
as $$
declare
  v_judged private.inbound_emails[];
begin
  with numbered as (
    select
      c.*, c.ordinality as place,
      row_number() over (partition by c.workspace_id, c.message_key order by c.ordinality) as of_id,
      row_number() over (partition by c.workspace_id, c.sender, c.recipient, c.is_reply order by c.ordinality) as of_two
    from unnest(p_claims) with ordinality c
    where c.id is not null
  ),
  known as (
    select n.workspace_id, private.known_senders(n.workspace_id, array_agg(distinct n.sender)) as senders
    from numbered n
    group by n.workspace_id
  ),
  seen as (
    select
      n.place, n.mail, n.sender, n.workspace_id,
      n.of_id > 1 or exists (
        select from private.inbound_emails e
        where e.workspace_id = n.workspace_id and e.message_key = n.message_key and e.digest <> n.digest
          and e.accepted_at is not null
      ) as is_id_reused,
      case
        when exists (
          select from public.email_addresses a
          where a.workspace_id = n.workspace_id and a.address in (n.sender, private.plain_address(n.sender))
        ) then 'own_address'
        when n.mail ->> 'automated' is not null then n.mail ->> 'automated'
        when n.is_reply and n.of_two > 20 - (
          select count(*)
          from private.inbound_emails e
          where e.workspace_id = n.workspace_id and e.sender = n.sender and e.recipient = n.recipient and e.is_reply
            and e.accepted_at > p_now - interval '1 hour'
        ) then 'loop'
      end as automated
    from numbered n
  ),
  ranked as (
    select
      s.*,
      case s.mail ->> 'importance' when 'high' then 1 when 'low' then -1 else 0 end
      + case when s.automated is not null then -1 when s.sender = any (k.senders) then 1 else 0 end as rank
    from seen s join known k using (workspace_id)
  )
  select array_agg(
    case when r.place is not null then jsonb_populate_record(p_claims[place.place], jsonb_build_object(
      'state', 'queued', 'accepted_at', p_now, 'queued_at', p_now, 'is_id_reused', r.is_id_reused, 'automated', r.automated,
      'priority', case when r.rank > 0 then 'high' when r.rank < 0 then 'low' else 'normal' end
    )) end
    order by place.place
  ) into v_judged
  from generate_subscripts(p_claims, 1) place (place) left join ranked r on r.place = place.place;
  return v_judged;
end
$$;

-- Writes that the messages wait, adds their jobs, and counts them. Their jobs run a second later: until then the burst that they are part of
-- is answered, and processing them would take that time from it.
create function private.queue_claims(p_claims private.inbound_emails[], p_now timestamptz) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  c_delay_ms constant bigint := 1000;
  v_attempts constant integer := coalesce((select q.attempts from private.job_queues q where q.name = 'emails-in'), 3);
  v_workspace text;
  v_queued integer;
begin
  update private.inbound_emails e
  set
    state = c.state, accepted_at = c.accepted_at, queued_at = c.queued_at, times_queued = c.times_queued, priority = c.priority,
    is_id_reused = c.is_id_reused, automated = c.automated, mail = c.mail
  from unnest(p_claims) c
  where e.workspace_id = c.workspace_id and e.message_key = c.message_key and e.digest = c.digest;
  -- As private.add_mail_job adds one.
  perform private.add_jobs('emails-in', jsonb_agg(
    jsonb_build_object(
      'id', c.workspace_id || '~mail-' || c.id || '-' || c.times_queued, 'name', 'process',
      'data', jsonb_build_object('workspaceId', c.workspace_id, 'input', jsonb_build_object('id', c.id)),
      'opts', jsonb_build_object(
        'attempts', v_attempts, 'priority', p.priority, 'delay', c_delay_ms, 'backoff', jsonb_build_object('type', 'declared')
      ),
      'priority', p.priority, 'delay', c_delay_ms, 'attempts', v_attempts
    )
    order by c.ordinality
  ))
  from unnest(p_claims) with ordinality c
  cross join lateral (select case c.priority when 'high' then 1 when 'normal' then 5 else 10 end as priority) p
  where c.id is not null;
  for v_workspace, v_queued in
    select c.workspace_id, count(*) from unnest(p_claims) c where c.id is not null group by c.workspace_id order by c.workspace_id
  loop
    insert into private.inbound_email_hours as h (workspace_id, hour, slot, received, queued)
    values (v_workspace, private.mail_hour(p_now), private.mail_slot(v_workspace), v_queued, v_queued)
    on conflict (workspace_id, hour, slot) do update set
      received = h.received + excluded.received, queued = h.queued + excluded.queued;
    insert into private.inbound_email_domains as d (workspace_id, day, domain, slot, received)
    select v_workspace, private.mail_hour(p_now) / 24, c.sender_domain, private.mail_slot(v_workspace), count(*)
    from unnest(p_claims) c
    where c.workspace_id = v_workspace and c.sender_domain is not null
    group by c.sender_domain
    order by c.sender_domain
    on conflict (workspace_id, day, domain, slot) do update set received = d.received + excluded.received;
  end loop;
end
$$;

-- Puts those of several messages into the queue that may wait there: new ones of a workspace under load, or all new ones if the database
-- is slow. `p_mails`: [{"mail": a JudgedEmail, "ahead": the messages to the same address that are under way before all of these}].
-- Answers {"mails": [a MailOutcome, or null]} at their places. Nothing was written for a message whose answer is null: it is taken by
-- itself (public.inbound_email_take), and so is one that is there already or may have met a limit.
create function public.inbound_email_take_together(p_mails jsonb, p_is_slow boolean) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_claims private.inbound_emails[];
begin
  perform private.require_argument(p_is_slow is not null, 'p_is_slow must be true or false');
  perform private.require_argument(
    private.is_list(p_mails, 100) and not exists (
      select from jsonb_array_elements(p_mails) e (entry)
      where private.is_judged_mail(e.entry -> 'mail') is not true or coalesce((e.entry ->> 'ahead')::integer < 0, true)
    ),
    'p_mails must be a list of at most 100 messages, with what follows from their senders and the number ahead of them'
  );
  if to_regclass('bullmq.job') is not null then
    v_claims := private.claims_under_load(p_mails, p_is_slow, v_now);
    if exists (select from unnest(v_claims) c where c.id is not null) then
      v_claims := private.claim_mails(v_claims);
      perform private.lock_mails(v_claims);
      v_now := clock_timestamp();
      v_claims := private.judged_claims(private.claims_within_limits(v_claims, v_now), v_now);
      if exists (select from unnest(v_claims) c where c.id is not null) then
        perform private.queue_claims(v_claims, v_now);
      end if;
    end if;
  end if;
  return jsonb_build_object('outcome', 'ok', 'mails', (
    select jsonb_agg(
      case when v_claims[place].id is not null then jsonb_build_object(
        'status', 'queued', 'workspaceId', v_claims[place].workspace_id, 'priority', v_claims[place].priority
      ) end
      order by place
    )
    from generate_series(1, jsonb_array_length(p_mails)) place
  ));
end
$$;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'known_senders(text, text[])', 'claims_under_load(jsonb, boolean, timestamptz)', 'claim_mails(private.inbound_emails[])',
    'claims_of(private.inbound_emails[], text[])', 'lock_mails(private.inbound_emails[])',
    'claims_within_limits(private.inbound_emails[], timestamptz)', 'judged_claims(private.inbound_emails[], timestamptz)',
    'queue_claims(private.inbound_emails[], timestamptz)'
  ] loop
    execute format('revoke all on function private.%s from public, anon, authenticated, service_role', v_function);
  end loop;
end
$$;
revoke all on function public.inbound_email_take_together(jsonb, boolean) from public, anon, authenticated;
grant execute on function public.inbound_email_take_together(jsonb, boolean) to service_role;
