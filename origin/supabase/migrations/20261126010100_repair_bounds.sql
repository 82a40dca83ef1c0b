-- Brings rows from before the bounds of 20261126010000_bounds.sql within them, so that they can be changed again, and
-- validates the constraints. Nothing is lost: what a repair takes out of a contact is kept in private.repaired_values,
-- by place, until an operator has looked at it and removes it.
--
-- A file of its own, since it reads every contact once to find them and once more to validate (some 10 s a million on a
-- small machine), under locks that let everybody read and write. It repairs 20,000 contacts at most. Where there are
-- more, the constraints stay `not valid` (they hold for every new row and every change all the same, and a page shows
-- such a row without the value), and `select private.repair_bounds(20000)` in the SQL editor goes on until it answers 0.

set local statement_timeout = 0;

create table private.repaired_values (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  contact_id text collate "C" not null,
  column_name text not null,
  -- As the row had it, whole.
  value text,
  repaired_at timestamptz not null default now(),
  constraint repaired_values_workspace_id_length check (char_length(workspace_id) <= 128),
  constraint repaired_values_contact_id_length check (char_length(contact_id) <= 128),
  constraint repaired_values_column_name_length check (char_length(column_name) <= 63),
  constraint repaired_values_instants_known check (
    repaired_at >= '0001-01-01 00:00:00+00' and repaired_at < '10000-01-01 00:00:00+00'
  )
);
create index repaired_values_by_contact on private.repaired_values (workspace_id, contact_id);
alter table private.repaired_values enable row level security;
revoke all on table private.repaired_values from public, anon, authenticated, service_role;

create function private.instant_within(p_instant timestamptz) returns timestamptz
language sql immutable parallel safe
return least(greatest(p_instant, '0001-01-01 00:00:00+00'), '9999-12-31 23:59:59.999999+00');

-- The contact within all bounds: an empty text is none; a tag is cut to its bound; an instant is put at the nearer end
-- of the years, where it sorts as before. Of a contact with too many bytes the message is cut, and the tags after the
-- 25th go if that is not enough.
create function private.contact_within(p_contact public.contacts) returns public.contacts
language plpgsql stable
set search_path = ''
as $$
declare
  c_bytes_max constant integer := 32768;
  v_fixed public.contacts := p_contact;
  v_message text := nullif(p_contact.last_message, '');
  v_bytes integer;
begin
  v_fixed.email := nullif(p_contact.email, '');
  v_fixed.phone := nullif(p_contact.phone, '');
  v_fixed.source := nullif(p_contact.source, '');
  v_fixed.lead_status := nullif(p_contact.lead_status, '');
  v_fixed.tags := array(
    select left(t.tag, 100)
    from unnest(p_contact.tags) with ordinality t (tag, number)
    where t.tag <> ''
    order by t.number
    limit 50
  );
  v_fixed.last_activity_at := private.instant_within(p_contact.last_activity_at);
  v_fixed.created_at := private.instant_within(p_contact.created_at);
  v_fixed.updated_at := private.instant_within(p_contact.updated_at);

  -- A character takes at most six bytes.
  v_fixed.last_message := v_message;
  for v_step in 1 .. 2 loop
    v_bytes := private.contact_content_bytes(
      v_fixed.name, v_fixed.email, v_fixed.phone, v_fixed.status, v_fixed.assigned_to, v_fixed.sentiment,
      v_fixed.source, v_fixed.lead_status, v_fixed.tags, v_fixed.last_message
    );
    exit when v_bytes <= c_bytes_max;
    if v_step = 2 then
      v_fixed.tags := v_fixed.tags[1:25];
    end if;
    v_bytes := private.contact_content_bytes(
      v_fixed.name, v_fixed.email, v_fixed.phone, v_fixed.status, v_fixed.assigned_to, v_fixed.sentiment,
      v_fixed.source, v_fixed.lead_status, v_fixed.tags, null
    );
    v_fixed.last_message := nullif(left(v_message, greatest((c_bytes_max - v_bytes) / 6, 0)), '');
  end loop;
  return v_fixed;
end
$$;

-- Brings one contact within the bounds, and keeps what it held before.
create function private.repair_contact(p_contact public.contacts) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  v_fixed constant public.contacts := private.contact_within(p_contact);
begin
  insert into private.repaired_values (workspace_id, contact_id, column_name, value)
  select p_contact.workspace_id, p_contact.id, old.key, old.value #>> '{}'
  from jsonb_each(to_jsonb(p_contact)) old
  join jsonb_each(to_jsonb(v_fixed)) fixed on fixed.key = old.key and fixed.value is distinct from old.value;
  update public.contacts c
  set email = v_fixed.email, phone = v_fixed.phone, source = v_fixed.source, lead_status = v_fixed.lead_status,
    tags = v_fixed.tags, last_message = v_fixed.last_message, last_activity_at = v_fixed.last_activity_at,
    created_at = v_fixed.created_at, updated_at = v_fixed.updated_at
  where c.workspace_id = p_contact.workspace_id and c.id = p_contact.id;
end
$$;

-- The condition, over the columns of public.contacts, under which a row breaks a constraint that is not valid yet: the
-- constraints themselves say it. Such a row cannot be written at all until it is within its bounds, whatever changes.
-- Null where all constraints are valid, and so no row breaks one. `p_constraints`: which of them, null for all.
create function private.broken_contact_condition(p_constraints text[]) returns text
language sql stable
set search_path = ''
as $$
  select string_agg(format('(%s) is false', pg_get_expr(conbin, conrelid)), ' or ')
  from pg_constraint
  where conrelid = 'public.contacts'::regclass and contype = 'c' and not convalidated
    and (p_constraints is null or conname = any (p_constraints))
$$;

-- Repairs up to `p_rows_max` contacts and, once none is left, validates. Answers how many it repaired.
create function private.repair_bounds(p_rows_max integer) returns bigint
language plpgsql volatile
set search_path = ''
as $$
declare
  c_constraints constant text[] := array[
    'contacts_texts_not_empty', 'contacts_tags_form', 'contacts_content_bytes', 'contacts_instants_known'
  ];
  v_condition text := private.broken_contact_condition(c_constraints);
  v_contact public.contacts;
  v_repaired bigint := 0;
begin
  if v_condition is null then
    return 0;
  end if;

  for v_contact in
    execute format('select * from public.contacts where %s limit %s for update', v_condition, p_rows_max)
  loop
    perform private.repair_contact(v_contact);
    v_repaired := v_repaired + 1;
  end loop;

  if v_repaired < p_rows_max then
    for v_condition in
      select format('alter table public.contacts validate constraint %I', conname)
      from pg_constraint
      where conrelid = 'public.contacts'::regclass and conname = any (c_constraints) and not convalidated
    loop
      execute v_condition;
    end loop;
  end if;
  return v_repaired;
end
$$;

revoke all on function private.instant_within(timestamptz) from public;
revoke all on function private.contact_within(public.contacts) from public;
revoke all on function private.repair_contact(public.contacts) from public;
revoke all on function private.broken_contact_condition(text[]) from public;
revoke all on function private.repair_bounds(integer) from public;

-- Tables of few rows.
update public.workspaces set created_at = private.instant_within(created_at)
where created_at <> private.instant_within(created_at);
update public.memberships set created_at = private.instant_within(created_at)
where created_at <> private.instant_within(created_at);
update public.boards set created_at = private.instant_within(created_at)
where created_at <> private.instant_within(created_at);
update public.cache_settings set updated_at = private.instant_within(updated_at)
where updated_at <> private.instant_within(updated_at);
alter table public.workspaces validate constraint workspaces_instants_known;
alter table public.memberships validate constraint memberships_instants_known;
alter table public.boards validate constraint boards_instants_known;
alter table public.cache_settings validate constraint cache_settings_instants_known;
alter table private.contact_tallies validate constraint contact_tallies_ids_length;
alter table private.assignee_tallies validate constraint assignee_tallies_ids_length;

do $$
declare
  v_repaired constant bigint := private.repair_bounds(20000);
begin
  if v_repaired > 0 then
    raise notice '% contacts were brought within their bounds: private.repaired_values has what they held', v_repaired;
  end if;
end
$$;
