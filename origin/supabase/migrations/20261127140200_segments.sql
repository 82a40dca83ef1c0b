-- The number of contacts in a segment, in a time that does not depend on how many there are: a sum of
-- private.contact_tallies, which hold how many contacts a column has of each combination of facets.
--
-- A segment's filters become two masks over contacts.facets. A write of contacts moves exactly the segments whose sum it
-- changes: the trigger looks at the segments of the workspace, of which there are at most 200 (shared/limits.ts: segmentsMax),
-- and only if a combination of facets has more or fewer contacts in some column than before.

set local lock_timeout = '10s';

-- Null if a filter is unknown. The columns below are made of it, so it runs as the writer of a segment.
create function private.facets_of(p_filters text[]) returns smallint
language sql immutable parallel safe
return (
  select case when count(*) = count(private.facet_bit(f.filter)) then coalesce(bit_or(private.facet_bit(f.filter)), 0::smallint) end
  from unnest(p_filters) f (filter)
);

revoke all on function private.facets_of(text[]) from public;
grant execute on function private.facets_of(text[]) to authenticated, service_role;
grant execute on function private.facet_bit(text) to authenticated, service_role;

-- Segments from before these rules keep the contacts that they had: no contact meets an unknown filter, as none is both
-- open and closed, every contact meets `all`, and a filter counts once.
update public.segments s
set
  filters = case
    when kept.is_empty then '{open,closed}'
    else array(select distinct f from unnest(s.filters) f order by f)
  end,
  excluded_filters = array(
    select distinct f from unnest(s.excluded_filters) f where private.facet_bit(f) > 0 order by f
  )
from (
  select
    workspace_id, id,
    private.facets_of(filters) is null or 'all' = any (excluded_filters) as is_empty
  from public.segments
) kept
where kept.workspace_id = s.workspace_id and kept.id = s.id;

alter table public.segments
  add column required_facets smallint generated always as (private.facets_of(filters)) stored,
  add column excluded_facets smallint generated always as (private.facets_of(excluded_filters)) stored,
  add constraint segments_filters_form check (
    cardinality(filters) <= 12
    and (filters = '{}' or (array_ndims(filters) = 1 and private.texts_fit(filters, 40)))
  ),
  add constraint segments_excluded_filters_form check (
    cardinality(excluded_filters) <= 12
    and (excluded_filters = '{}' or (array_ndims(excluded_filters) = 1 and private.texts_fit(excluded_filters, 40)))
    and not 'all' = any (excluded_filters)
  ),
  add constraint segments_filters_known check (required_facets is not null and excluded_facets is not null);

-- Keeps the number of segments within its bound. Writers of one workspace's segments wait for each other, because each would
-- count without the other's.
create function private.bound_segments() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_workspace text;
begin
  for v_workspace in select distinct workspace_id from came order by 1 loop
    perform pg_advisory_xact_lock(hashtextextended('segments:' || v_workspace, 0));
    if (
      select count(*) from (select from public.segments s where s.workspace_id = v_workspace limit 201) counted
    ) > 200 then
      raise exception 'a workspace has at most 200 segments' using errcode = 'check_violation';
    end if;
  end loop;
  return null;
end
$$;

-- The segments of a workspace whose number of contacts changes if these combinations of column and facets have so many
-- contacts more, or fewer where the number is negative. The four arrays are the columns of one table. The segments are found
-- by their key, whatever the statistics say.
create function private.segments_changed(
  p_workspace text, p_boards text[], p_columns text[], p_facets smallint[], p_contacts bigint[]
) returns setof text
language plpgsql stable
set search_path = ''
set enable_seqscan = off
as $$
begin
  return query
    select s.id::text
    from public.segments s
    where s.workspace_id = p_workspace and (
      select sum(g.contacts)
      from unnest(p_boards, p_columns, p_facets, p_contacts) g (board_id, board_column_id, facets, contacts)
      where (s.board_id is null or g.board_id = s.board_id)
        and (s.board_column_id is null or g.board_column_id = s.board_column_id)
        and g.facets & s.required_facets = s.required_facets
        and g.facets & s.excluded_facets = 0
    ) <> 0;
end
$$;

revoke all on function private.bound_segments() from public;
revoke all on function private.segments_changed(text, text[], text[], smallint[], bigint[]) from public;

call private.create_move_triggers(
  'segments', 'workspace_id, id', $moves$select 'segment', private.bucket_of('segment', changed.id), null::integer$moves$
);

create trigger segments_bound_insert after insert on public.segments
referencing new table as came
for each statement execute function private.bound_segments();

create trigger segments_bound_update after update on public.segments
referencing new table as came
for each statement execute function private.bound_segments();

-- The triggers of contacts and reconcile_counts move segments too. They are defined again from their own text.
do $$
declare
  c_moved constant text := $part$
  ), buckets as ($part$;
  c_of_contacts constant text := $part$
    union all
    select w.workspace_id, 'segment', private.bucket_of('segment', s.id), null
    from (
      select
        workspace_id,
        array_agg(board_id) as boards,
        array_agg(board_column_id) as columns,
        array_agg(facets) as facets,
        array_agg(contacts) as contacts
      from (
        select workspace_id, board_id, board_column_id, facets, sum(contacts)::bigint as contacts
        from groups
        group by 1, 2, 3, 4
        having sum(contacts) <> 0
      ) placed
      group by workspace_id
    ) w
    cross join lateral private.segments_changed(w.workspace_id, w.boards, w.columns, w.facets, w.contacts) s (id)$part$;
  c_of_repair constant text := $part$
    union all
    select 'segment', private.bucket_of('segment', s.id), null
    from (
      select
        array_agg(d.board) as boards,
        array_agg(d."column") as columns,
        array_agg(d.facets) as facets,
        array_agg(d.contacts) as contacts
      from jsonb_to_recordset(v_drift) d (board text, "column" text, facets smallint, contacts bigint)
    ) w
    cross join lateral private.segments_changed(p_workspace, w.boards, w.columns, w.facets, w.contacts) s (id)$part$;
  v_change record;
  v_text text;
begin
  for v_change in
    select *
    from (values
      ('private.outbox_contacts_inserted()', c_of_contacts),
      ('private.outbox_contacts_updated()', c_of_contacts),
      ('private.outbox_contacts_deleted()', c_of_contacts),
      ('public.reconcile_counts(text)', c_of_repair)
    ) listed (signature, part)
  loop
    v_text := pg_catalog.pg_get_functiondef(v_change.signature::regprocedure);
    if array_length(string_to_array(v_text, c_moved), 1) <> 2 then
      raise exception '% has not exactly one place for the moves of segments', v_change.signature;
    end if;
    execute replace(v_text, c_moved, v_change.part || c_moved);
  end loop;
end
$$;

-- A member of the workspace and its backend may ask.
create function public.segment_count(p_workspace text, p_segment text) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
set enable_seqscan = off
as $$
declare
  v_segment public.segments;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_segment), 'p_segment must have 1 to 128 characters');
  if private.caller_role(p_workspace) is null then
    return jsonb_build_object('outcome', 'forbidden');
  end if;
  select * from public.segments s where s.workspace_id = p_workspace and s.id = p_segment into v_segment;
  if not found then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  return (
    select jsonb_build_object('outcome', 'ok', 'count', coalesce(sum(t.contacts), 0))
    from private.contact_tallies t
    where t.workspace_id = p_workspace
      and (v_segment.board_id is null or t.board_id = v_segment.board_id)
      and (v_segment.board_column_id is null or t.board_column_id = v_segment.board_column_id)
      and t.facets & v_segment.required_facets = v_segment.required_facets
      and t.facets & v_segment.excluded_facets = 0
  );
end
$$;

revoke all on function public.segment_count(text, text) from public, anon;
grant execute on function public.segment_count(text, text) to authenticated, service_role;
