import {
  asService,
  asUser,
  boardId,
  columnId,
  flag,
  instant,
  name,
  orNull,
  someText,
  type TableGroup,
  userId,
  type Values,
  workspaceId,
} from './values.ts'

const companyId: Values = [`'x1'`, `'x2'`]

/** Workspaces, their boards and contacts, and what belongs to them. */
export const contactTables: TableGroup = {
  written: {
    'public.workspaces': {
      by: 'statements',
      values: { id: [`'w1'`, `'w2'`, `'w152'`, `'w5'`, `'w6'`, `'w7'`], name, created_at: instant },
    },
    'public.memberships': {
      by: 'statements',
      values: {
        workspace_id: workspaceId,
        user_id: userId,
        role: [`'admin'`, `'member'`],
        created_at: instant,
      },
    },
    'public.boards': {
      by: 'statements',
      values: {
        workspace_id: workspaceId,
        id: [...boardId, `'b4'`, `'b5'`, `'b6'`],
        name,
        created_at: instant,
      },
    },
    'public.board_columns': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, board_id: boardId, id: [...columnId, `'c3'`, `'c4'`, `'c5'`], name },
        position: ['0', '1', '2'],
      },
    },
    'public.contacts': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, board_id: boardId, board_column_id: columnId, name },
        id: [`'k1'`, `'k2'`, `'k3'`, `'k12'`, `'new-1'`, `'new-2'`, `'new-3'`, `'new-4'`, `'new-5'`],
        email: ['null', `'ilse@alder.example'`, `'Bo@ÖST.example'`],
        phone: ['null', `'+49 30 5550'`, `'030 5550'`],
        status: [`'open'`, `'closed'`, `'pending'`],
        priority: [`'high'`, `'medium'`, `'low'`],
        assigned_to: ['null', ...userId],
        ...{ needs_response: flag, follow_up: flag, is_favorite: flag, is_archived: flag },
        sentiment: ['null', `'negative'`, `'positive'`],
        ...{ source: someText, lead_status: someText, last_message: someText },
        tags: [`'{}'`, `'{vip}'`, `'{vip,late}'`],
        company_id: orNull(companyId),
        language: ['null', `'de'`, `'en-GB'`],
        follow_up_at: orNull(instant),
        ...{ last_activity_at: instant, created_at: instant, updated_at: instant },
      },
    },
    'public.cache_settings': {
      by: 'statements',
      values: {
        workspace_id: workspaceId,
        settings: [
          `'{}'`,
          `'{"cacheEnabled": true}'`,
          `'{"cacheEnabled": false, "features": {"search": true}}'`,
        ],
        updated_at: instant,
      },
    },
    'private.contact_tallies': {
      by: 'calls',
      calls: [
        // The counts of w2 are wrong at first, so that putting them right changes an answer.
        ...['w1', 'w2', 'w4'].map((id) => asService(`public.reconcile_counts('${id}')`)),
      ],
    },
    'private.assignee_tallies': {
      by: 'calls',
      calls: [asService('public.fold_counts(3)'), asService('public.fold_counts(5000)')],
    },
    'private.search_text_renewal': {
      by: 'calls',
      calls: [asService('public.search_text_renew(10)'), 'truncate private.search_text_renewal'],
    },
    'private.repaired_values': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, contact_id: [`'k1'`], column_name: [`'email'`], value: someText },
        repaired_at: instant,
      },
    },
    'private.outbox_writer_proof': { by: 'calls', calls: [asService('public.outbox_writer_proof()')] },
    'private.outbox': { by: 'nothing', why: 'the proof reads in it what a write moved' },
  },
  calls: [
    ...['{}', `{"cacheEnabled": true}`, `{"features": {"search": true}}`].map((change) =>
      asUser(`public.cache_settings_write('w1', '${change}')`),
    ),
    asUser(
      `public.contact_create('w1', '{"id": "new-1", "board_id": "b1", "board_column_id": "c1", "name": "Ilse"}')`,
    ),
    asUser(
      `public.contact_update('w1', 'k1', '{"priority": "low", "board_id": "b2", "board_column_id": "c2"}')`,
    ),
    asUser(`public.contact_update('w2', 'k2', '{"assigned_to": "u2"}')`),
    asUser(`public.contact_delete('w1', 'k3')`),
    asUser(
      `public.contacts_import('w1', '[{"id": "k4", "board_id": "b1", "board_column_id": "c1", "name": "Ilse"}, {"id": "new-2", "board_id": "b3", "board_column_id": "c1", "name": "Bo"}]')`,
    ),
    asService('public.outbox_move_everything()'),
  ],
  content: `
  insert into public.workspaces (id, name) select w, w from unnest(array['w1', 'w2', 'w152', 'w4']) w;
  insert into public.memberships (workspace_id, user_id, role)
    values ('w1', 'u1', 'admin'), ('w1', 'u2', 'member'), ('w2', 'u1', 'member'), ('w152', 'u3', 'admin');
  insert into public.boards (workspace_id, id, name)
    select w.id, b, b from public.workspaces w, unnest(array['b1', 'b2', 'b3']) b;
  insert into public.board_columns (workspace_id, board_id, id, name)
    select workspace_id, id, c, c from public.boards, unnest(array['c1', 'c2']) c;
  insert into public.cache_settings (workspace_id, settings) values ('w1', '{"cacheEnabled": false}');
  insert into public.contacts (
    workspace_id, id, board_id, board_column_id, name, email, phone, status, priority, assigned_to, needs_response,
    follow_up, is_favorite, is_archived, sentiment, tags, last_activity_at, created_at
  )
    select
      w.id, 'k' || n, 'b' || 1 + n % 2, 'c' || 1 + n / 2 % 2, (array['Ann Alder', 'Bo Öst', 'Zoë Ek', 'Max Alder'])[1 + n % 4],
      case when n % 3 > 0 then 'k' || n || '@alder.example' end, case when n % 4 > 0 then '+49 30 5550' || n end,
      (array['open', 'closed', 'pending'])[1 + n % 3], (array['high', 'medium', 'low'])[1 + n / 3 % 3],
      (array[null, 'u1', 'u2', 'u3'])[1 + n % 4], n % 2 = 0, n % 5 = 0, n % 7 = 0, n % 6 = 0,
      (array[null, 'negative', 'positive'])[1 + n % 3], case when n % 4 = 0 then array['vip'] else '{}' end,
      now() - interval '7 hours' * n, now() - interval '20 hours' * n
    from (values ('w1', 24), ('w2', 12), ('w152', 6)) w (id, contacts), generate_series(1, w.contacts) n;
  insert into public.contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
    select 'w4', 'k' || n, 'b1', 'c1', 'Many ' || n, 'assignee-' || n from generate_series(1, 510) n;
  insert into private.repaired_values (workspace_id, contact_id, column_name) values ('w1', 'k1', 'email'), ('w2', 'k2', 'phone');
  insert into private.search_text_renewal default values;`,
}
