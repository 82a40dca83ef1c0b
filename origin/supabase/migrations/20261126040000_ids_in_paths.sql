-- No id is `.` or `..`. A URL's path drops such segments, percent-encoded or not, so that a contact or board with such an id
-- could be made and then never be read, changed or deleted through the API, which refuses these ids since (shared/ids.ts).
--
-- Contacts that have such an id from before are given another one, so that a statement over many contacts never fails for one
-- of them: nothing else refers to them but what was kept of a repair. They are looked for by the primary key, workspace by
-- workspace, and brought within the bounds of 20261126010000_bounds.sql, should the repair not have come to them.
do $$
declare
  v_workspace text;
  v_contact public.contacts;
  v_id text;
begin
  for v_workspace in select w.id from public.workspaces w loop
    for v_contact in
      select c.* from public.contacts c where c.workspace_id = v_workspace and c.id in ('.', '..') order by c.id for update
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

-- The constraints are not valid at first: they hold for what is written from now on, and adding them reads no row. A workspace,
-- board, column or membership from before that breaks its own stays as it is, and can be read and deleted; it cannot be changed until
-- somebody who knows what else refers to it gives it another id. The migration after this one says how many there are.
alter table public.workspaces
  add constraint workspaces_id_in_path check (id not in ('.', '..')) not valid;
alter table public.memberships
  add constraint memberships_user_id_in_path check (user_id not in ('.', '..')) not valid;
alter table public.boards
  add constraint boards_id_in_path check (id not in ('.', '..')) not valid;
alter table public.board_columns
  add constraint board_columns_id_in_path check (id not in ('.', '..')) not valid;
alter table public.contacts
  add constraint contacts_id_in_path check (id not in ('.', '..')) not valid;
