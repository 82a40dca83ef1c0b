-- A statement over contacts moves these tags too (20261126050100_moves.sql has the others, and the text of the functions):
--
--   - the buckets of the addresses and numbers that its contacts have and had, so that lookups by them are right. A lookup
--     finds the contact that was active last (20261127110600_people.sql). A write that leaves address, number and activity as
--     they were therefore moves none of these: the answer about the contact has the contact's own tag. The bucket of a number
--     is that of its last four digits, which all notations have in common (shared/contact-points/phone.ts);
--   - the buckets of the conversations of contacts that appear or vanish: "there is no such lead" is an answer about
--     conversations as well. A contact that keeps its id leaves them alone.
do $$
declare
  c_rows constant text := $rows$
      select
        c.workspace_id, c.id, c.board_id, c.board_column_id, c.assigned_to, c.facets, c.email, c.phone, c.last_activity_at,
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
