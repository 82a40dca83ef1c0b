-- Writes of conversations, messages, summaries, control and calls move tags from here on. What is known of a lead's
-- conversations depends on the `conversation` bucket of the contact's id, whichever of these tables it is in; an unread
-- conversation also depends on the user who handles it; a call depends on its own id.
--
-- Messages are written often, and deleting a contact cascades into all these tables. The functions are therefore static,
-- so that a statement that writes no row costs hardly anything. A trigger's plans are its own, and each names only the
-- transition tables that its event has: an insert calls its rows `changed`, and so does a delete.

-- The tables that only the conversations of a contact depend on. The function does for one family what
-- private.moves_told does for all, and asks for the time of a held row only if the writer proved itself: the two calls
-- would cost a message a fifth more.
create function private.outbox_of_contact() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_due_at constant timestamptz := case
    when strpos(current_setting('request.headers', true), 'x-boardcache-writer-proof') > 0 then private.outbox_due_at()
    else clock_timestamp()
  end;
begin
  if tg_op = 'UPDATE' then
    insert into private.outbox (workspace_id, tags, due_at)
    select
      moved.workspace_id,
      case when count(*) <= 32 then array_agg('conversation#' || moved.bucket) else '{conversation}' end,
      v_due_at
    from (
      select distinct c.workspace_id, private.bucket_of('conversation', c.contact_id) as bucket
      from (
        select workspace_id, contact_id from came union select workspace_id, contact_id from gone
      ) c
    ) moved
    group by moved.workspace_id;
  else
    insert into private.outbox (workspace_id, tags, due_at)
    select
      moved.workspace_id,
      case when count(*) <= 32 then array_agg('conversation#' || moved.bucket) else '{conversation}' end,
      v_due_at
    from (
      select distinct c.workspace_id, private.bucket_of('conversation', c.contact_id) as bucket from changed c
    ) moved
    group by moved.workspace_id;
  end if;
  return null;
end
$$;

create function private.outbox_conversations() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' then
    insert into private.outbox (workspace_id, tags, due_at)
    with c as (
      select workspace_id, contact_id, user_id from came union select workspace_id, contact_id, user_id from gone
    )
    select
      moved.workspace_id,
      private.moves_told(array_agg(row(moved.family, moved.bucket, null)::private.tag_move)),
      private.outbox_due_at()
    from (
      select c.workspace_id, 'conversation' as family, private.bucket_of('conversation', c.contact_id) as bucket from c
      union
      select c.workspace_id, 'user', private.bucket_of('user', c.user_id) from c where c.user_id is not null
    ) moved
    group by moved.workspace_id;
  else
    insert into private.outbox (workspace_id, tags, due_at)
    select
      moved.workspace_id,
      private.moves_told(array_agg(row(moved.family, moved.bucket, null)::private.tag_move)),
      private.outbox_due_at()
    from (
      select c.workspace_id, 'conversation' as family, private.bucket_of('conversation', c.contact_id) as bucket
      from changed c
      union
      select c.workspace_id, 'user', private.bucket_of('user', c.user_id) from changed c where c.user_id is not null
    ) moved
    group by moved.workspace_id;
  end if;
  return null;
end
$$;

create function private.outbox_calls() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' then
    insert into private.outbox (workspace_id, tags, due_at)
    select
      moved.workspace_id,
      private.moves_told(array_agg(row('call', moved.bucket, null)::private.tag_move)),
      private.outbox_due_at()
    from (
      select distinct c.workspace_id, private.bucket_of('call', c.id) as bucket
      from (select workspace_id, id from came union select workspace_id, id from gone) c
    ) moved
    group by moved.workspace_id;
  else
    insert into private.outbox (workspace_id, tags, due_at)
    select
      moved.workspace_id,
      private.moves_told(array_agg(row('call', moved.bucket, null)::private.tag_move)),
      private.outbox_due_at()
    from (select distinct c.workspace_id, private.bucket_of('call', c.id) as bucket from changed c) moved
    group by moved.workspace_id;
  end if;
  return null;
end
$$;

revoke all on function private.outbox_of_contact() from public;
revoke all on function private.outbox_conversations() from public;
revoke all on function private.outbox_calls() from public;

do $$
declare
  v_table record;
  v_event record;
begin
  for v_table in
    select *
    from (values
      ('conversations', 'outbox_conversations()'),
      ('messages', 'outbox_of_contact()'),
      ('conversation_summaries', 'outbox_of_contact()'),
      ('lead_controls', 'outbox_of_contact()'),
      ('call_sessions', 'outbox_calls()')
    ) listed (name, function)
  loop
    for v_event in
      select *
      from (values
        ('insert', 'after insert', 'referencing new table as changed'),
        ('update', 'after update', 'referencing old table as gone new table as came'),
        ('delete', 'after delete', 'referencing old table as changed'),
        ('truncate', 'before truncate', '')
      ) listed (name, event, transition)
    loop
      execute format(
        'create trigger %1$I %2$s on public.%3$I %4$s for each statement execute function private.%5$s',
        v_table.name || '_outbox_' || v_event.name, v_event.event, v_table.name, v_event.transition,
        case v_event.name when 'truncate' then 'outbox_truncated()' else v_table.function end
      );
      execute format(
        'alter table public.%I enable always trigger %I', v_table.name, v_table.name || '_outbox_' || v_event.name
      );
    end loop;
  end loop;
end
$$;
