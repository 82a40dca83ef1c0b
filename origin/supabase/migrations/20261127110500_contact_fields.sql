-- The functions that write contacts take the fields that came with 20261127000100_companies_and_leads.sql, and answer them.

-- Not valid, which reads no row: the columns are as new as this, and what they hold from before is shown as none if it does
-- not fit. A company's id has the form of every id; a language is a BCP 47 tag.
alter table public.contacts
  add constraint contacts_company_id_form check (
    company_id !~ '[[:space:][:cntrl:]/:]'
    and company_id not in ('.', '..', 'by-domain', 'by-email', 'by-phone', 'import', 'me')
  ) not valid,
  add constraint contacts_language_form check (
    language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' collate "C"
  ) not valid;

-- A contact as the API shows it. A tag from before its bound is cut where the origin still sees that it is too long.
create or replace function private.contact_shown(p_contact public.contacts) returns jsonb
language sql stable parallel safe
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_contact.id, 'workspace_id', p_contact.workspace_id, 'board_id', p_contact.board_id,
    'board_column_id', p_contact.board_column_id, 'name', p_contact.name, 'email', p_contact.email,
    'phone', p_contact.phone, 'status', p_contact.status, 'priority', p_contact.priority,
    'assigned_to', p_contact.assigned_to, 'needs_response', p_contact.needs_response,
    'follow_up', p_contact.follow_up, 'is_favorite', p_contact.is_favorite, 'is_archived', p_contact.is_archived,
    'sentiment', p_contact.sentiment, 'source', p_contact.source, 'lead_status', p_contact.lead_status,
    'tags', array(
      select left(listed.tag, 101) from unnest(p_contact.tags) with ordinality listed (tag, place) order by listed.place
    ),
    'last_message', p_contact.last_message, 'last_activity_at', p_contact.last_activity_at,
    'created_at', p_contact.created_at, 'updated_at', p_contact.updated_at, 'company_id', p_contact.company_id,
    'language', p_contact.language, 'follow_up_at', p_contact.follow_up_at
  )
$$;

-- The functions are long and differ in their lists of columns alone: each list that has `last_activity_at` goes on with the
-- new columns. They are defined again from their own text.
do $$
declare
  v_name text;
  v_definition text;
begin
  foreach v_name in array array[
    'public.contact_create(text, jsonb)', 'public.contact_update(text, text, jsonb)', 'public.contacts_import(text, jsonb)'
  ] loop
    v_definition := pg_catalog.pg_get_functiondef(v_name::regprocedure);
    if v_definition !~ 'last_activity_at' or v_definition ~ 'follow_up_at' then
      raise exception '% has no such list of columns', v_name;
    end if;
    execute regexp_replace(
      v_definition,
      '([cn]\.)?\mlast_activity_at\M',
      '\1last_activity_at, \1company_id, \1language, \1follow_up_at',
      'g'
    );
  end loop;
end
$$;
