-- fold_counts with a plan that does not depend on how large the tables were when it was made, nor on statistics. What it
-- takes is looked up among the folded rows key by key, in an index (`offset 0` keeps the planner from another order).
-- Before, after one import with 60,000 new assignees every row taken was compared with every folded row: a call took 42 s,
-- which is past the origin's deadline, so that nothing was folded any more and counts became slower with every write.
create or replace function public.fold_counts(p_rows_max integer default 5000) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
set enable_nestloop = off
set enable_seqscan = off
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
  ), places as (
    select distinct workspace_id, board_id from taken
  ), kept as (
    select f.ctid, f.workspace_id, f.board_id, f.board_column_id, f.facets
    from places p
    cross join lateral (
      select t.ctid, t.workspace_id, t.board_id, t.board_column_id, t.facets
      from private.contact_tallies t
      where t.workspace_id = p.workspace_id and t.board_id = p.board_id and t.is_folded
      offset 0
    ) f
  ), folded as (
    select t.ctid
    from private.contact_tallies t
    where t.ctid = any (array(
      select k.ctid
      from kept k
      where (k.workspace_id, k.board_id, k.board_column_id, k.facets)
        in (select workspace_id, board_id, board_column_id, facets from taken)
    ))
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
  ), assigned as (
    select distinct workspace_id, board_id, assigned_to from taken
  ), folded as (
    select t.ctid
    from private.assignee_tallies t
    where t.ctid = any (array(
      select f.ctid
      from assigned a
      cross join lateral (
        select t.ctid
        from private.assignee_tallies t
        where t.workspace_id = a.workspace_id and t.assigned_to = a.assigned_to and t.board_id = a.board_id
          and t.is_folded
        offset 0
      ) f
    ))
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
