-- From here on the outbox names moves by bucket and slot (20261126050000_tag_families.sql). A write therefore invalidates
-- only what it touches, and the outbox holds no id but the workspace's.
--
-- Rows that still wait in the outbox keep their old tags (`board:…`, `column:…`). An origin of this version does not know
-- these and delivers such a row as a move of the whole workspace, as an older origin does with the new moves, so nothing
-- is lost. An older Worker answers 400 to the new moves; the relay retries such rows until that Worker is replaced.

set local lock_timeout = '10s';

-- The tables are locked in the order in which writers reach them, before the outbox, so that no concurrent writer and this
-- migration wait for each other.
lock table
  public.workspaces, public.memberships, public.boards, public.board_columns, public.cache_settings, public.contacts
in share row exclusive mode;

-- A statement over contacts moves these tags of each workspace:
--
--   - the buckets of the contacts, and of the users that they are and were assigned to;
--   - the places where the contacts are and were: the board and the column. A board's place includes the slot for
--     searches, because their estimated totals sample the whole board. The other slots are those of the filters that a
--     contact met before or meets now (the bits of contacts.facets), and always `all` and `time`, because a contact that
--     has left the window of a filter by time is still on a cached page of that filter;
--   - `counts`, if the sum of a facet over the workspace, the number of a user's contacts, or the number of contacts in a
--     window of time changes. A changed name does not move the counts. Windows advance while the transaction runs: a
--     contact that is in a window at the statement may have left it at the commit, while its new instant keeps it in the
--     window. The contacts are therefore counted as of the transaction's beginning and as of an hour after the statement.
--
-- The three functions have one text with different sources of rows, because a trigger may only name the transition tables
-- of its own event. No step is a join, so the plan, which is made once for each connection, serves one contact as well as
-- a million.
do $$
declare
  c_rows constant text := $rows$
      select
        c.workspace_id, c.id, c.board_id, c.board_column_id, c.assigned_to, c.facets,
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
  ), moved as (
    select workspace_id, 'contact' as family, private.bucket_of('contact', id) as bucket, null::integer as slots
    from changed
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
      'create function private.%I() returns trigger language plpgsql security definer set search_path = '''' as %L',
      v_function.name, format(c_body, v_function.rows)
    );
    execute format('revoke all on function private.%I() from public', v_function.name);
  end loop;
end
$$;

create or replace trigger contacts_outbox_insert after insert on public.contacts
referencing new table as came
for each statement execute function private.outbox_contacts_inserted();

create or replace trigger contacts_outbox_update after update on public.contacts
referencing old table as gone new table as came
for each statement execute function private.outbox_contacts_updated();

create or replace trigger contacts_outbox_delete after delete on public.contacts
referencing old table as gone
for each statement execute function private.outbox_contacts_deleted();

drop function private.outbox_contacts();
drop type private.contact_place;

-- The trigger function of the tables that seldom change. Only migrations give its arguments: the column with the workspace,
-- the columns that identify a row, and a query over the columns of a row that returns its moves. `appears_or_vanishes` is
-- true for a row that is inserted or deleted and false for one that is changed.
create or replace function private.outbox_rows() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  execute format(
    $query$
      insert into private.outbox (workspace_id, tags, due_at)
      select
        moved.workspace_id,
        private.moves_told(array_agg(row(moved.family, moved.bucket, moved.slots)::private.tag_move)),
        private.outbox_due_at()
      from (
        select changed.%1$I as workspace_id, named.family, named.bucket, bit_or(named.slots) as slots
        from (
          select *, count(*) over (partition by %2$s) = 1 as appears_or_vanishes from (%3$s) both_sides
        ) changed
        cross join lateral (%4$s) named (family, bucket, slots)
        group by 1, 2, 3
      ) moved
      group by moved.workspace_id
    $query$,
    tg_argv[0],
    tg_argv[1],
    case tg_op
      when 'INSERT' then 'select * from came'
      when 'DELETE' then 'select * from gone'
      when 'UPDATE' then 'select * from came union all select * from gone'
    end,
    tg_argv[2]
  );
  return null;
end
$$;

-- A board or a column moves the board's own slot, on which every page of the board depends. Counts by time leave out
-- contacts whose board does not exist. Only a session that does not enforce foreign keys can make such contacts; a board
-- that has them when it appears or vanishes moves the counts too. Only a deleted workspace moves as a whole.
do $$
declare
  v_table record;
  v_event record;
begin
  for v_table in
    select *
    from (values
      (
        'workspaces', 'id', 'id',
        $moves$
          select
            case when exists (select from public.workspaces w where w.id = changed.id) then 'settings' else 'workspace' end,
            null::integer, null::integer
        $moves$
      ),
      (
        'memberships', 'workspace_id', 'workspace_id, user_id',
        $moves$select 'members', private.bucket_of('members', changed.user_id), null::integer$moves$
      ),
      (
        'boards', 'workspace_id', 'workspace_id, id',
        $moves$
          select 'place', private.bucket_of('place', changed.id), x'4000'::integer
          union all
          select 'counts', null, null
          where changed.appears_or_vanishes and exists (
            select from public.contacts c where c.workspace_id = changed.workspace_id and c.board_id = changed.id
          )
        $moves$
      ),
      (
        'board_columns', 'workspace_id', 'workspace_id, board_id, id',
        $moves$select 'place', private.bucket_of('place', changed.board_id), x'4000'::integer$moves$
      ),
      (
        'cache_settings', 'workspace_id', 'workspace_id',
        $moves$select 'settings', null::integer, null::integer$moves$
      )
    ) listed (name, workspace_column, key_columns, moves)
  loop
    for v_event in
      select *
      from (values
        ('insert', 'new table as came'),
        ('update', 'old table as gone new table as came'),
        ('delete', 'old table as gone')
      ) listed (name, transition)
    loop
      execute format(
        'create or replace trigger %I after %s on public.%I referencing %s
         for each statement execute function private.outbox_rows(%L, %L, %L)',
        v_table.name || '_outbox_' || v_event.name, v_event.name, v_table.name, v_event.transition,
        v_table.workspace_column, v_table.key_columns, v_table.moves
      );
    end loop;
  end loop;
end
$$;

-- A statement names at most 32 buckets of a family, so 240 tags hold seven families with buckets and all families without
-- (shared/limits.ts: outboxTagsMax). The length of a text still admits the old tags: claiming an old row updates it, and a
-- writer whose statement runs during this migration adds one.
alter table private.outbox drop constraint outbox_tags_form;
alter table private.outbox add constraint outbox_tags_form check (
  cardinality(tags) between 1 and 240 and private.texts_fit(tags, 270)
);
