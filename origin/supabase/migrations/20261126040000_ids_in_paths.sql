-- No id is `.` or `..`. A URL's path drops such segments, percent-encoded or not, so that a contact or board with such an id
-- could be made and then never be read, changed or deleted through the API, which refuses these ids since (shared/ids.ts).
--
-- Contacts that have such an id from before are given another one, so that a statement over many contacts never fails for one
-- of them: nothing else in the database refers to them. They are looked for by the primary key, workspace by workspace.
do $$
declare
  v_workspace text;
begin
  for v_workspace in select w.id from public.workspaces w loop
    update public.contacts c
    set id = 'renamed-' || gen_random_uuid()
    where c.workspace_id = v_workspace and c.id in ('.', '..');
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
