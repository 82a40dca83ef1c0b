-- Writes of companies, their domains, threads, communications and attachments move these tags, with old and new values:
--
--   companies                  the company, and its domains if it appears or vanishes
--   company_domains            the domain, and the company that has it
--   threads                    the thread
--   communications             the communication, its thread, its company, and the user who sent or received it
--   communication_attachments  the communication, and the thread that it is in

set local lock_timeout = '10s';
lock table
  public.companies, public.company_domains, public.threads, public.communications, public.communication_attachments
in share row exclusive mode;

-- A company may be listed under `www.` and its domain, and is looked up by either. The domain without `www.` is the value of
-- the tag, as in shared/resources/communications/company-by-domain.ts. `www.com` itself is a domain.
create function private.domain_key(p_domain text) returns text
language sql immutable strict parallel safe
return case when p_domain like 'www.%.%' then substr(p_domain, 5) else p_domain end;

revoke all on function private.domain_key(text) from public;

-- Only a session that does not enforce foreign keys can make a domain without its company. A lookup of such a domain finds
-- nothing until the company appears, so a company that appears or vanishes moves its domains.
call private.create_move_triggers(
  'companies', 'workspace_id, id',
  $moves$
    select 'company', private.bucket_of('company', changed.id), null::integer
    union all
    select 'domain', private.bucket_of('domain', private.domain_key(d.domain)), null
    from public.company_domains d
    where changed.appears_or_vanishes and d.workspace_id = changed.workspace_id and d.company_id = changed.id
  $moves$
);
call private.create_move_triggers(
  'company_domains', 'workspace_id, domain',
  $moves$
    select 'domain', private.bucket_of('domain', private.domain_key(changed.domain)), null::integer
    union all
    select 'company', private.bucket_of('company', changed.company_id), null
  $moves$
);
call private.create_move_triggers(
  'threads', 'workspace_id, id', $moves$select 'thread', private.bucket_of('thread', changed.id), null::integer$moves$
);

-- An attachment names no thread, so its trigger looks for the thread of its communication. The communication is locked
-- meanwhile: otherwise another transaction could put it into another thread, and this one would move only the old thread.
call private.create_move_triggers(
  'communication_attachments', 'workspace_id, communication_id, position',
  $moves$
    select 'communication', private.bucket_of('communication', changed.communication_id), null::integer
    union all
    select 'thread', private.bucket_of('thread', placed.thread_id), null
    from (
      select c.thread_id
      from public.communications c
      where c.workspace_id = changed.workspace_id and c.id = changed.communication_id and c.thread_id is not null
      for share
    ) placed
  $moves$
);

-- Communications are written often, so their functions are compiled once for each connection, like those of contacts. They
-- have one text, because a trigger may only name the transition tables of its own event.
do $$
declare
  c_rows constant text := 'select workspace_id, id, thread_id, company_id, user_id from ';
  c_body constant text := $body$
begin
  insert into private.outbox (workspace_id, tags, due_at)
  with changed as (
    %s
  ), moved as (
    select workspace_id, 'communication' as family, private.bucket_of('communication', id) as bucket from changed
    union
    select workspace_id, 'thread', private.bucket_of('thread', thread_id) from changed where thread_id is not null
    union
    select workspace_id, 'company', private.bucket_of('company', company_id) from changed where company_id is not null
    union
    select workspace_id, 'user', private.bucket_of('user', user_id) from changed where user_id is not null
  )
  select
    workspace_id,
    private.moves_told(array_agg(row(family, bucket, null)::private.tag_move)),
    private.outbox_due_at()
  from moved
  group by workspace_id;
  return null;
end
$body$;
  v_event record;
begin
  for v_event in
    select *
    from (values
      ('insert', 'inserted', 'new table as came', c_rows || 'came'),
      ('update', 'updated', 'old table as gone new table as came', c_rows || 'came union all ' || c_rows || 'gone'),
      ('delete', 'deleted', 'old table as gone', c_rows || 'gone')
    ) listed (name, function, transition, rows)
  loop
    execute format(
      'create function private.%I() returns trigger language plpgsql security definer set search_path = '''' as %L',
      'outbox_communications_' || v_event.function, format(c_body, v_event.rows)
    );
    execute format('revoke all on function private.%I() from public', 'outbox_communications_' || v_event.function);
    execute format(
      'create trigger %I after %s on public.communications referencing %s
       for each statement execute function private.%I()',
      'communications_outbox_' || v_event.name, v_event.name, v_event.transition,
      'outbox_communications_' || v_event.function
    );
    execute format('alter table public.communications enable always trigger %I', 'communications_outbox_' || v_event.name);
  end loop;
end
$$;

create trigger communications_outbox_truncate before truncate on public.communications
for each statement execute function private.outbox_truncated();
alter table public.communications enable always trigger communications_outbox_truncate;

create trigger companies_touch_updated_at before update on public.companies
for each row execute function private.touch_updated_at();
create trigger threads_touch_updated_at before update on public.threads
for each row execute function private.touch_updated_at();
