-- Validates the constraints of the columns that are new in this release, in a transaction of its own: writers go on while the
-- contacts are read. Values from before that have not the form of 20261127110500_contact_fields.sql are none from here on;
-- nothing read them so far. Beyond 1 GB of contacts, some two million, both are left: such a row cannot be changed until its
-- value is set again, and `alter table public.contacts validate constraint …` waits for a quiet hour.
do $$
declare
  c_new constant text[] := array[
    'contacts_company_id_length', 'contacts_company_id_form', 'contacts_language_length', 'contacts_language_form',
    'contacts_follow_up_at_known'
  ];
  v_constraint text;
begin
  if (
    select sum(pg_catalog.pg_relation_size(i.inhrelid)) > 1073741824
    from pg_catalog.pg_inherits i
    where i.inhparent = 'public.contacts'::pg_catalog.regclass
  ) then
    return;
  end if;
  update public.contacts c
  set company_id = null
  where c.company_id ~ '[[:space:][:cntrl:]/:]'
    or c.company_id in ('.', '..', 'by-domain', 'by-email', 'by-phone', 'import', 'me');
  update public.contacts c set language = null where c.language !~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' collate "C";
  foreach v_constraint in array c_new loop
    execute format('alter table public.contacts validate constraint %I', v_constraint);
  end loop;
end
$$;
