-- Writes of a workspace's configuration, of what its roles allow, of its webhook sources and of its users' mailboxes move
-- tags from here on:
--
--   - `config` and `sources`: each is one thing of a workspace;
--   - `members` as a whole, for a change of what a role allows, because any number of users may have the role;
--   - the bucket of `<user id>:<folder>` in `mailbox`, for the folder and for each message in it. No id contains a colon.
--
-- As with the other tables, the triggers see old and new values, fire under every `session_replication_role`, and move
-- whole workspaces before a table is emptied.

do $$
declare
  v_table record;
  v_event record;
begin
  for v_table in
    select *
    from (values
      ('workspace_configurations', 'workspace_id', $moves$select 'config', null::integer, null::integer$moves$),
      ('webhook_sources', 'workspace_id, id', $moves$select 'sources', null::integer, null::integer$moves$),
      (
        'role_permissions', 'workspace_id, role, permission',
        $moves$select 'members', null::integer, null::integer$moves$
      ),
      (
        'mailbox_folders', 'workspace_id, user_id, folder',
        $moves$
          select 'mailbox', private.bucket_of('mailbox', changed.user_id || ':' || changed.folder), null::integer
        $moves$
      ),
      (
        'mailbox_messages', 'workspace_id, user_id, folder, id',
        $moves$
          select 'mailbox', private.bucket_of('mailbox', changed.user_id || ':' || changed.folder), null::integer
        $moves$
      )
    ) listed (name, key_columns, moves)
  loop
    for v_event in
      select *
      from (values
        ('insert', 'after insert', 'referencing new table as came'),
        ('update', 'after update', 'referencing old table as gone new table as came'),
        ('delete', 'after delete', 'referencing old table as gone'),
        ('truncate', 'before truncate', '')
      ) listed (name, event, transition)
    loop
      execute format(
        'create trigger %1$I %2$s on public.%3$I %4$s for each statement execute function private.%5$s',
        v_table.name || '_outbox_' || v_event.name, v_event.event, v_table.name, v_event.transition,
        case v_event.name
          when 'truncate' then 'outbox_truncated()'
          else format('outbox_rows(%L, %L, %L)', 'workspace_id', v_table.key_columns, v_table.moves)
        end
      );
      execute format(
        'alter table public.%I enable always trigger %I', v_table.name, v_table.name || '_outbox_' || v_event.name
      );
    end loop;
  end loop;
end
$$;
