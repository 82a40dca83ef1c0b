-- No contact has the name of a route as its id, such as `by-email`: the API refuses these ids (shared/ids.ts), so that such a
-- contact could be made by SQL and then never be read, changed or deleted by path. The tables that are newer than this rule
-- have it already (private.identifier).
--
-- Contacts that have such an id from before are given another one, as in 20261126040000_ids_in_paths.sql. Nothing refers to
-- them but what was kept of a repair, since no conversation can name such a contact. They are looked for by the primary key,
-- workspace by workspace.
do $$
declare
  v_workspace text;
  v_contact public.contacts;
  v_id text;
begin
  for v_workspace in select w.id from public.workspaces w loop
    for v_contact in
      select c.*
      from public.contacts c
      where c.workspace_id = v_workspace and c.id in ('by-domain', 'by-email', 'by-phone', 'import', 'me')
      order by c.id
      for update
    loop
      perform private.repair_contact(v_contact);
      v_id := 'renamed-' || gen_random_uuid();
      update public.contacts c set id = v_id where c.workspace_id = v_workspace and c.id = v_contact.id;
      update private.repaired_values r set contact_id = v_id
      where r.workspace_id = v_workspace and r.contact_id = v_contact.id;
    end loop;
  end loop;
end
$$;

-- Not valid at first: it holds for what is written from now on, and adding it reads no row.
alter table public.contacts add constraint contacts_id_no_route check (
  id not in ('by-domain', 'by-email', 'by-phone', 'import', 'me')
) not valid;
