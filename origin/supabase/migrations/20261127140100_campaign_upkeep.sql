-- fold_counts and reconcile_counts take the tallies of campaigns in.

-- Combines up to `p_rows_max` appended rows with the folded rows of their campaign and outcome, and returns how many it
-- took. Like fold_counts, from which it is called, it looks folded rows up key by key, so that its plan does not depend on
-- statistics; two calls at once leave each other's rows alone.
create function private.fold_campaigns(p_rows_max integer) returns bigint
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_rows bigint;
begin
  with taken as (
    select ctid, workspace_id, campaign_id, outcome from private.campaign_tallies
    where not is_folded
    limit p_rows_max
    for update skip locked
  ), figures as (
    select distinct workspace_id, campaign_id, outcome from taken
  ), folded as (
    select t.ctid
    from private.campaign_tallies t
    where t.ctid = any (array(
      select f.ctid
      from figures
      cross join lateral (
        select t.ctid
        from private.campaign_tallies t
        where t.workspace_id = figures.workspace_id and t.campaign_id = figures.campaign_id
          and t.outcome = figures.outcome and t.is_folded
        offset 0
      ) f
    ))
    for update skip locked
  ), removed as (
    delete from private.campaign_tallies
    where ctid = any (array(select ctid from taken union all select ctid from folded))
    returning workspace_id, campaign_id, outcome, sends
  ), written as (
    insert into private.campaign_tallies
    select workspace_id, campaign_id, outcome, sum(sends), true
    from removed
    group by 1, 2, 3
    having sum(sends) <> 0
  )
  select count(*) from taken into v_rows;
  return v_rows;
end
$$;

-- Appends what the tallies of a workspace's campaigns lack or have too many, moves these campaigns, and returns what was
-- wrong: [{"campaign", "outcome", "sends"}].
create function private.reconcile_campaigns(p_workspace text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_drift jsonb;
begin
  with missing as (
    select campaign_id, outcome, sum(sends) as sends
    from (
      select campaign_id, outcome, count(*) as sends
      from public.campaign_sends where workspace_id = p_workspace group by 1, 2
      union all
      select campaign_id, outcome, - sends from private.campaign_tallies where workspace_id = p_workspace
    ) both_sides
    group by 1, 2
    having sum(sends) <> 0
  ), appended as (
    insert into private.campaign_tallies (workspace_id, campaign_id, outcome, sends)
    select p_workspace, campaign_id, outcome, sends from missing
  ), moved as (
    insert into private.outbox (workspace_id, tags, due_at)
    select
      p_workspace,
      private.moves_told(array_agg(row('campaign', bucket, null)::private.tag_move)),
      private.outbox_due_at()
    from (select distinct private.bucket_of('campaign', campaign_id) as bucket from missing) buckets
    having count(*) > 0
  )
  select coalesce(jsonb_agg(jsonb_build_object('campaign', campaign_id, 'outcome', outcome, 'sends', sends)), '[]')
  from missing
  into v_drift;
  return v_drift;
end
$$;

revoke all on function private.fold_campaigns(integer) from public;
revoke all on function private.reconcile_campaigns(text) from public;

-- Both functions are long and change in one place: they are defined again from their own text.
do $$
declare
  v_change record;
  v_text text;
begin
  for v_change in
    select *
    from (values
      (
        'public.fold_counts(integer)',
        $part$'assignees', v_assignees)$part$,
        $part$'assignees', v_assignees, 'campaigns', private.fold_campaigns(p_rows_max))$part$
      ),
      (
        'public.reconcile_counts(text)',
        $part$'drift', v_drift || v_assignee_drift)$part$,
        $part$'drift', v_drift || v_assignee_drift || private.reconcile_campaigns(p_workspace))$part$
      )
    ) listed (signature, old_part, new_part)
  loop
    v_text := pg_catalog.pg_get_functiondef(v_change.signature::regprocedure);
    if strpos(v_text, v_change.old_part) = 0 then
      raise exception '% has no such part', v_change.signature;
    end if;
    execute replace(v_text, v_change.old_part, v_change.new_part);
  end loop;
end
$$;
