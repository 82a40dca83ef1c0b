-- The triggers of public.contacts did not see two kinds of writes. From here on they do:
--
--   - A statement that names a partition (`update private.contacts_07 …`, a COPY into it) fires the statement triggers of
--     that partition and not the parent's. A statement that names the parent fires only the parent's. Each partition
--     therefore gets the same triggers, and no write is reported twice. TRUNCATE is the exception: it fires the triggers
--     of the parent and of every partition. Only the partitions have a trigger for it, each for its own workspaces.
--   - Under `session_replication_role = replica`, which loads and replication tools set, only triggers that are enabled
--     ALWAYS fire. The triggers of the outbox and of the tallies are enabled so. Foreign keys are not enforced then: a
--     load that deletes a board leaves the board's contacts, as it did before.
--
-- Two kinds of writes stay unseen: those made after `alter table … disable trigger`, and those that logical replication
-- applies, because it fires no statement triggers. A subscriber must therefore not be the primary. A load with disabled
-- triggers calls public.outbox_move_everything() in its own transaction, and public.reconcile_counts() for each workspace
-- after it. The rows of the tallies must not be restored together with the contacts that they count, or those would count
-- twice.
--
-- A partition that is attached later would lack these triggers, but the number of partitions, 64, is final.

set local lock_timeout = '10s';
lock table
  public.workspaces, public.memberships, public.boards, public.board_columns, public.cache_settings, public.contacts
in share row exclusive mode;

-- The workspaces whose contacts are in the partition with this remainder.
create function private.workspaces_in_partition(p_remainder integer) returns setof text
language sql stable parallel safe
set search_path = ''
as $$
  select w.id from public.workspaces w
  where pg_catalog.satisfies_hash_partition('public.contacts'::regclass, 64, p_remainder, w.id)
$$;

-- Runs before a partition is emptied, and moves its workspaces. The argument is the partition's remainder.
create function private.outbox_partition_truncated() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform private.outbox_workspaces(array(select private.workspaces_in_partition(tg_argv[0]::integer)));
  return null;
end
$$;

-- Moves these workspaces as a whole. A transaction adds one row for each, because no row is delivered before the commit.
create function private.outbox_workspaces(p_workspaces text[]) returns void
language sql volatile security definer
set search_path = ''
as $$
  insert into private.outbox (workspace_id, tags, due_at)
  select moved.id, '{workspace}', private.outbox_due_at()
  from unnest(p_workspaces) moved (id)
  where not exists (
    select from private.outbox o
    where o.transaction_id = pg_current_xact_id() and o.workspace_id = moved.id and 'workspace' = any (o.tags)
  )
$$;

create or replace function private.outbox_everything() returns bigint
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_workspaces constant text[] := array(select w.id from public.workspaces w);
begin
  perform private.outbox_workspaces(v_workspaces);
  return cardinality(v_workspaces);
end
$$;

-- Runs after a partition is emptied. It appends the tallies with the opposite sign instead of deleting them, so that a
-- concurrent fold stays correct. Tallies of a workspace that does not exist are in no answer, and stay.
create function private.tally_partition_truncated() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_workspaces constant text[] := array(select private.workspaces_in_partition(tg_argv[0]::integer));
begin
  insert into private.contact_tallies
  select workspace_id, board_id, board_column_id, facets, - sum(contacts)
  from private.contact_tallies
  where workspace_id = any (v_workspaces)
  group by 1, 2, 3, 4
  having sum(contacts) <> 0;
  insert into private.assignee_tallies
  select workspace_id, board_id, assigned_to, - sum(contacts)
  from private.assignee_tallies
  where workspace_id = any (v_workspaces)
  group by 1, 2, 3
  having sum(contacts) <> 0;
  return null;
end
$$;

revoke all on function private.workspaces_in_partition(integer) from public;
revoke all on function private.outbox_partition_truncated() from public;
revoke all on function private.outbox_workspaces(text[]) from public;
revoke all on function private.tally_partition_truncated() from public;

drop trigger contacts_outbox_truncate on public.contacts;

do $$
declare
  v_partition text;
  v_trigger record;
begin
  for n in 0 .. 63 loop
    v_partition := 'contacts_' || lpad(n::text, 2, '0');
    for v_trigger in
      select *
      from (values
        ('outbox_insert', 'after insert', 'referencing new table as came', 'outbox_contacts_inserted()'),
        ('outbox_update', 'after update', 'referencing old table as gone new table as came', 'outbox_contacts_updated()'),
        ('outbox_delete', 'after delete', 'referencing old table as gone', 'outbox_contacts_deleted()'),
        ('outbox_truncate', 'before truncate', '', format('outbox_partition_truncated(%s)', n)),
        ('tally_insert', 'after insert', 'referencing new table as came', 'tally_contacts()'),
        ('tally_update', 'after update', 'referencing old table as gone new table as came', 'tally_contacts()'),
        ('tally_delete', 'after delete', 'referencing old table as gone', 'tally_contacts()'),
        ('tally_truncate', 'after truncate', '', format('tally_partition_truncated(%s)', n))
      ) listed (name, event, transition, function)
    loop
      execute format(
        'create trigger %I %s on private.%I %s for each statement execute function private.%s',
        v_partition || '_' || v_trigger.name, v_trigger.event, v_partition, v_trigger.transition, v_trigger.function
      );
    end loop;
  end loop;
end
$$;

-- Enables all statement triggers of the outbox and the tallies ALWAYS, on parents and on partitions.
do $$
declare
  v_trigger record;
begin
  for v_trigger in
    select t.tgrelid::regclass as relation, t.tgname as name
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_proc p on p.oid = t.tgfoid
    where p.pronamespace = 'private'::regnamespace and (p.proname like 'outbox\_%' or p.proname like 'tally\_%')
  loop
    execute format('alter table %s enable always trigger %I', v_trigger.relation, v_trigger.name);
  end loop;
end
$$;
