-- The events of contacts, messages and communications. A statement is one event of each type in each workspace that it concerns, or
-- several if it concerns very many rows. Where no endpoint of a workspace wants a type, nothing is written for it.
--
--   - Messages and communications: the deliveries and their jobs are added in the transaction of the rows.
--   - Contacts: the transaction adds a row of its own to private.contact_events and no job, because adding jobs would serialize the
--     commits of all writers (NOTIFY takes one lock of the whole database). The deliveries follow when the row that the same statement
--     left in the outbox has reached the Worker: a receiver that reads the contact by then sees what the event told.
--
-- Not told: writes with triggers off, loads under `session_replication_role = replica`, writes that name a partition, and TRUNCATE.
-- They are not the work of users, and a receiver could do nothing with a million ids.

set local lock_timeout = '10s';

create table private.contact_events (
  id bigint generated always as identity primary key,
  event_id uuid not null default gen_random_uuid(),
  workspace_id text collate "C" not null check (char_length(workspace_id) <= 128),
  -- The row of the outbox that the event waits for.
  outbox_event_id uuid,
  event_type text not null check (char_length(event_type) <= 131),
  contact_ids text[] not null check (cardinality(contact_ids) <= 200 and private.texts_fit(contact_ids, 128)),
  occurred_at private.instant not null default clock_timestamp()
);

create index contact_events_by_outbox_event on private.contact_events (outbox_event_id);
create index contact_events_by_age on private.contact_events (occurred_at);
alter table private.contact_events enable row level security;
revoke all on table private.contact_events from public, anon, authenticated, service_role;

-- The event of the outbox in which this transaction last told of the workspace. It is among the newest ones.
create function private.outbox_event_of(p_workspace text) returns uuid
language sql volatile
set search_path = ''
as $$
  select o.event_id
  from private.outbox o
  where o.id > (select s.last_value - 5000 from private.outbox_id_seq s)
    and o.transaction_id = pg_current_xact_id() and o.workspace_id = p_workspace
  order by o.id desc
  limit 1
$$;

do $$
declare
  c_body constant text := $body$
begin
  -- Most workspaces have no endpoint for contacts, and then this is all.
  if not exists (
    select
    from private.webhook_endpoints e
    where e.is_enabled
      and e.event_types && '{*,contact.created,contact.updated,contact.moved,contact.deleted}'
      and e.workspace_id in (select w.workspace_id from %1$s w)
  ) then
    return null;
  end if;
  insert into private.contact_events (workspace_id, outbox_event_id, event_type, contact_ids)
  select t.workspace_id, private.outbox_event_of(t.workspace_id), t.type, array_agg(t.id order by t.id)
  from (
    select told.*, (row_number() over (partition by told.workspace_id, told.type order by told.id) - 1) / 200 as part
    from (%2$s) told
    where exists (
      select
      from private.webhook_endpoints e
      where e.workspace_id = told.workspace_id and e.is_enabled and e.event_types && array[told.type, '*']
    )
  ) t
  group by t.workspace_id, t.type, t.part;
  return null;
end
$body$;
  -- What a change of a contact is, but for its place and for what follows from other fields.
  c_updated constant text := $rows$
    select c.workspace_id, c.id, 'contact.moved' as type
    from came c
    join gone g on g.workspace_id = c.workspace_id and g.id = c.id
    where (c.board_id, c.board_column_id) <> (g.board_id, g.board_column_id)
    union all
    select c.workspace_id, c.id, 'contact.updated'
    from came c
    join gone g on g.workspace_id = c.workspace_id and g.id = c.id
    where to_jsonb(c) - '{board_id,board_column_id,updated_at,facets,search_text}'::text[]
      <> to_jsonb(g) - '{board_id,board_column_id,updated_at,facets,search_text}'::text[]$rows$;
  v_event record;
begin
  for v_event in
    select *
    from (values
      (
        'insert', 'contact_events_inserted', 'referencing new table as came', 'came',
        $rows$select c.workspace_id, c.id, 'contact.created' as type from came c$rows$
      ),
      (
        'update', 'contact_events_updated', 'referencing old table as gone new table as came', 'came', c_updated
      ),
      (
        'delete', 'contact_events_deleted', 'referencing old table as gone', 'gone',
        $rows$select g.workspace_id, g.id, 'contact.deleted' as type from gone g$rows$
      )
    ) listed (event, function, transition, changed, told)
  loop
    execute format(
      'create function private.%I() returns trigger language plpgsql security definer set search_path = '''' as %L',
      v_event.function, format(c_body, v_event.changed, v_event.told)
    );
    execute format('revoke all on function private.%I() from public', v_event.function);
    -- By its name it fires after the trigger that writes the outbox.
    execute format(
      'create trigger %I after %s on public.contacts %s for each statement execute function private.%I()',
      'contacts_webhook_' || v_event.event, v_event.event, v_event.transition, v_event.function
    );
  end loop;
end
$$;

-- Makes a row of private.contact_events into deliveries.
create function private.contact_event_tell(p_event private.contact_events) returns integer
language sql volatile
set search_path = ''
as $$
  select private.webhook_event(
    p_event.workspace_id, 'contact_' || p_event.event_id, p_event.event_type,
    jsonb_build_object('contactIds', p_event.contact_ids), p_event.occurred_at
  )
$$;

create or replace function private.add_event_jobs(p_workspace text, p_event uuid, p_tags text[]) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  v_event private.contact_events;
begin
  for v_event in
    delete from private.contact_events e
    where e.outbox_event_id = p_event and e.workspace_id = p_workspace
    returning *
  loop
    perform private.contact_event_tell(v_event);
  end loop;
end
$$;

create function private.webhook_messages_created() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_part record;
begin
  for v_part in
    select t.workspace_id, jsonb_agg(jsonb_build_object('id', t.id, 'conversationId', t.conversation_id) order by t.id) as messages
    from (
      select
        c.workspace_id, c.id, c.conversation_id,
        (row_number() over (partition by c.workspace_id order by c.id) - 1) / 100 as part
      from came c
      where exists (
        select
        from private.webhook_endpoints e
        where e.workspace_id = c.workspace_id and e.is_enabled and e.event_types && '{*,message.created}'
      )
    ) t
    group by t.workspace_id, t.part
  loop
    perform private.webhook_event(
      v_part.workspace_id, 'message_' || gen_random_uuid(), 'message.created',
      jsonb_build_object('messages', v_part.messages)
    );
  end loop;
  return null;
end
$$;

create function private.webhook_communications_created() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_part record;
begin
  for v_part in
    select t.workspace_id, jsonb_agg(t.id order by t.id) as ids
    from (
      select c.workspace_id, c.id, (row_number() over (partition by c.workspace_id order by c.id) - 1) / 200 as part
      from came c
      where exists (
        select
        from private.webhook_endpoints e
        where e.workspace_id = c.workspace_id and e.is_enabled and e.event_types && '{*,communication.created}'
      )
    ) t
    group by t.workspace_id, t.part
  loop
    perform private.webhook_event(
      v_part.workspace_id, 'communication_' || gen_random_uuid(), 'communication.created',
      jsonb_build_object('communicationIds', v_part.ids)
    );
  end loop;
  return null;
end
$$;

create trigger messages_webhook_insert after insert on public.messages referencing new table as came
for each statement execute function private.webhook_messages_created();
create trigger communications_webhook_insert after insert on public.communications referencing new table as came
for each statement execute function private.webhook_communications_created();

-- What is left over, a bounded part of it at each call:
--
--   - events of contacts whose row of the outbox is gone without them, or was never there;
--   - deliveries whose job was never added, because the deployment had no queues, or was removed: they get it. Those that have waited
--     for too long have failed;
--   - deliveries that ended long ago: 7 days after a success, 30 days after a failure.
create function private.webhook_upkeep(p_rows_max integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_event private.contact_events;
  v_delivery record;
  v_told integer := 0;
  v_checked integer := 0;
  v_removed integer;
begin
  perform private.require_argument(p_rows_max between 1 and 10000, 'p_rows_max must be from 1 to 10000');
  for v_event in
    delete from private.contact_events e
    where e.id in (
      select f.id
      from private.contact_events f
      where f.occurred_at < now() - case when f.outbox_event_id is null then interval '1 second' else interval '10 minutes' end
      order by f.occurred_at
      limit p_rows_max
      for update skip locked
    )
    returning *
  loop
    perform private.contact_event_tell(v_event);
    v_told := v_told + 1;
  end loop;

  for v_delivery in
    update private.webhook_deliveries d
    set
      job_checked_at = now(),
      status = case when d.expires_at <= now() then 'failed' else d.status end,
      completed_at = case when d.expires_at <= now() then now() end
    where d.id in (
      select w.id
      from private.webhook_deliveries w
      where w.completed_at is null and w.job_checked_at < now() - interval '10 minutes'
      order by w.job_checked_at
      limit p_rows_max
      for update skip locked
    )
    returning d.*
  loop
    if v_delivery.completed_at is null then
      perform private.webhook_job(v_delivery.workspace_id, v_delivery.endpoint_id, v_delivery.id, v_delivery.round);
    end if;
    v_checked := v_checked + 1;
  end loop;

  delete from private.webhook_deliveries d
  where d.id in (
    select o.id
    from private.webhook_deliveries o
    where o.completed_at < now() - case when o.status = 'delivered' then interval '168 hours' else interval '720 hours' end
    order by o.completed_at
    limit p_rows_max
    for update skip locked
  );
  get diagnostics v_removed = row_count;
  return jsonb_build_object('told', v_told, 'checked', v_checked, 'removed', v_removed);
end
$$;

revoke all on function private.outbox_event_of(text) from public;
revoke all on function private.contact_event_tell(private.contact_events) from public;
revoke all on function private.webhook_messages_created() from public;
revoke all on function private.webhook_communications_created() from public;
revoke all on function private.webhook_upkeep(integer) from public;
