-- Writes of a workspace's configuration, of what its roles allow, of its webhook sources and of its users' mailboxes move
-- tags from here on:
--
--   - `config` and `sources`: each is one thing of a workspace;
--   - `members` as a whole, for a change of what a role allows, because any number of users may have the role;
--   - the bucket of `<user id>:<folder>` in `mailbox`, for the folder and for each message in it. No id contains a colon.

call private.create_move_triggers(
  'workspace_configurations', 'workspace_id', $moves$select 'config', null::integer, null::integer$moves$
);
call private.create_move_triggers(
  'webhook_sources', 'workspace_id, id', $moves$select 'sources', null::integer, null::integer$moves$
);
call private.create_move_triggers(
  'role_permissions', 'workspace_id, role, permission', $moves$select 'members', null::integer, null::integer$moves$
);
call private.create_move_triggers(
  'mailbox_folders', 'workspace_id, user_id, folder',
  $moves$select 'mailbox', private.bucket_of('mailbox', changed.user_id || ':' || changed.folder), null::integer$moves$
);
call private.create_move_triggers(
  'mailbox_messages', 'workspace_id, user_id, folder, id',
  $moves$select 'mailbox', private.bucket_of('mailbox', changed.user_id || ':' || changed.folder), null::integer$moves$
);
