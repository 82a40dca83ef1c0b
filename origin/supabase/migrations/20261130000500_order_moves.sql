-- A page of a board in the order in which its contacts were created depends on the order of its list and on the contacts that
-- it shows (shared/resources/contacts/contact-list-tags.ts). So a statement over contacts also moves
--
--   - the slots of a list's order, in the bucket of ':' and the place's value, for the filters whose list a contact enters or
--     leaves, or in which its instant of creation changes. A contact that changes without that moves none of these;
--   - for each contact a second bucket, a slot of a bucket of the places by other bytes of its digest (`shownTag` in
--     shared/tags/tags.ts). A page depends on the pair of it and the contact's own bucket.
--
-- A statement that changes more than eight contacts of a workspace names none of them in this way. It moves the order of every
-- list in which they were or are, and so all pages of these lists.
--
-- So does the row of a smaller statement if it is told while another row of the workspace waits: rows are told in any order,
-- and a page from before a change that is not told yet need not show the contact that this statement changed. The statement
-- cannot know that, because the other transaction may commit after it and before its own commit. So the trigger leaves these
-- further moves in `late_tags`, and they are added when the row is handed out to be told (private.outbox_rows_told): whoever
-- sees the row committed also sees all rows that were committed before it and are not told yet.
--
-- A restored database has no row of what the restore changed, until somebody notices it and moves everything. So a row moves
-- whole lists as well unless its relay names the database of the last mark, and this is that database and not behind the mark.
--
-- All other moves stay, for the pages in other orders and for earlier Workers, which take the new moves for those of other places.

set local lock_timeout = '10s';

-- A statement that began before this migration tells its change without these moves. So it has to commit before.
lock table public.contacts in share row exclusive mode;

-- The moves by which this row moves whole lists. Null if its tags do that already, or if it concerns no list.
alter table private.outbox
  add column late_tags text[],
  add constraint outbox_late_tags_form check (cardinality(late_tags) between 1 and 32 and private.texts_fit(late_tags, 30));
create index outbox_by_workspace on private.outbox (workspace_id);

-- The third and fourth byte of an id's SHA-256, modulo the slots of all places: 512 buckets of 16 slots.
create function private.shown_at(p_contact text) returns integer
language sql stable parallel safe
return mod(('x' || substr(encode(sha256(convert_to(p_contact, 'UTF8')), 'hex'), 5, 4))::bit(16)::integer, 8192);

revoke all on function private.shown_at(text) from public;

-- These functions were made from parts by several migrations, so the new parts are put into the text that each has now.
do $$
declare
  c_columns constant text := 'c.email, c.phone, c.last_activity_at,';
  c_points constant text := '), points as (';
  c_orders constant text := $part$), lists as (
    select
      workspace_id, board_id, board_column_id,
      bit_xor(facets | x'0800'::integer) as differing, bit_or(facets | x'0800'::integer) as met
    from changed
    group by grouping sets (
      (workspace_id, id, created_at, board_id), (workspace_id, id, created_at, board_id, board_column_id)
    )
  ), orders as (
    select
      workspace_id, board_id, board_column_id,
      bit_or(case when is_whole then met else differing end) as slots,
      bit_or(met) & ~ bit_or(case when is_whole then met else differing end) as late_slots
    from (select *, count(*) over (partition by workspace_id) > 16 as is_whole from lists) judged
    group by 1, 2, 3
  $part$;
  c_user constant text := $part$union all
    select workspace_id, 'user', private.bucket_of('user', assigned_to), null$part$;
  c_moves constant text := $part$union all
    select workspace_id, 'place', private.bucket_of('place', ':' || board_id || coalesce(':' || board_column_id, '')), slots
    from orders
    where slots <> 0
    union all
    select workspace_id, 'late', private.bucket_of('place', ':' || board_id || coalesce(':' || board_column_id, '')), late_slots
    from orders
    where late_slots <> 0
    union all
    select workspace_id, 'place', mod(private.shown_at(id), 512), 1 << div(private.shown_at(id), 512)::integer
    from (select workspace_id, id, count(*) over (partition by workspace_id) as contacts_of_workspace from contacts) counted
    where contacts_of_workspace <= 8
    $part$;
  c_columns_written constant text := 'insert into private.outbox (workspace_id, tags, due_at)';
  c_told constant text := $part$
    private.moves_told(array_agg(row(family, bucket, slots)::private.tag_move)),
    private.outbox_due_at()
$part$;
  c_told_late constant text := $part$
    private.moves_told(array_agg(row(family, bucket, slots)::private.tag_move) filter (where family <> 'late')),
    private.outbox_due_at(),
    nullif(private.moves_told(array_agg(row('place', bucket, slots)::private.tag_move) filter (where family = 'late')), '{}')
$part$;
  c_user_of_repair constant text := $part$union all
    select 'user', private.bucket_of('user', assignee), null from wrong$part$;
  -- A repair changes the totals of pages, which stand for the order as well.
  c_moves_of_repair constant text := $part$union all
    select 'place', private.bucket_of('place', ':' || board), facets | x'0800'::integer from wrong where facets is not null
    union all
    select 'place', private.bucket_of('place', ':' || board || ':' || "column"), facets | x'0800'::integer
    from wrong
    where facets is not null
    $part$;
  v_change record;
  v_text text;
begin
  for v_change in
    select signature, sources, old_part, new_part
    from (values ('inserted', 1), ('updated', 2), ('deleted', 1)) functions (name, rows)
    cross join lateral (
      values
        (1, c_columns, rows, c_columns || ' c.created_at,'),
        (2, c_points, 1, c_orders || c_points),
        (3, c_user, 1, c_moves || c_user),
        (4, c_columns_written, 1, replace(c_columns_written, 'due_at', 'due_at, late_tags')),
        (5, c_told, 1, c_told_late)
    ) parts (number, old_part, sources, new_part)
    cross join lateral (select format('private.outbox_contacts_%s()', name) as signature) named
    union all
    values ('public.reconcile_counts(text)', 1, c_user_of_repair, c_moves_of_repair || c_user_of_repair)
  loop
    v_text := pg_catalog.pg_get_functiondef(v_change.signature::regprocedure);
    if array_length(string_to_array(v_text, v_change.old_part), 1) <> v_change.sources + 1 then
      raise exception '% does not have the text of its last migration', v_change.signature;
    end if;
    execute replace(v_text, v_change.old_part, v_change.new_part);
  end loop;
end
$$;

-- `private.is_marked` for relays, which may know of no mark. False if the owner of the functions may not know which database this is.
create function private.may_be_narrow(p_database text, p_position text) returns boolean
language plpgsql volatile
set search_path = ''
as $$
begin
  perform private.require_argument(
    coalesce(p_position ~ '^[0-9A-F]{1,8}/[0-9A-F]{1,8}$', true), 'p_position must be a position of the WAL'
  );
  return private.is_marked(p_database, p_position);
exception
  when insufficient_privilege then
    return false;
end
$$;

-- The rows as they have to be told in one call of the Worker. If their workspace has any other row, or if the database is not known
-- to be the marked one, they move whole lists. Called in a statement of its own, after the writer's commit: the rows that were
-- committed before a row of these are visible then.
create function private.outbox_rows_told(p_ids bigint[], p_is_marked boolean) returns jsonb
language sql stable
set search_path = ''
as $$
  with rows as (
    select o.id, o.event_id, o.workspace_id, o.tags, o.late_tags, o.attempts from private.outbox o where o.id = any (p_ids)
  ), workspaces as (
    select own.workspace_id, waiting.rows > own.rows as has_others
    from (select r.workspace_id, count(*) as rows from rows r group by 1) own
    -- Counts one row more than these at most, however many wait.
    cross join lateral (
      select count(*) as rows
      from (select from private.outbox o where o.workspace_id = own.workspace_id limit own.rows + 1) counted
    ) waiting
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', r.id, 'eventId', r.event_id, 'workspaceId', r.workspace_id,
        'tags', case when w.has_others or not p_is_marked then r.tags || r.late_tags else r.tags end,
        'attempts', r.attempts
      )
      order by r.id
    ),
    '[]'
  )
  from rows r
  join workspaces w on w.workspace_id = r.workspace_id
$$;

drop function public.outbox_claim(integer, integer);
create function public.outbox_claim(
  p_rows_max integer, p_lease_ms integer, p_database text default null, p_position text default null
)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_ids bigint[];
begin
  perform private.require_argument(p_rows_max between 1 and 1000, 'p_rows_max must be from 1 to 1000');
  perform private.require_argument(p_lease_ms between 0 and 3600000, 'p_lease_ms must be from 0 to 3600000');
  with due as (
    select o.id
    from private.outbox o
    where o.due_at <= clock_timestamp()
    order by o.due_at, o.id
    limit p_rows_max
    for update skip locked
  ), claimed as (
    update private.outbox o
    set due_at = clock_timestamp() + interval '1 millisecond' * p_lease_ms
    from due
    where o.id = due.id
    returning o.id
  )
  select array_agg(c.id) from claimed c into v_ids;
  return jsonb_build_object(
    'outcome', 'ok', 'rows', private.outbox_rows_told(v_ids, private.may_be_narrow(p_database, p_position))
  );
end
$$;

-- Rows that somebody tells in one call who did not claim them so: a writer after its commit, or a relay whose batch is sent in
-- parts. Rows that are gone are told already, and left out.
create function public.outbox_read(p_ids jsonb, p_database text default null, p_position text default null)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_ids constant bigint[] := private.outbox_locked(p_ids);
begin
  return jsonb_build_object(
    'outcome', 'ok', 'rows', private.outbox_rows_told(v_ids, private.may_be_narrow(p_database, p_position))
  );
end
$$;

-- A writer's own rows, before its commit. Nobody knows yet what is committed before them, so they move whole lists. `isWide` says
-- that outbox_read may return fewer moves after the commit.
create or replace function private.outbox_since(p_mark bigint) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', o.id, 'eventId', o.event_id, 'workspaceId', o.workspace_id, 'tags', o.tags || o.late_tags, 'attempts', o.attempts
      ) || case when o.late_tags is null then '{}' else '{"isWide": true}' end::jsonb
      order by o.id
    ),
    '[]'
  )
  from private.outbox o
  where o.id >= p_mark and o.transaction_id = pg_current_xact_id()
$$;

revoke all on function private.may_be_narrow(text, text) from public;
revoke all on function private.outbox_rows_told(bigint[], boolean) from public;
revoke all on function public.outbox_claim(integer, integer, text, text) from public, anon, authenticated;
revoke all on function public.outbox_read(jsonb, text, text) from public, anon, authenticated;
grant execute on function public.outbox_claim(integer, integer, text, text) to service_role;
grant execute on function public.outbox_read(jsonb, text, text) to service_role;
