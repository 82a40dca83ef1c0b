-- The outbox: what every committed write moved on, whoever wrote it. Triggers add to it in the writer's own transaction,
-- so that a row is there exactly if the write is; the origin's relay hands the rows to the Worker's ledgers and removes
-- them (20261121100100_outbox_relay.sql). One row a statement and workspace, with the tags of the places it touched, old
-- and new: a move names both columns. The words of the tags are shared/tags.ts's.
--
-- Rows of a workspace need no order: a tag that moved says that what was read before this moment may be outdated, and
-- which of two such statements is told first changes nothing. Versions are the ledger's.
--
-- Not seen: what is written with triggers off, or to a partition by its own name.

create table private.outbox (
  id bigint generated always as identity primary key,
  -- What makes a second delivery harmless. Not made of the id: a database restored from a backup counts on from there.
  event_id uuid not null default gen_random_uuid(),
  transaction_id xid8 not null default pg_current_xact_id(),
  workspace_id text collate "C" not null,
  tags text[] not null,
  written_at timestamptz not null default clock_timestamp(),
  -- When it may be claimed (again): a claim is a lease that runs out by itself.
  due_at timestamptz not null,
  attempts integer not null default 0,
  last_failure text,
  -- Since when it is given up but for a rare try: an alarm until it is delivered.
  parked_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create index outbox_by_due_at on private.outbox (due_at, id);
create index outbox_parked on private.outbox (parked_at) where parked_at is not null;

-- Nobody's to read or write but through the functions, which run as their owner.
alter table private.outbox enable row level security;

-- From when on a relay may claim what is written now: at once, unless the writer said that it delivers by itself and
-- wants this long for it.
create function private.outbox_due_at() returns timestamptz
language sql volatile
set search_path = ''
as $$
  select clock_timestamp() + interval '1 millisecond' * least(
    coalesce(nullif(current_setting('boardcache.outbox_lease_ms', true), '')::integer, 0), 10000
  )
$$;

create type private.contact_place as (workspace_id text, board_id text, board_column_id text);

-- Three triggers share it: `came` holds the rows as a statement left them, `gone` as it found them. A statement over
-- many columns tells of their boards, one over many boards of the workspace: a row stays small however large the write.
create function private.outbox_contacts() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_places private.contact_place[];
begin
  case tg_op
    when 'INSERT' then
      v_places := array(
        select distinct row(workspace_id, board_id, board_column_id)::private.contact_place from came
      );
    when 'DELETE' then
      v_places := array(
        select distinct row(workspace_id, board_id, board_column_id)::private.contact_place from gone
      );
    when 'UPDATE' then
      v_places := array(
        select row(workspace_id, board_id, board_column_id)::private.contact_place from came
        union
        select row(workspace_id, board_id, board_column_id)::private.contact_place from gone
      );
  end case;
  insert into private.outbox (workspace_id, tags, due_at)
  select
    touched.workspace_id,
    case
      when touched.columns_count <= 8 then touched.column_tags || touched.open_tags || '{counts}'
      when touched.boards_count <= 8 then touched.board_tags || '{counts}'
      else '{workspace}'
    end,
    private.outbox_due_at()
  from (
    select
      place.workspace_id,
      count(*) as columns_count,
      count(distinct place.board_id) as boards_count,
      array_agg('column:' || place.board_id || ':' || place.board_column_id) as column_tags,
      array_agg(distinct 'open:' || place.board_id) as open_tags,
      array_agg(distinct 'board:' || place.board_id) as board_tags
    from unnest(v_places) place
    group by place.workspace_id
  ) touched;
  return null;
end
$$;

create trigger contacts_outbox_insert after insert on public.contacts
referencing new table as came
for each statement execute function private.outbox_contacts();

create trigger contacts_outbox_update after update on public.contacts
referencing old table as gone new table as came
for each statement execute function private.outbox_contacts();

create trigger contacts_outbox_delete after delete on public.contacts
referencing old table as gone
for each statement execute function private.outbox_contacts();

-- The same for tables that change seldom. Its arguments are of the migrations alone: the column that names the
-- workspace, and what a row moves on, as an expression over its columns.
create function private.outbox_rows() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  execute format(
    $query$
      insert into private.outbox (workspace_id, tags, due_at)
      select
        changed.%1$I,
        case when count(distinct moved.tag) <= 9 then array_agg(distinct moved.tag) else '{workspace}' end,
        private.outbox_due_at()
      from (%2$s) changed
      cross join lateral unnest(%3$s) moved (tag)
      group by changed.%1$I
    $query$,
    tg_argv[0],
    case tg_op
      when 'INSERT' then 'select * from came'
      when 'DELETE' then 'select * from gone'
      when 'UPDATE' then 'select * from came union all select * from gone'
    end,
    tg_argv[1]
  );
  return null;
end
$$;

do $$
declare
  v_table record;
  v_event record;
begin
  for v_table in
    select *
    from (values
      ('workspaces', 'id', $tags$array['workspace']$tags$),
      ('memberships', 'workspace_id', $tags$array['workspace']$tags$),
      ('boards', 'workspace_id', $tags$array['board:' || changed.id, 'counts']$tags$),
      ('board_columns', 'workspace_id', $tags$array['board:' || changed.board_id, 'counts']$tags$),
      ('cache_settings', 'workspace_id', $tags$array['settings']$tags$)
    ) named (name, workspace_column, tags)
  loop
    for v_event in
      select *
      from (values
        ('insert', 'new table as came'),
        ('update', 'old table as gone new table as came'),
        ('delete', 'old table as gone')
      ) named (name, transition)
    loop
      execute format(
        'create trigger %I after %s on public.%I referencing %s
         for each statement execute function private.outbox_rows(%L, %L)',
        v_table.name || '_outbox_' || v_event.name, v_event.name, v_table.name, v_event.transition,
        v_table.workspace_column, v_table.tags
      );
    end loop;
  end loop;
end
$$;

-- Everything of every workspace; answers how many there are.
create function private.outbox_everything() returns bigint
language sql volatile security definer
set search_path = ''
as $$
  with added as (
    insert into private.outbox (workspace_id, tags, due_at)
    select w.id, '{workspace,settings}', private.outbox_due_at() from public.workspaces w
    returning 1
  )
  select count(*) from added
$$;

create function private.outbox_truncated() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform private.outbox_everything();
  return null;
end
$$;

-- Before: once it is done, nobody can tell whose rows there were.
do $$
declare
  v_table text;
begin
  foreach v_table in array
    array['workspaces', 'memberships', 'boards', 'board_columns', 'contacts', 'cache_settings']
  loop
    execute format(
      'create trigger %I before truncate on public.%I
       for each statement execute function private.outbox_truncated()',
      v_table || '_outbox_truncate', v_table
    );
  end loop;
end
$$;

revoke all on table private.outbox from public, anon, authenticated, service_role;
revoke all on function private.outbox_due_at() from public;
revoke all on function private.outbox_contacts() from public;
revoke all on function private.outbox_rows() from public;
revoke all on function private.outbox_everything() from public;
revoke all on function private.outbox_truncated() from public;
