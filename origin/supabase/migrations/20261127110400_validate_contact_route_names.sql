-- Validates the constraint of the migration before this one, in a transaction of its own: writers go on while the contacts are
-- read. Beyond 1 GB of contacts, some two million, it is left as it is: no contact breaks it, and whoever wants it valid runs
-- `alter table public.contacts validate constraint contacts_id_no_route` at a quiet hour.
do $$
begin
  if (
    select sum(pg_catalog.pg_relation_size(i.inhrelid)) <= 1073741824
    from pg_catalog.pg_inherits i
    where i.inhparent = 'public.contacts'::pg_catalog.regclass
  ) then
    alter table public.contacts validate constraint contacts_id_no_route;
  end if;
end
$$;
