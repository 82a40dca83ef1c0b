-- The CRM's backend may write a message that it sent, or the id of one, after the first answer came. Then the answers that wait for that
-- id are put under it, as private.thread_of_mail does for messages that come. A message that was taken in finds none here.
do $$
declare
  c_body constant text := $body$
declare
  v_answered record;
begin
  -- An answer that is being taken at this moment is waited for, as far as a person sends; a load of many rows must not hold as many locks.
  perform pg_advisory_xact_lock(locks.lock)
  from (
    select distinct hashtextextended('mail thread ' || few.workspace_id || ' ' || private.mail_key(few.message_id), 0) as lock
    from (select * from (%1$s) sent limit 20) few
    order by 1
  ) locks;
  for v_answered in
    select sent.workspace_id, sent.thread_id, k.thread_id as waiting
    from (%1$s) sent
    join private.email_thread_keys k on k.workspace_id = sent.workspace_id and k.key = private.mail_key(sent.message_id)
    where k.thread_id <> sent.thread_id
      -- A message never joins two threads that both had their beginning.
      and not exists (
        select from public.communications c
        where c.workspace_id = k.workspace_id and c.thread_id = k.thread_id and c.direction = 'outbound'
      )
    order by sent.workspace_id, sent.thread_id, k.thread_id
  loop
    -- It may have been put under another message of the same statement.
    if exists (
      select from public.threads t where t.workspace_id = v_answered.workspace_id and t.id = v_answered.waiting
    ) then
      perform private.thread_merge(v_answered.workspace_id, v_answered.waiting, v_answered.thread_id);
    end if;
  end loop;
  delete from private.email_thread_keys k
  using (%1$s) sent
  where k.workspace_id = sent.workspace_id and k.key = private.mail_key(sent.message_id);
  return null;
end
$body$;
  v_event record;
begin
  for v_event in
    select *
    from (values
      ('insert', 'new table as came', 'true'),
      (
        'update', 'old table as gone new table as came',
        'not exists (
           select from gone g
           where g.workspace_id = c.workspace_id and g.id = c.id and g.message_id = c.message_id and g.thread_id is not null
         )'
      )
    ) listed (name, transition, condition)
  loop
    execute format(
      'create function private.%I() returns trigger language plpgsql security definer set search_path = '''' as %L',
      'answers_of_sent_' || v_event.name,
      format(
        c_body,
        'select c.workspace_id, c.message_id, c.thread_id from came c
         where c.message_id is not null and c.thread_id is not null and ' || v_event.condition
      )
    );
    execute format(
      'revoke all on function private.%I() from public, anon, authenticated, service_role', 'answers_of_sent_' || v_event.name
    );
    execute format(
      'create trigger %I after %s on public.communications referencing %s
       for each statement execute function private.%I()',
      'communications_answers_' || v_event.name, v_event.name, v_event.transition, 'answers_of_sent_' || v_event.name
    );
  end loop;
end
$$;
