-- What the sends of a campaign have come to, in a time that does not depend on how many there are. It is kept like the
-- counts of contacts (20261121090000_tallies.sql): a statement that changes sends appends by how much it changed which
-- number, in the same transaction and without reading or locking anything. The figures are the sums of these rows,
-- fold_counts combines them, and reconcile_counts finds and repairs what writes without triggers left.
--
-- The tables are locked while the sends that are there are counted. Both tables came with this release.

set local lock_timeout = '10s';
lock table public.campaigns, public.campaign_sends in share row exclusive mode;

create table private.campaign_tallies (
  workspace_id text collate "C" not null,
  campaign_id text collate "C" not null,
  outcome text collate "C" not null,
  sends bigint not null,
  is_folded boolean not null default false,
  constraint campaign_tallies_texts_length check (
    char_length(workspace_id) <= 128 and char_length(campaign_id) <= 128 and char_length(outcome) <= 40
  )
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create index campaign_tallies_by_campaign on private.campaign_tallies (workspace_id, campaign_id, outcome);
create index campaign_tallies_unfolded on private.campaign_tallies (workspace_id) where not is_folded;

alter table private.campaign_tallies enable row level security;
revoke all on private.campaign_tallies from public, anon, authenticated, service_role;

insert into private.campaign_tallies
select workspace_id, campaign_id, outcome, count(*), true from public.campaign_sends group by 1, 2, 3;

-- A statement over sends appends to the tallies and moves the campaigns whose figures it changes. A send whose outcome
-- stays moves nothing. The three functions have one text, because a trigger may only name the transition tables of its own
-- event.
do $$
declare
  c_came constant text := 'select workspace_id, campaign_id, outcome, 1 as change from came';
  c_gone constant text := 'select workspace_id, campaign_id, outcome, -1 as change from gone';
  c_body constant text := $body$
begin
  with changed as (
    select workspace_id, campaign_id, outcome, sum(change) as sends
    from (
      %s
    ) sources
    group by 1, 2, 3
    having sum(change) <> 0
  ), tallied as (
    insert into private.campaign_tallies (workspace_id, campaign_id, outcome, sends) table changed
  )
  insert into private.outbox (workspace_id, tags, due_at)
  select
    workspace_id,
    private.moves_told(array_agg(row('campaign', bucket, null)::private.tag_move)),
    private.outbox_due_at()
  from (select distinct workspace_id, private.bucket_of('campaign', campaign_id) as bucket from changed) moved
  group by workspace_id;
  return null;
end
$body$;
  v_event record;
begin
  for v_event in
    select *
    from (values
      ('insert', 'inserted', 'new table as came', c_came),
      ('update', 'updated', 'old table as gone new table as came', c_came || E'\n      union all\n      ' || c_gone),
      ('delete', 'deleted', 'old table as gone', c_gone)
    ) listed (name, done, transition, rows)
  loop
    execute format(
      'create function private.%I() returns trigger language plpgsql security definer set search_path = '''' as %L',
      'tally_sends_' || v_event.done, format(c_body, v_event.rows)
    );
    execute format('revoke all on function private.%I() from public', 'tally_sends_' || v_event.done);
    execute format(
      'create trigger %I after %s on public.campaign_sends referencing %s
       for each statement execute function private.%I()',
      'campaign_sends_tally_' || v_event.name, v_event.name, v_event.transition, 'tally_sends_' || v_event.done
    );
  end loop;
end
$$;

-- Runs after all sends are gone. It appends the tallies with the opposite sign, so that a concurrent fold stays correct.
create function private.tally_sends_truncated() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  insert into private.campaign_tallies
  select workspace_id, campaign_id, outcome, - sum(sends)
  from private.campaign_tallies
  group by 1, 2, 3
  having sum(sends) <> 0;
  return null;
end
$$;

create trigger campaign_sends_tally_truncate after truncate on public.campaign_sends
for each statement execute function private.tally_sends_truncated();
create trigger campaign_sends_outbox_truncate before truncate on public.campaign_sends
for each statement execute function private.outbox_truncated();

do $$
declare
  v_trigger record;
begin
  for v_trigger in
    select t.tgname as name
    from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.campaign_sends'::regclass and not t.tgisinternal
  loop
    execute format('alter table public.campaign_sends enable always trigger %I', v_trigger.name);
  end loop;
end
$$;

call private.create_move_triggers(
  'campaigns', 'workspace_id, id', $moves$select 'campaign', private.bucket_of('campaign', changed.id), null::integer$moves$
);

-- A member of the workspace and its backend may ask.
create function public.campaign_stats(p_workspace text, p_campaign text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_campaign), 'p_campaign must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  if not exists (select from public.campaigns c where c.workspace_id = p_workspace and c.id = p_campaign) then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'queued', coalesce(sum(t.sends) filter (where t.outcome = 'queued'), 0),
      'sent', coalesce(sum(t.sends) filter (where t.outcome = 'sent'), 0),
      'delivered', coalesce(sum(t.sends) filter (where t.outcome = 'delivered'), 0),
      'read', coalesce(sum(t.sends) filter (where t.outcome = 'read'), 0),
      'replied', coalesce(sum(t.sends) filter (where t.outcome = 'replied'), 0),
      'failed', coalesce(sum(t.sends) filter (where t.outcome = 'failed'), 0)
    )
    from private.campaign_tallies t
    where t.workspace_id = p_workspace and t.campaign_id = p_campaign
  );
end
$$;

revoke all on function private.tally_sends_truncated() from public;
revoke all on function public.campaign_stats(text, text) from public, anon;
grant execute on function public.campaign_stats(text, text) to authenticated, service_role;
