-- Counts that cost next to nothing to read: kept by every write, as rows that are added up.
--
-- A statement that changes contacts appends by how much it changed which number, and reads nothing: two writers never
-- wait for each other here. A count is the sum of the rows, whatever their age; fold_counts puts rows of one kind
-- together, in the background, so that there are few. A row and the contacts it counts are of one transaction: a count
-- is exact in every snapshot, and a rollback leaves nothing.
--
-- Not seen: what is written with triggers off, or to a partition by its own name. reconcile_counts finds and repairs it.

-- How many contacts a column has of each combination of facets. One combination more costs a row a column; all counts
-- and totals of SPEC 1 and 3 that do not depend on the time or on a user are sums of it.
create table private.contact_tallies (
  workspace_id text collate "C" not null,
  board_id text collate "C" not null,
  board_column_id text collate "C" not null,
  facets smallint not null,
  contacts bigint not null,
  is_folded boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- How many of a board's contacts are whose.
create table private.assignee_tallies (
  workspace_id text collate "C" not null,
  board_id text collate "C" not null,
  assigned_to text collate "C" not null,
  contacts bigint not null,
  is_folded boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create index contact_tallies_by_place on private.contact_tallies (workspace_id, board_id);
create index assignee_tallies_by_assignee on private.assignee_tallies (workspace_id, assigned_to);
create index contact_tallies_unfolded on private.contact_tallies (workspace_id) where not is_folded;
create index assignee_tallies_unfolded on private.assignee_tallies (workspace_id) where not is_folded;

-- Nobody's to read or write but through the functions, which run as their owner.
alter table private.contact_tallies enable row level security;
alter table private.assignee_tallies enable row level security;

-- Three triggers share it: `came` holds the rows as a statement left them, `gone` as it found them. What an update left
-- alone cancels out and appends nothing. Security definer: who may write contacts may still not write tallies.
create function private.tally_contacts() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  case tg_op
    when 'INSERT' then
      insert into private.contact_tallies
      select workspace_id, board_id, board_column_id, facets, count(*) from came group by 1, 2, 3, 4;
      insert into private.assignee_tallies
      select workspace_id, board_id, assigned_to, count(*) from came where assigned_to is not null group by 1, 2, 3;
    when 'DELETE' then
      insert into private.contact_tallies
      select workspace_id, board_id, board_column_id, facets, - count(*) from gone group by 1, 2, 3, 4;
      insert into private.assignee_tallies
      select workspace_id, board_id, assigned_to, - count(*) from gone where assigned_to is not null group by 1, 2, 3;
    when 'UPDATE' then
      insert into private.contact_tallies
      select workspace_id, board_id, board_column_id, facets, sum(change)
      from (
        select workspace_id, board_id, board_column_id, facets, 1 as change from came
        union all
        select workspace_id, board_id, board_column_id, facets, -1 from gone
      ) changed
      group by 1, 2, 3, 4
      having sum(change) <> 0;
      insert into private.assignee_tallies
      select workspace_id, board_id, assigned_to, sum(change)
      from (
        select workspace_id, board_id, assigned_to, 1 as change from came where assigned_to is not null
        union all
        select workspace_id, board_id, assigned_to, -1 from gone where assigned_to is not null
      ) changed
      group by 1, 2, 3
      having sum(change) <> 0;
    when 'TRUNCATE' then
      truncate private.contact_tallies, private.assignee_tallies;
  end case;
  return null;
end
$$;

create trigger contacts_tally_insert after insert on public.contacts
referencing new table as came
for each statement execute function private.tally_contacts();

create trigger contacts_tally_update after update on public.contacts
referencing old table as gone new table as came
for each statement execute function private.tally_contacts();

create trigger contacts_tally_delete after delete on public.contacts
referencing old table as gone
for each statement execute function private.tally_contacts();

create trigger contacts_tally_truncate after truncate on public.contacts
for each statement execute function private.tally_contacts();

-- Puts up to `p_rows_max` appended rows together with the folded rows of their kind; answers how many of each table it
-- took, so that the caller knows whether to go on. Rows are removed and their sum is written in one statement: a reader
-- sees either. Rows that another fold holds are left to it, so that two at once neither wait nor count twice.
create function public.fold_counts(p_rows_max integer default 5000) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_contacts bigint;
  v_assignees bigint;
begin
  with taken as (
    select ctid, workspace_id, board_id, board_column_id, facets from private.contact_tallies
    where not is_folded
    limit p_rows_max
    for update skip locked
  ), folded as (
    select t.ctid
    from private.contact_tallies t
    where t.is_folded
      and (t.workspace_id, t.board_id, t.board_column_id, t.facets)
        in (select workspace_id, board_id, board_column_id, facets from taken)
    for update skip locked
  ), removed as (
    delete from private.contact_tallies
    where ctid = any (array(select ctid from taken union all select ctid from folded))
    returning workspace_id, board_id, board_column_id, facets, contacts
  ), written as (
    insert into private.contact_tallies
    select workspace_id, board_id, board_column_id, facets, sum(contacts), true
    from removed
    group by 1, 2, 3, 4
    having sum(contacts) <> 0
  )
  select count(*) from taken into v_contacts;

  with taken as (
    select ctid, workspace_id, board_id, assigned_to from private.assignee_tallies
    where not is_folded
    limit p_rows_max
    for update skip locked
  ), folded as (
    select t.ctid
    from private.assignee_tallies t
    where t.is_folded
      and (t.workspace_id, t.board_id, t.assigned_to) in (select workspace_id, board_id, assigned_to from taken)
    for update skip locked
  ), removed as (
    delete from private.assignee_tallies
    where ctid = any (array(select ctid from taken union all select ctid from folded))
    returning workspace_id, board_id, assigned_to, contacts
  ), written as (
    insert into private.assignee_tallies
    select workspace_id, board_id, assigned_to, sum(contacts), true
    from removed
    group by 1, 2, 3
    having sum(contacts) <> 0
  )
  select count(*) from taken into v_assignees;

  return jsonb_build_object('outcome', 'ok', 'contacts', v_contacts, 'assignees', v_assignees);
end
$$;

-- Counts a workspace's contacts anew and appends what the tallies lack or have too many. What is there and what was kept
-- are read in one statement, so that writers may go on: their changes are in both or in neither. Answers
-- {"outcome": "ok", "contacts", "drift": [{"board", "column", "facets", "contacts"} or {"board", "assignee", "contacts"}]},
-- by how many the tallies were short; {"outcome": "busy"} while another one is at the same workspace.
create function public.reconcile_counts(p_workspace text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_contacts bigint;
  v_drift jsonb;
  v_assignee_drift jsonb;
begin
  -- A snapshot from before another's repair would repair the same once more.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'reconcile_counts runs in read committed' using errcode = 'invalid_transaction_state';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('reconcile_counts:' || p_workspace, 0)) then
    return jsonb_build_object('outcome', 'busy');
  end if;

  with counted as (
    select board_id, board_column_id, facets, count(*) as contacts
    from public.contacts where workspace_id = p_workspace group by 1, 2, 3
  ), missing as (
    select board_id, board_column_id, facets, sum(contacts) as contacts
    from (
      table counted
      union all
      select board_id, board_column_id, facets, - contacts from private.contact_tallies where workspace_id = p_workspace
    ) both_sides
    group by 1, 2, 3
    having sum(contacts) <> 0
  ), appended as (
    insert into private.contact_tallies
    select p_workspace, board_id, board_column_id, facets, contacts from missing
  )
  select
    (select coalesce(sum(contacts), 0) from counted),
    (
      select coalesce(jsonb_agg(jsonb_build_object(
        'board', board_id, 'column', board_column_id, 'facets', facets, 'contacts', contacts
      )), '[]')
      from missing
    )
  into v_contacts, v_drift;

  with missing as (
    select board_id, assigned_to, sum(contacts) as contacts
    from (
      select board_id, assigned_to, count(*) as contacts
      from public.contacts where workspace_id = p_workspace and assigned_to is not null group by 1, 2
      union all
      select board_id, assigned_to, - contacts from private.assignee_tallies where workspace_id = p_workspace
    ) both_sides
    group by 1, 2
    having sum(contacts) <> 0
  ), appended as (
    insert into private.assignee_tallies
    select p_workspace, board_id, assigned_to, contacts from missing
  )
  select coalesce(jsonb_agg(jsonb_build_object('board', board_id, 'assignee', assigned_to, 'contacts', contacts)), '[]')
  from missing
  into v_assignee_drift;

  return jsonb_build_object('outcome', 'ok', 'contacts', v_contacts, 'drift', v_drift || v_assignee_drift);
end
$$;

revoke all on function private.tally_contacts() from public;
revoke all on function public.fold_counts(integer) from public, anon, authenticated;
revoke all on function public.reconcile_counts(text) from public, anon, authenticated;
grant execute on function public.fold_counts(integer) to service_role;
grant execute on function public.reconcile_counts(text) to service_role;
