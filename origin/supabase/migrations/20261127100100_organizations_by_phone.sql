-- The workspace that a phone number belongs to, for whoever picks up a call before a workspace is known. No workspace can have
-- this answer in its ledger, so the deployment has a ledger of its own, and rows in the outbox under a name that contains a colon
-- and therefore is no workspace's (workspaces_id_form; shared/ids.ts: deploymentId).
--
-- The entries depend on the bucket of their number (`phone`), and, if there is one, on the bucket of the workspace whose name and
-- configuration they show (`company`, an organization).

set local lock_timeout = '10s';

-- In the order in which writers reach them.
lock table public.workspaces, public.workspace_configurations, public.phone_numbers in share row exclusive mode;

create function private.deployment_id() returns text
language sql immutable parallel safe
return ':deployment';

-- The moves of rows that the deployment's entries show. Only migrations give the arguments: the family, and the column whose
-- values have its buckets.
create function private.outbox_deployment_rows() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  execute format(
    $query$
      insert into private.outbox (workspace_id, tags, due_at)
      select
        private.deployment_id(),
        private.moves_told(array_agg(row(%1$L, moved.bucket, null)::private.tag_move)),
        private.outbox_due_at()
      from (select distinct private.bucket_of(%1$L, changed.%2$I) as bucket from (%3$s) changed) moved
      having count(*) > 0
    $query$,
    tg_argv[0],
    tg_argv[1],
    case tg_op
      when 'INSERT' then 'select * from came'
      when 'DELETE' then 'select * from gone'
      when 'UPDATE' then 'select * from came union all select * from gone'
    end
  );
  return null;
end
$$;

create function private.outbox_deployment_truncated() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform private.outbox_workspaces(array[private.deployment_id()]);
  return null;
end
$$;

do $$
declare
  v_table record;
  v_event record;
begin
  for v_table in
    select *
    from (values
      ('phone_numbers', 'phone', 'phone'),
      ('workspaces', 'company', 'id'),
      ('workspace_configurations', 'company', 'workspace_id')
    ) listed (name, family, value_column)
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
         for each statement execute function private.outbox_deployment_rows(%L, %L)',
        v_table.name || '_deployment_' || v_event.name, v_event.name, v_table.name, v_event.transition,
        v_table.family, v_table.value_column
      );
      execute format(
        'alter table public.%I enable always trigger %I', v_table.name, v_table.name || '_deployment_' || v_event.name
      );
    end loop;
    execute format(
      'create trigger %I before truncate on public.%I
       for each statement execute function private.outbox_deployment_truncated()',
      v_table.name || '_deployment_truncate', v_table.name
    );
    execute format(
      'alter table public.%I enable always trigger %I', v_table.name, v_table.name || '_deployment_truncate'
    );
  end loop;
end
$$;

-- Everything of every workspace, and of the deployment. Answers how many workspaces there are.
create or replace function private.outbox_everything() returns bigint
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_workspaces constant text[] := array(select w.id from public.workspaces w);
begin
  perform private.outbox_workspaces(v_workspaces || private.deployment_id());
  return cardinality(v_workspaces);
end
$$;

-- {"organization": {"workspace_id", "name", "language", "region", "time_zone", "label"}} of an E.164 number. Only the backend may
-- ask, because the answer names a workspace to somebody who named none.
create function public.organization_by_phone(p_phone text) returns jsonb
language plpgsql stable
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_organization jsonb;
begin
  perform private.require_argument(
    coalesce(p_phone ~ '^\+[1-9][0-9]{6,14}$', false), 'p_phone must be a number in E.164'
  );
  select jsonb_build_object(
    'workspace_id', w.id, 'name', w.name,
    'language', coalesce(c.language, 'en'), 'region', coalesce(c.region, 'US'), 'time_zone', coalesce(c.time_zone, 'UTC'),
    'label', p.label
  )
  into v_organization
  from public.phone_numbers p
  join public.workspaces w on w.id = p.workspace_id
  left join public.workspace_configurations c on c.workspace_id = p.workspace_id
  -- A workspace from before the rules of ids has no answer, because nobody could name it.
  where p.phone = p_phone and w.id ~ '^[!-.0-9;-~]{1,64}$' and w.id not in ('.', '..');
  if v_organization is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return jsonb_build_object('outcome', 'ok', 'organization', v_organization);
end
$$;

revoke all on function private.deployment_id() from public;
revoke all on function private.outbox_deployment_rows() from public;
revoke all on function private.outbox_deployment_truncated() from public;
revoke all on function public.organization_by_phone(text) from public, anon, authenticated;
grant execute on function public.organization_by_phone(text) to service_role;
