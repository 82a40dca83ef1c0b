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
-- All other moves stay, for the pages in other orders and for earlier Workers, which take the new moves for those of other places.

set local lock_timeout = '10s';

-- A statement that began before this migration tells its change without these moves. So it has to commit before.
lock table public.contacts in share row exclusive mode;

-- The third and fourth byte of an id's SHA-256, modulo the slots of all places: 512 buckets of 16 slots.
create function private.shown_at(p_contact text) returns integer
language sql stable parallel safe
return mod(('x' || substr(encode(sha256(convert_to(p_contact, 'UTF8')), 'hex'), 5, 4))::bit(16)::integer, 8192);

revoke all on function private.shown_at(text) from public;

do $$
declare
  c_rows constant text := $rows$
      select
        c.workspace_id, c.id, c.board_id, c.board_column_id, c.assigned_to, c.facets, c.email, c.phone, c.last_activity_at,
        c.created_at,
        c.created_at > now() - interval '168 hours' as is_new,
        c.created_at > statement_timestamp() - interval '167 hours' as stays_new,
        c.last_activity_at > now() - interval '24 hours' as is_recent,
        c.last_activity_at > statement_timestamp() - interval '23 hours' as stays_recent,
        %s as change
      from %s c$rows$;
  c_came constant text := format(c_rows, '1', 'came');
  c_gone constant text := format(c_rows, '-1', 'gone');
  c_body constant text := $body$
begin
  insert into private.outbox (workspace_id, tags, due_at)
  with changed as (%s
  ), groups as (
    select
      workspace_id, board_id, board_column_id, assigned_to, facets,
      sum(change) as contacts,
      coalesce(sum(change) filter (where is_new), 0) as are_new,
      coalesce(sum(change) filter (where stays_new), 0) as stay_new,
      coalesce(sum(change) filter (where is_recent), 0) as are_recent,
      coalesce(sum(change) filter (where stays_recent), 0) as stay_recent
    from changed
    group by 1, 2, 3, 4, 5
  ), contacts as (
    select workspace_id, id, sum(change) as change from changed group by 1, 2
  ), lists as (
    select
      workspace_id, board_id, board_column_id,
      bit_xor(facets | x'0800'::integer) as differing, bit_or(facets | x'0800'::integer) as met
    from changed
    group by grouping sets (
      (workspace_id, id, created_at, board_id), (workspace_id, id, created_at, board_id, board_column_id)
    )
  ), orders as (
    select workspace_id, board_id, board_column_id, bit_or(case when lists_of_workspace > 16 then met else differing end) as slots
    from (select *, count(*) over (partition by workspace_id) as lists_of_workspace from lists) counted
    group by 1, 2, 3
  ), points as (
    select workspace_id, email, phone
    from changed
    group by workspace_id, id, email, phone, last_activity_at
    having sum(change) <> 0
  ), moved as (
    select workspace_id, 'contact' as family, private.bucket_of('contact', id) as bucket, null::integer as slots
    from contacts
    union all
    select workspace_id, 'conversation', private.bucket_of('conversation', id), null
    from contacts
    where change <> 0
    union all
    select workspace_id, 'email', private.bucket_of('email', private.email_key(email)), null
    from points
    where email is not null
    union all
    select workspace_id, 'phone', private.bucket_of('phone', right(coalesce(private.phone_key(phone), ''), 4)), null
    from points
    where phone is not null
    union all
    select workspace_id, 'user', private.bucket_of('user', assigned_to), null
    from groups
    where assigned_to is not null
    union all
    select workspace_id, 'place', private.bucket_of('place', board_id), facets | x'3800'::integer
    from groups
    union all
    select workspace_id, 'place', private.bucket_of('place', board_id || ':' || board_column_id), facets | x'1800'::integer
    from groups
    union all
    select workspace_id, 'place', private.bucket_of('place', ':' || board_id || coalesce(':' || board_column_id, '')), slots
    from orders
    where slots <> 0
    union all
    select workspace_id, 'place', mod(private.shown_at(id), 512), 1 << div(private.shown_at(id), 512)::integer
    from (select workspace_id, id, count(*) over (partition by workspace_id) as contacts_of_workspace from contacts) counted
    where contacts_of_workspace <= 8
    union all
    select workspace_id, 'counts', null, null
    from (
      select workspace_id, facets, sum(contacts) as contacts from groups group by 1, 2 having sum(contacts) <> 0
    ) counted
    cross join generate_series(0, 10) bit
    where facets >> bit & 1 = 1
    group by workspace_id, bit
    having sum(contacts) <> 0
    union all
    select workspace_id, 'counts', null, null
    from groups
    where assigned_to is not null
    group by workspace_id, assigned_to
    having sum(contacts) <> 0
    union all
    select workspace_id, 'counts', null, null
    from groups
    group by workspace_id
    having sum(are_new) <> 0 or sum(stay_new) <> 0 or sum(are_recent) <> 0 or sum(stay_recent) <> 0
  ), buckets as (
    select workspace_id, family, bucket, bit_or(slots) as slots from moved group by 1, 2, 3
  )
  select
    workspace_id,
    private.moves_told(array_agg(row(family, bucket, slots)::private.tag_move)),
    private.outbox_due_at()
  from buckets
  group by workspace_id;
  return null;
end
$body$;
  v_function record;
begin
  for v_function in
    select *
    from (values
      ('outbox_contacts_inserted', c_came),
      ('outbox_contacts_updated', c_came || E'\n      union all' || c_gone),
      ('outbox_contacts_deleted', c_gone)
    ) listed (name, rows)
  loop
    execute format(
      'create or replace function private.%I() returns trigger language plpgsql security definer set search_path = '''' as %L',
      v_function.name, format(c_body, v_function.rows)
    );
  end loop;
end
$$;

-- A repair of the tallies changes the totals of pages, which stand for the order as well.
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
    select 'place', private.bucket_of('place', ':' || board), facets | x'0800'::integer from wrong where facets is not null
    union all
    select 'place', private.bucket_of('place', ':' || board || ':' || "column"), facets | x'0800'::integer
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
