-- What a communication keeps of an inbound message is shown: that it is an automatic one, in every list; in its thread also its
-- importance, whether its id was used again, and its calendar part. As before otherwise.

create function private.meeting_shown(p_meeting jsonb) returns jsonb
language sql stable
set search_path = ''
set timezone = 'UTC'
as $$
  select case
    when p_meeting is not null then jsonb_build_object(
      'uid', p_meeting -> 'uid', 'method', p_meeting -> 'method', 'sequence', p_meeting -> 'sequence',
      'status', p_meeting -> 'status', 'summary', p_meeting -> 'summary', 'location', p_meeting -> 'location',
      'starts_at', (p_meeting ->> 'startsAt')::timestamptz, 'ends_at', (p_meeting ->> 'endsAt')::timestamptz,
      'is_all_day', p_meeting -> 'isAllDay', 'organizer', p_meeting -> 'organizer',
      'attendees', case when jsonb_typeof(p_meeting -> 'attendees') = 'array' then jsonb_array_length(p_meeting -> 'attendees') else 0 end
    )
  end
$$;
revoke all on function private.meeting_shown(jsonb) from public, anon, authenticated, service_role;

-- The newest communications of a company. Bodies are cut to their beginning.
create or replace function public.company_communications(p_workspace text, p_company text, p_limit integer) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_shown jsonb[];
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_company), 'p_company must have 1 to 128 characters');
  perform private.require_argument(p_limit between 1 and 100, 'p_limit must be from 1 to 100');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  if not exists (select from public.companies c where c.workspace_id = p_workspace and c.id = p_company) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  v_shown := array(
    select jsonb_build_object(
      'id', c.id, 'thread_id', c.thread_id, 'contact_id', c.contact_id, 'user_id', c.user_id,
      'direction', c.direction, 'from_address', c.from_address, 'to_addresses', c.to_addresses,
      'subject', c.subject, 'preview', left(c.body, 200), 'sent_at', c.sent_at, 'automated', c.automated
    )
    from public.communications c
    where c.workspace_id = p_workspace and c.company_id = p_company
    order by c.sent_at desc, c.id desc
    limit p_limit + 1
  );
  return jsonb_build_object(
    'outcome', 'ok', 'communications', to_jsonb(v_shown[:p_limit]), 'has_more', cardinality(v_shown) > p_limit
  );
end
$$;

-- A thread with its newest 50 communications.
create or replace function public.thread(p_workspace text, p_thread text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_thread jsonb;
  v_shown jsonb[];
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_thread), 'p_thread must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select jsonb_build_object(
    'id', t.id, 'subject', t.subject, 'company_id', t.company_id, 'contact_id', t.contact_id,
    'created_at', t.created_at, 'updated_at', t.updated_at
  )
  into v_thread
  from public.threads t
  where t.workspace_id = p_workspace and t.id = p_thread;
  if v_thread is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  v_shown := array(
    select jsonb_build_object(
      'id', c.id, 'company_id', c.company_id, 'contact_id', c.contact_id, 'user_id', c.user_id,
      'direction', c.direction, 'from_address', c.from_address, 'to_addresses', c.to_addresses,
      'subject', c.subject, 'body', c.body, 'sent_at', c.sent_at,
      'automated', c.automated, 'importance', c.importance, 'is_id_reused', c.is_id_reused,
      'meeting', private.meeting_shown(c.meeting),
      'attachments', (
        select count(*)
        from public.communication_attachments a
        where a.workspace_id = c.workspace_id and a.communication_id = c.id
      )
    )
    from public.communications c
    where c.workspace_id = p_workspace and c.thread_id = p_thread
    order by c.sent_at desc, c.id desc
    limit 51
  );
  return jsonb_build_object(
    'outcome', 'ok', 'thread', v_thread, 'communications', to_jsonb(v_shown[:50]), 'has_more', cardinality(v_shown) > 50
  );
end
$$;
