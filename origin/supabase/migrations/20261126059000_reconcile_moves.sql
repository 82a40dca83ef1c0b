-- reconcile_counts repairs the tallies, which changes counts and the totals of pages, and so it moves what depends on
-- them: the counts, the boards and columns whose tallies were wrong, and the users whose number of contacts was. Until now
-- a repair left every wrong answer in the caches until it expired. A call that finds nothing wrong moves nothing.
create or replace function public.reconcile_counts(p_workspace text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
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

  -- The slots of the facets, and the one for all (shared/tags/places.ts). Totals by time and of searches are no sums of tallies.
  insert into private.outbox (workspace_id, tags, due_at)
  with wrong as (
    select d.board, d."column", d.facets, d.assignee
    from jsonb_to_recordset(v_drift || v_assignee_drift) d (board text, "column" text, facets integer, assignee text)
  ), moved as (
    select 'counts' as family, null::integer as bucket, null::integer as slots from wrong
    union all
    select 'place', private.bucket_of('place', board), facets | x'0800'::integer from wrong where facets is not null
    union all
    select 'place', private.bucket_of('place', board || ':' || "column"), facets | x'0800'::integer
    from wrong
    where facets is not null
    union all
    select 'user', private.bucket_of('user', assignee), null from wrong where assignee is not null
  ), buckets as (
    select family, bucket, bit_or(slots) as slots from moved group by 1, 2
  )
  select
    p_workspace,
    private.moves_told(array_agg(row(family, bucket, slots)::private.tag_move)),
    private.outbox_due_at()
  from buckets
  having count(*) > 0;

  return jsonb_build_object('outcome', 'ok', 'contacts', v_contacts, 'drift', v_drift || v_assignee_drift);
end
$$;
