-- What a write of companies, their domains, threads, communications and attachments moves, with old and new values:
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

-- Only a session that does not enforce foreign keys can make a domain without its company. Such a domain is looked up in
-- vain until the company appears. An attachment names no thread, so the trigger looks for the thread of its communication. The communication is locked
-- against a change meanwhile: without that, one transaction could put it into another thread while a second one still
-- moves the thread from before.
do $$
declare
  v_table record;
  v_event record;
begin
  for v_table in
    select *
    from (values
      (
        'companies', 'id',
        $moves$
          select 'company', private.bucket_of('company', changed.id), null::integer
          union all
          select 'domain', private.bucket_of('domain', private.domain_key(d.domain)), null
          from public.company_domains d
          where changed.appears_or_vanishes and d.workspace_id = changed.workspace_id and d.company_id = changed.id
        $moves$
      ),
      (
        'company_domains', 'domain',
        $moves$
          select 'domain', private.bucket_of('domain', private.domain_key(changed.domain)), null::integer
          union all
          select 'company', private.bucket_of('company', changed.company_id), null
        $moves$
      ),
      ('threads', 'id', $moves$select 'thread', private.bucket_of('thread', changed.id), null::integer$moves$),
      (
        'communication_attachments', 'communication_id, position',
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
      )
    ) listed (name, key_columns, moves)
  loop
    for v_event in
      select *
      from (values
        ('insert', 'new table as came'),
        ('update', 'old table as gone new table as came'),
        ('delete', 'old table as gone')
      ) listed (name, transition)
    loop
      execute format(
        'create trigger %I after %s on public.%I referencing %s
         for each statement execute function private.outbox_rows(%L, %L, %L)',
        v_table.name || '_outbox_' || v_event.name, v_event.name, v_table.name, v_event.transition,
        'workspace_id', 'workspace_id, ' || v_table.key_columns, v_table.moves
      );
    end loop;
  end loop;
end
$$;

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
  end loop;
end
$$;

-- A truncation moves every workspace, before the rows are gone. All triggers also fire in a session whose
-- `session_replication_role` is `replica`.
do $$
declare
  v_table text;
  v_event text;
begin
  foreach v_table in array array[
    'companies', 'company_domains', 'threads', 'communications', 'communication_attachments'
  ] loop
    execute format(
      'create trigger %I before truncate on public.%I for each statement execute function private.outbox_truncated()',
      v_table || '_outbox_truncate', v_table
    );
    foreach v_event in array array['insert', 'update', 'delete', 'truncate'] loop
      execute format('alter table public.%I enable always trigger %I', v_table, v_table || '_outbox_' || v_event);
    end loop;
  end loop;
end
$$;

create trigger companies_touch_updated_at before update on public.companies
for each row execute function private.touch_updated_at();
create trigger threads_touch_updated_at before update on public.threads
for each row execute function private.touch_updated_at();
