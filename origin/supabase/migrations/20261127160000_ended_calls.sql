-- Calls that have ended, as the voice platform reports them: their conversation with its messages and its summary, once
-- however often the platform reports them.

-- The platform's ids of the conversations that were stored. They stay when a conversation is deleted, so that a report
-- that comes late or again does not bring it back.
create table private.ended_calls (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  stored_at private.instant not null default now(),
  primary key (workspace_id, id)
);
alter table private.ended_calls enable row level security;
revoke all on table private.ended_calls from public, anon, authenticated, service_role;

-- Stores a call under the lead with one of the keys `p_keys` (private.phone_key), the most recently active one; without
-- such a lead it makes one with the number `p_phone`, in the first column of the workspace's first board. If the call's
-- conversation is there already, because something was noted in it during the call, the call is stored under its lead.
--
-- `p_call`: {"conversationId", "callId", "startedAt", "endedAt", "messages": [{"direction", "body", "sentAt"}],
-- "summary": {"text", "openQuestions"} | null}. Outcomes: not_found if there is no such workspace.
create function public.ended_call_store(p_workspace text, p_phone text, p_keys text[], p_call jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_id constant text := p_call ->> 'conversationId';
  v_conversation constant text := p_call ->> 'callId';
  v_ended_at constant timestamptz := (p_call ->> 'endedAt')::timestamptz;
  v_mark bigint;
  v_contact text;
  v_is_new boolean := false;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(char_length(p_phone) between 1 and 40, 'p_phone must have 1 to 40 characters');
  perform private.require_argument(
    cardinality(p_keys) between 1 and 20 and private.texts_fit(p_keys, 40),
    'p_keys must be 1 to 20 texts of at most 40 characters'
  );
  perform private.require_argument(
    private.is_object(p_call, 4194304) and private.is_identifier(v_id) and private.is_identifier(v_conversation)
    and v_ended_at is not null and private.is_list(p_call -> 'messages', 6000),
    'p_call must be a call of at most 6000 messages and 4194304 bytes'
  );
  if not exists (select from public.workspaces w where w.id = p_workspace) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  v_mark := private.outbox_mark();
  -- Calls of one number are stored one after the other, so that two of them never make two leads.
  perform pg_advisory_xact_lock(hashtextextended('ended call ' || p_workspace || ' ' || p_phone, 0));
  if exists (select from private.ended_calls e where e.workspace_id = p_workspace and e.id = v_id) then
    return jsonb_build_object('outcome', 'ok', 'status', 'known');
  end if;
  select v.contact_id into v_contact
  from public.conversations v
  where v.workspace_id = p_workspace and v.id = v_conversation
  for key share;
  if v_contact is null then
    select c.id into v_contact
    from public.contacts c
    where c.workspace_id = p_workspace and c.phone is not null and private.phone_key(c.phone) = any (p_keys)
    order by c.last_activity_at desc, c.id
    limit 1
    for key share;
  end if;
  if v_contact is null then
    v_contact := private.lead_of_call(p_workspace, p_phone);
    v_is_new := true;
  end if;
  if v_contact is null then
    return jsonb_build_object('outcome', 'ok', 'status', 'ignored');
  end if;
  insert into private.ended_calls (workspace_id, id) values (p_workspace, v_id);
  insert into public.conversations (workspace_id, id, contact_id, channel, started_at, ended_at)
  values (p_workspace, v_conversation, v_contact, 'voice', (p_call ->> 'startedAt')::timestamptz, v_ended_at)
  on conflict (workspace_id, id) do update set ended_at = coalesce(conversations.ended_at, excluded.ended_at);
  insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at)
  select
    p_workspace, v_id || '.' || lpad(said.place::text, 4, '0'), v_conversation, v_contact, 'voice',
    said.message ->> 'direction', said.message ->> 'body', (said.message ->> 'sentAt')::timestamptz
  from jsonb_array_elements(p_call -> 'messages') with ordinality said (message, place)
  on conflict (workspace_id, id) do nothing;
  insert into public.conversation_summaries (workspace_id, conversation_id, as_of, contact_id, text, open_questions)
  select
    p_workspace, v_conversation, v_ended_at, v_contact, p_call -> 'summary' ->> 'text',
    array(select jsonb_array_elements_text(p_call -> 'summary' -> 'openQuestions'))
  where jsonb_typeof(p_call -> 'summary') = 'object'
  on conflict (workspace_id, conversation_id, as_of) do nothing;
  return jsonb_build_object(
    'outcome', 'ok', 'status', 'stored', 'contact', v_contact, 'isNew', v_is_new,
    'outbox', private.outbox_since(v_mark)
  );
end
$$;

-- The id of a new lead with this number; null if the workspace has no board with a column.
create function private.lead_of_call(p_workspace text, p_phone text) returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  v_id constant text := gen_random_uuid()::text;
begin
  insert into public.contacts (workspace_id, id, board_id, board_column_id, name, phone, source)
  select p_workspace, v_id, placed.board_id, placed.id, p_phone, p_phone, 'voice'
  from (
    select b.board_id, b.id
    from public.board_columns b
    join public.boards d on d.workspace_id = b.workspace_id and d.id = b.board_id
    where b.workspace_id = p_workspace
    order by d.created_at, d.id, b.position, b.id
    limit 1
    for key share of b
  ) placed;
  return case when found then v_id end;
end
$$;

revoke all on function public.ended_call_store(text, text, text[], jsonb) from public, anon, authenticated;
revoke all on function private.lead_of_call(text, text) from public;
grant execute on function public.ended_call_store(text, text, text[], jsonb) to service_role;
