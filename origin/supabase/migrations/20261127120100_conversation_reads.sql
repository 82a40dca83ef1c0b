-- The reads of a lead's conversations, of control and of calls. A lead is a contact. Each function checks the caller and
-- then names the workspace in every statement, so that it runs as its owner: row level security would ask for the caller's
-- workspaces once more for each table.

create function private.message_shown(p_message public.messages) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', p_message.id, 'channel', p_message.channel, 'direction', p_message.direction, 'body', p_message.body,
  'sent_at', p_message.sent_at
);

-- The messages of a contact, newest first: at most `p_count` of them after the first `p_offset`, or after a place. What
-- an offset skips is read in the index alone.
create function private.messages_of(
  p_workspace text, p_contact text, p_count integer, p_offset integer, p_after timestamptz, p_after_id text
) returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  if p_after is null then
    return coalesce(
      (
        select jsonb_agg(private.message_shown(m) order by m.sent_at desc, m.id desc)
        from (
          select o.id from public.messages o
          where o.workspace_id = p_workspace and o.contact_id = p_contact
          order by o.sent_at desc, o.id desc
          limit p_count offset p_offset
        ) page
        join public.messages m on m.workspace_id = p_workspace and m.id = page.id
      ),
      '[]'
    );
  end if;
  return coalesce(
    (
      select jsonb_agg(private.message_shown(found.m) order by (found.m).sent_at desc, (found.m).id desc)
      from (
        select m from public.messages m
        where m.workspace_id = p_workspace and m.contact_id = p_contact and (m.sent_at, m.id) < (p_after, p_after_id)
        order by m.sent_at desc, m.id desc
        limit p_count
      ) found
    ),
    '[]'
  );
end
$$;

-- The newest summary of a contact's conversations, with how many messages came after it, counted up to 1,000
-- (shared/limits.ts: messagesSinceMax); null if there is none.
create function private.summary_of(p_workspace text, p_contact text) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'text', s.text,
    'as_of', s.as_of,
    'open_questions', s.open_questions,
    'messages_since', (
      select count(*)
      from (
        select from public.messages m
        where m.workspace_id = p_workspace and m.contact_id = p_contact and m.sent_at > s.as_of
        limit 1000
      ) since
    )
  )
  from public.conversation_summaries s
  where s.workspace_id = p_workspace and s.contact_id = p_contact
  order by s.as_of desc, s.conversation_id desc
  limit 1
$$;

-- Without a row, the agent answers.
create function private.control_of(p_workspace text, p_contact text) returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(
    (
      select jsonb_build_object('answered_by', l.answered_by, 'user_id', l.user_id, 'since', l.since)
      from public.lead_controls l
      where l.workspace_id = p_workspace and l.contact_id = p_contact
    ),
    '{"answered_by": "ai", "user_id": null, "since": null}'
  )
$$;

-- What a voice agent says and knows of a lead besides the conversations, with the company's id too, since the answer
-- depends on that company even while it does not exist. Null if there is no such contact.
create function private.lead_named(p_workspace text, p_contact text) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', c.id, 'name', c.name, 'company_id', c.company_id, 'language', c.language, 'status', c.status,
    'lead_status', c.lead_status,
    'company', (
      select jsonb_build_object('id', co.id, 'name', co.name) from public.companies co
      where co.workspace_id = p_workspace and co.id = c.company_id
    )
  )
  from public.contacts c
  where c.workspace_id = p_workspace and c.id = p_contact
$$;

-- The workspace as its callers know it. A workspace without a configuration has the defaults of the table's columns.
create function private.organization_of(p_workspace text) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'name', w.name, 'language', coalesce(g.language, 'en'), 'time_zone', coalesce(g.time_zone, 'UTC'),
    'working_hours', coalesce(g.working_hours, '{}')
  )
  from public.workspaces w
  left join public.workspace_configurations g on g.workspace_id = w.id
  where w.id = p_workspace
$$;

-- {"outcome": "ok"}, or the reason why the caller gets no answer about this contact.
create function private.lead_outcome(p_workspace text, p_contact text) returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  return jsonb_build_object('outcome', case
    when private.caller_role(p_workspace) is null then 'forbidden'
    when exists (select from public.contacts c where c.workspace_id = p_workspace and c.id = p_contact) then 'ok'
    else 'not_found'
  end);
end
$$;

create function public.lead_history(
  p_workspace text, p_contact text, p_limit integer, p_offset integer, p_after text, p_after_id text
) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_outcome constant jsonb := private.lead_outcome(p_workspace, p_contact);
  v_messages jsonb;
begin
  perform private.require_argument(p_limit between 1 and 100, 'p_limit must be from 1 to 100');
  perform private.require_argument(p_offset between 0 and 10000, 'p_offset must be from 0 to 10000');
  perform private.require_argument(
    (p_after is null) = (p_after_id is null), 'p_after and p_after_id must both be null or neither'
  );
  perform private.require_argument(
    p_after is null
    or private.is_identifier(p_after_id) and p_offset = 0
    and p_after ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)$',
    'p_after must be an instant with its offset, p_after_id an id, and p_offset 0 with them'
  );
  if v_outcome ->> 'outcome' <> 'ok' then
    return v_outcome;
  end if;
  v_messages := private.messages_of(
    p_workspace, p_contact, p_limit + 1, p_offset, p_after::timestamptz, p_after_id
  );
  return v_outcome || jsonb_build_object(
    'messages', v_messages - p_limit, 'has_more', jsonb_array_length(v_messages) > p_limit
  );
end
$$;

create function public.lead_summary(p_workspace text, p_contact text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_outcome constant jsonb := private.lead_outcome(p_workspace, p_contact);
  v_summary jsonb;
begin
  if v_outcome ->> 'outcome' <> 'ok' then
    return v_outcome;
  end if;
  v_summary := private.summary_of(p_workspace, p_contact);
  if v_summary is null then
    return '{"outcome": "not_found"}';
  end if;
  return v_outcome || v_summary;
end
$$;

create function public.lead_control(p_workspace text, p_contact text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_outcome constant jsonb := private.lead_outcome(p_workspace, p_contact);
begin
  if v_outcome ->> 'outcome' <> 'ok' then
    return v_outcome;
  end if;
  return v_outcome || private.control_of(p_workspace, p_contact);
end
$$;

create function public.lead_context(p_workspace text, p_contact text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_outcome constant jsonb := private.lead_outcome(p_workspace, p_contact);
begin
  if v_outcome ->> 'outcome' <> 'ok' then
    return v_outcome;
  end if;
  return v_outcome || jsonb_build_object(
    'lead', private.lead_named(p_workspace, p_contact),
    'organization', private.organization_of(p_workspace),
    'last_messages', private.messages_of(p_workspace, p_contact, 5, 0, null, null),
    'summary', private.summary_of(p_workspace, p_contact),
    'control', private.control_of(p_workspace, p_contact)
  );
end
$$;

-- The parts of a greeting. `has_talked`: whether there is any conversation with the lead.
create function public.lead_greeting(p_workspace text, p_contact text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_outcome constant jsonb := private.lead_outcome(p_workspace, p_contact);
begin
  if v_outcome ->> 'outcome' <> 'ok' then
    return v_outcome;
  end if;
  return v_outcome || jsonb_build_object(
    'lead', private.lead_named(p_workspace, p_contact),
    'organization', private.organization_of(p_workspace),
    'greetings', coalesce(
      (select g.greetings from public.workspace_configurations g where g.workspace_id = p_workspace), '{}'
    ),
    'has_talked', exists (
      select from public.conversations v where v.workspace_id = p_workspace and v.contact_id = p_contact
    )
  );
end
$$;

create function private.call_session_shown(p_session public.call_sessions) returns jsonb
language sql stable parallel safe
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_session.id, 'contact_id', p_session.contact_id, 'state', p_session.state,
    'started_at', p_session.started_at, 'updated_at', p_session.updated_at
  )
$$;

create function public.call_session(p_workspace text, p_call text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_call), 'p_call must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return '{"outcome": "forbidden"}';
  end if;
  return coalesce(
    (
      select jsonb_build_object('outcome', 'ok') || private.call_session_shown(s)
      from public.call_sessions s
      where s.workspace_id = p_workspace and s.id = p_call
    ),
    '{"outcome": "not_found"}'
  );
end
$$;

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'private.message_shown(public.messages)',
    'private.messages_of(text, text, integer, integer, timestamptz, text)',
    'private.summary_of(text, text)',
    'private.control_of(text, text)',
    'private.lead_named(text, text)',
    'private.organization_of(text)',
    'private.lead_outcome(text, text)',
    'private.call_session_shown(public.call_sessions)'
  ] loop
    execute format('revoke all on function %s from public', v_function);
  end loop;
  foreach v_function in array array[
    'public.lead_history(text, text, integer, integer, text, text)',
    'public.lead_summary(text, text)',
    'public.lead_control(text, text)',
    'public.lead_context(text, text)',
    'public.lead_greeting(text, text)',
    'public.call_session(text, text)'
  ] loop
    execute format('revoke all on function %s from public, anon', v_function);
    execute format('grant execute on function %s to authenticated, service_role', v_function);
  end loop;
end
$$;
