import {
  asService,
  asUser,
  flag,
  instant,
  name,
  someText,
  type TableGroup,
  userId,
  type Values,
  withNew,
  workspaceId,
} from './values.ts'

const folder: Values = [`'inbox'`, `'sent'`]

/** Configuration, phone numbers, permissions of roles, webhook sources, and mailboxes. */
export const configurationTables: TableGroup = {
  written: {
    'public.workspace_configurations': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, updated_at: instant },
        language: [`'en'`, `'de'`],
        region: [`'US'`, `'DE'`],
        time_zone: [`'UTC'`, `'Europe/Berlin'`, `'America/New_York'`],
        working_hours: [`'{}'`, `'{"mon": [["09:00", "17:00"]]}'`],
        greetings: [`'{}'`, `'{"voice": "{greeting}, {name}."}'`],
      },
    },
    'public.phone_numbers': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, label: someText, created_at: instant },
        phone: [`'+15550100123'`, `'+493055501'`, `'+15550100199'`, `'+4930555011'`, `'+4930555012'`],
      },
    },
    'public.role_permissions': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, role: [`'admin'`, `'member'`], is_allowed: flag },
        permission: [`'contacts.delete'`, `'contacts.export'`, `'settings.write'`, `'board.export'`],
      },
    },
    'public.webhook_sources': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, id: withNew([`'h1'`], 'h'), name, kind: [`'stripe'`, `'calendar'`] },
        event_types: [`'{}'`, `'{payment.made}'`],
        ...{ is_active: flag, created_at: instant, updated_at: instant },
      },
    },
    'public.mailbox_folders': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, user_id: userId, synced_at: instant },
        folder: withNew(folder, 'f'),
      },
    },
    'public.mailbox_messages': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, user_id: userId, folder, id: withNew([`'n1'`], 'n') },
        from_address: [`'ilse@alder.example'`, `'bo@ek.example'`],
        ...{ from_name: someText, subject: [`''`, `'Hello'`], preview: [`''`, `'Here it is.'`] },
        ...{ is_read: flag, received_at: instant },
      },
    },
  },
  calls: [
    asService(
      `public.mailbox_put('w1', 'u1', 'inbox', '[{"id": "n1", "from_address": "bo@ek.example", "received_at": "2026-01-02T03:04:05Z"}]', null)`,
    ),
    asUser(`public.mailbox_put('w2', 'u2', 'sent', '[]', '2026-01-02T03:04:05Z')`),
    asUser(`public.mailbox_delete('w1', 'u2', 'inbox')`),
  ],
  content: `
    insert into public.workspace_configurations (workspace_id, region) values ('w1', 'DE');
    insert into public.phone_numbers (phone, workspace_id) values ('+15550100123', 'w1'), ('+493055501', 'w2');
    insert into public.role_permissions (workspace_id, role, permission) values ('w1', 'member', 'contacts.export');
    insert into public.webhook_sources (workspace_id, id, name, kind) values ('w1', 'h1', 'Payments', 'stripe'), ('w2', 'h1', 'Calendar', 'calendar');
    insert into public.mailbox_folders (workspace_id, user_id, folder)
      select w, u, 'inbox' from unnest(array['w1', 'w2']) w, unnest(array['u1', 'u2']) u;
    insert into public.mailbox_messages (workspace_id, user_id, folder, id, from_address, received_at)
      select workspace_id, user_id, folder, 'n1', 'ilse@alder.example', now() - interval '2 hours' from public.mailbox_folders;`,
}
