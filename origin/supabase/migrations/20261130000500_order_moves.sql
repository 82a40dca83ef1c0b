-- A page of a board in the order in which its contacts were created depends on the order of its list and on the contacts that
-- it shows (shared/resources/contacts/contact-list-tags.ts). So a statement over contacts also moves
--
--   - the slots of a list's order, in the bucket of ':' and the place's value, for the filters whose list a contact enters or
--     leaves, or in which its instant of creation changes. A contact that changes without that moves none of these;
--   - for each contact a second bucket, a slot of a bucket of the places by other bytes of its digest (`shownTag` in
--     shared/tags/tags.ts). A page depends on the pair of it and the contact's own bucket.
--
-- A statement that changes more than eight contacts of a workspace names none of them in this way. It moves the order of every
-- list in which they were or are, and so all pages of these lists. So does a statement that finds an earlier row of the
-- workspace in the outbox: rows are told in any order, and a page from before an earlier change that is not told yet need not
-- show the contact that this statement changes.
--
-- All other moves stay, for the pages in other orders and for earlier Workers, which take the new moves for those of other places.

set local lock_timeout = '10s';

-- A statement that began before this migration tells its change without these moves. So it has to commit before.
lock table public.contacts in share row exclusive mode;

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
    select workspace_id, board_id, board_column_id, bit_or(case when is_whole then met else differing end) as slots
    from (
      select
        *,
        count(*) over (partition by workspace_id) > 16
          or exists (select from private.outbox o where o.workspace_id = lists.workspace_id) as is_whole
      from lists
    ) judged
    group by 1, 2, 3
  $part$;
  c_user constant text := $part$union all
    select workspace_id, 'user', private.bucket_of('user', assigned_to), null$part$;
  c_moves constant text := $part$union all
    select workspace_id, 'place', private.bucket_of('place', ':' || board_id || coalesce(':' || board_column_id, '')), slots
    from orders
    where slots <> 0
    union all
    select workspace_id, 'place', mod(private.shown_at(id), 512), 1 << div(private.shown_at(id), 512)::integer
    from (select workspace_id, id, count(*) over (partition by workspace_id) as contacts_of_workspace from contacts) counted
    where contacts_of_workspace <= 8
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
        (3, c_user, 1, c_moves || c_user)
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
