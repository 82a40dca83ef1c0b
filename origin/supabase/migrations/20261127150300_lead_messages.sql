-- A message with a lead, written by the CRM's backend or by an admin as one transaction (20261127150200_backend_writes.sql).
--
-- `p_message` has `id`, `channel`, `direction` and `body`, and perhaps `conversation_id` and `sent_at`. A message with an id that
-- the workspace has already is the same message if it says the same, and is answered as it is stored; if it says something
-- else, the outcome is message_exists.
--
-- Without a conversation, the message belongs to the newest conversation on its channel that has not ended, and opens one if
-- there is none. The contact is locked for that alone, so that two messages at the same time open one conversation. A
-- conversation that is named is opened under its id; the outcome conversation_exists says that another contact has it. A message
-- of the lead marks its conversation as unread. The contact's own fields stay as they are.

-- The newest conversation of a contact on a channel that has not ended; null if there is none.
create function private.open_conversation_of(p_workspace text, p_contact text, p_channel text) returns text
language sql stable
set search_path = ''
as $$
  select v.id
  from public.conversations v
  where v.workspace_id = p_workspace and v.contact_id = p_contact and v.channel = p_channel and v.ended_at is null
  order by v.started_at desc, v.id desc
  limit 1
$$;

create function public.lead_message_create(p_workspace text, p_contact text, p_message jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_mark bigint;
  v_told record;
  v_conversation text;
  v_is_new boolean;
  v_saved public.messages;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_contact), 'p_contact must have 1 to 128 characters');
  perform private.require_argument(
    private.is_object(p_message, 65536) and private.is_identifier(p_message ->> 'id')
    and (p_message ->> 'conversation_id' is null or private.is_identifier(p_message ->> 'conversation_id'))
    and p_message ->> 'channel' in ('voice', 'web', 'whatsapp', 'email', 'sms')
    and p_message ->> 'direction' in ('inbound', 'outbound')
    and char_length(p_message ->> 'body') between 1 and 4000,
    'p_message must be an object of at most 65536 bytes with an id, a channel, a direction and a body'
  );
  v_refusal := private.write_refusal(p_workspace);
  if v_refusal is not null then
    return v_refusal;
  end if;
  select * into v_told
  from jsonb_to_record(p_message) m (
    id text, conversation_id text, channel text, direction text, body text, sent_at timestamptz
  );
  if not exists (select from public.contacts c where c.workspace_id = p_workspace and c.id = p_contact) then
    return jsonb_build_object('outcome', 'contact_not_found');
  end if;
  v_mark := private.outbox_mark();
  begin
    -- A message that is there opens no conversation. The statement that inserts compares the two.
    select m.conversation_id into v_conversation
    from public.messages m
    where m.workspace_id = p_workspace and m.id = v_told.id;
    v_is_new := not found;
    if v_is_new then
      v_conversation := coalesce(
        v_told.conversation_id, private.open_conversation_of(p_workspace, p_contact, v_told.channel)
      );
      if v_conversation is null then
        perform from public.contacts c
        where c.workspace_id = p_workspace and c.id = p_contact
        for no key update;
        v_conversation := coalesce(
          private.open_conversation_of(p_workspace, p_contact, v_told.channel), gen_random_uuid()::text
        );
      end if;
      insert into public.conversations (workspace_id, id, contact_id, channel, started_at)
      values (p_workspace, v_conversation, p_contact, v_told.channel, coalesce(v_told.sent_at, now()))
      on conflict do nothing;
    end if;
    insert into public.messages as m (
      workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at
    )
    values (
      p_workspace, v_told.id, v_conversation, p_contact, v_told.channel, v_told.direction, v_told.body,
      coalesce(v_told.sent_at, now())
    )
    on conflict (workspace_id, id) do update set body = m.body
    where (m.contact_id, m.channel, m.direction, m.body)
        = (excluded.contact_id, excluded.channel, excluded.direction, excluded.body)
      and (v_told.sent_at is null or m.sent_at = v_told.sent_at)
      and (v_told.conversation_id is null or m.conversation_id = v_told.conversation_id)
    returning * into v_saved;
    if v_saved.id is null then
      raise exception 'another message' using errcode = 'unique_violation';
    end if;
    if v_is_new and v_saved.direction = 'inbound' then
      update public.conversations v set is_unread = true
      where v.workspace_id = p_workspace and v.id = v_conversation and not v.is_unread;
    end if;
  exception
    -- Both undo what was opened for the message.
    when unique_violation then
      return jsonb_build_object('outcome', 'message_exists');
    when foreign_key_violation then
      return jsonb_build_object('outcome', case
        when exists (select from public.contacts c where c.workspace_id = p_workspace and c.id = p_contact)
          then 'conversation_exists'
        else 'contact_not_found'
      end);
  end;
  return jsonb_build_object(
    'outcome', 'ok',
    'message', jsonb_build_object(
      'id', v_saved.id, 'conversation_id', v_saved.conversation_id, 'channel', v_saved.channel,
      'direction', v_saved.direction, 'body', v_saved.body, 'sent_at', v_saved.sent_at
    ),
    'outbox', private.outbox_since(v_mark)
  );
end
$$;

revoke all on function private.open_conversation_of(text, text, text) from public;
revoke all on function public.lead_message_create(text, text, jsonb) from public, anon;
grant execute on function public.lead_message_create(text, text, jsonb) to authenticated, service_role;
