-- Marks: the proof that everything committed up to an instant has been told to the ledgers. A relay takes a snapshot of the
-- database's transactions, and a while later asks which workspaces still have rows of the outbox that belong to it. All
-- others are proved: whatever is visible in the snapshot and is no longer in the outbox was durable in its ledger before
-- its row was removed.
--
-- A snapshot is needed because no other order holds. A row's time, its id and its place in the outbox are older than its
-- commit, and a transaction that stays open for minutes commits a row that is older than rows that were told long ago.
--
-- Only the primary can say this. A replica, and a database into which logical replication writes what readers see (which
-- fires no statement triggers), answer that they take no marks.

-- The cluster and the timeline of the WAL that it writes now. A restored backup and a replica that was promoted have
-- another timeline. The control file's timeline is late by seconds after a promotion, hence the name of the WAL file.
create function private.database_identity() returns text
language sql volatile
set search_path = ''
as $$
  select (pg_control_system()).system_identifier || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
$$;

-- Whether this is a database that was marked, and not behind the mark.
create function private.is_marked(p_database text, p_position text) returns boolean
language sql volatile
set search_path = ''
as $$
  select coalesce(private.database_identity() = p_database and pg_current_wal_lsn() >= p_position::pg_lsn, false)
$$;

-- Why this database takes no marks: 'replica' or 'subscriber'. Null if it takes them.
create function private.marks_refused() returns text
language plpgsql volatile
set search_path = ''
as $$
begin
  if pg_is_in_recovery() then
    return 'replica';
  end if;
  if exists (
    select
    from pg_catalog.pg_subscription_rel r
    join pg_catalog.pg_trigger t on t.tgrelid = r.srrelid
    join pg_catalog.pg_proc p on p.oid = t.tgfoid
    where p.pronamespace = 'private'::regnamespace and p.proname like 'outbox\_%'
  ) then
    return 'subscriber';
  end if;
  return null;
end
$$;

-- Takes a mark: a snapshot, the database that it is of, the position of its WAL, and the workspaces with rows that this
-- statement sees although the snapshot says that their transactions have not ended. Only a restored database has such
-- rows, whose transactions were another cluster's. `p_workspaces_max` bounds the list; one more says that there are more.
create function public.mark_take(p_workspaces_max integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refused text;
  v_mark jsonb;
begin
  perform private.require_argument(p_workspaces_max between 0 and 1000, 'p_workspaces_max must be from 0 to 1000');
  v_refused := private.marks_refused();
  if v_refused is not null then
    return jsonb_build_object('outcome', 'ok', 'said', 'refused', 'reason', v_refused);
  end if;
  -- One statement, so that the rows are those of the snapshot.
  select jsonb_build_object(
    'outcome', 'ok',
    'said', 'taken',
    'snapshot', pg_current_snapshot()::text,
    'database', private.database_identity(),
    'position', pg_current_wal_lsn()::text,
    'noted', array(
      select distinct o.workspace_id from private.outbox o
      where not pg_visible_in_snapshot(o.transaction_id, pg_current_snapshot())
      limit p_workspaces_max + 1
    )
  )
  into v_mark;
  return v_mark;
exception
  when insufficient_privilege then
    return jsonb_build_object('outcome', 'ok', 'said', 'refused', 'reason', 'forbidden');
end
$$;

-- The workspaces with rows of the outbox that belong to a mark, whoever has claimed them, when they are due and whether
-- they are parked. The first condition finds what was committed in the snapshot. The second one finds rows whose
-- transactions this database has not begun yet: rows of another cluster in a restored database. 'another' if this is not
-- the database of the mark, or if it has gone back behind it.
create function public.mark_untold(p_snapshot text, p_database text, p_position text, p_workspaces_max integer)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refused text;
  v_snapshot pg_snapshot;
  v_untold jsonb;
begin
  perform private.require_argument(p_workspaces_max between 0 and 1000, 'p_workspaces_max must be from 0 to 1000');
  perform private.require_argument(
    coalesce(char_length(p_snapshot) <= 1000000 and p_snapshot ~ '^\d{1,20}:\d{1,20}:[\d,]*$', false),
    'p_snapshot must be a snapshot'
  );
  perform private.require_argument(
    coalesce(p_position ~ '^[0-9A-F]{1,8}/[0-9A-F]{1,8}$', false), 'p_position must be a position of the WAL'
  );
  v_refused := private.marks_refused();
  if v_refused is not null then
    return jsonb_build_object('outcome', 'ok', 'said', 'refused', 'reason', v_refused);
  end if;
  if not private.is_marked(p_database, p_position) then
    return jsonb_build_object('outcome', 'ok', 'said', 'another');
  end if;
  v_snapshot := p_snapshot::pg_snapshot;
  select jsonb_build_object(
    'outcome', 'ok',
    'said', 'untold',
    'untold', array(
      select distinct o.workspace_id from private.outbox o
      where pg_visible_in_snapshot(o.transaction_id, v_snapshot)
        or o.transaction_id >= pg_snapshot_xmax(pg_current_snapshot())
      limit p_workspaces_max + 1
    )
  )
  into v_untold;
  return v_untold;
exception
  when insufficient_privilege then
    return jsonb_build_object('outcome', 'ok', 'said', 'refused', 'reason', 'forbidden');
end
$$;

revoke all on function private.database_identity() from public;
revoke all on function private.is_marked(text, text) from public;
revoke all on function private.marks_refused() from public;
revoke all on function public.mark_take(integer) from public, anon, authenticated;
revoke all on function public.mark_untold(text, text, text, integer) from public, anon, authenticated;
grant execute on function public.mark_take(integer) to service_role;
grant execute on function public.mark_untold(text, text, text, integer) to service_role;
