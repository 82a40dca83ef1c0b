-- Validates the constraints of the migration before this one where no row from before breaks them. In a file, and so in a
-- transaction, of its own: writers go on while a table is read.
do $$
declare
  -- Some two million contacts, which take a second or two. Beyond that their constraint is left as it is: no contact breaks it, and
  -- whoever wants it valid runs `alter table public.contacts validate constraint contacts_id_in_path` at a quiet hour.
  v_read_bytes_max constant bigint := 1073741824;
  v_table text;
  v_column text;
  v_found bigint;
begin
  for v_table, v_column in
    values ('workspaces', 'id'), ('memberships', 'user_id'), ('boards', 'id'), ('board_columns', 'id'), ('contacts', 'id')
  loop
    if v_table = 'contacts' then
      continue when (
        select sum(pg_catalog.pg_relation_size(i.inhrelid)) > v_read_bytes_max
        from pg_catalog.pg_inherits i
        where i.inhparent = 'public.contacts'::pg_catalog.regclass
      );
    end if;
    execute format($found$select count(*) from public.%I where %I in ('.', '..')$found$, v_table, v_column) into v_found;
    if v_found > 0 then
      raise warning 'public.%: % rows have the % "." or "..", and cannot be changed until they have another one',
        v_table, v_found, v_column;
    else
      execute format(
        'alter table public.%I validate constraint %I', v_table, v_table || '_' || v_column || '_in_path'
      );
    end if;
  end loop;
end
$$;
