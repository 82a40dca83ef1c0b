import type { Table } from './world.ts'

/** Values that a column can have, as SQL. */
type Values = readonly [string, ...string[]]

/** How a table is written: by statements with values for each of its columns, by calls of its functions, or not at all. */
export type Written =
  | { readonly by: 'statements'; readonly values: Readonly<Record<string, Values>> }
  | { readonly by: 'calls'; readonly calls: readonly string[] }
  | { readonly by: 'nothing'; readonly why: string }

const workspaceId: Values = [`'w1'`, `'w1'`, `'w2'`, `'w152'`, `'w4'`]
const boardId: Values = [`'b1'`, `'b2'`, `'b3'`]
const columnId: Values = [`'c1'`, `'c2'`]
const userId: Values = [`'u1'`, `'u2'`, `'u3'`]
const name: Values = [`'Ann Alder'`, `'Bo Öst'`, `'Zoë Ek'`, `'Ilse'`]
const flag: Values = ['true', 'false']
/** Within and outside of the windows of the filters by time. */
const instant: Values = [
  'now()',
  `now() - interval '2 hours'`,
  `now() - interval '3 days'`,
  `now() - interval '90 days'`,
]
const someText: Values = ['null', `'one'`, `'two'`]

const caller = (role: string, claims: unknown) =>
  `set local role ${role}; select set_config('request.jwt.claims', '${JSON.stringify(claims)}', true)`
const asService = (call: string) => `${caller('service_role', {})}; select ${call}; reset role`
const asUser = (call: string) =>
  `${caller('authenticated', { sub: 'u1', app_metadata: { workspaces: { w1: 'admin', w2: 'admin' } } })}; select ${call}; reset role`

/** Every table of the migrations. A new one is added here, and a new column with the values that it can have. */
const written: Readonly<Record<string, Written>> = {
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
      phone: ['null', `'+49 30 5550'`, `'555 01'`],
      status: [`'open'`, `'closed'`, `'pending'`],
      priority: [`'high'`, `'medium'`, `'low'`],
      assigned_to: ['null', ...userId],
      ...{ needs_response: flag, follow_up: flag, is_favorite: flag, is_archived: flag },
      sentiment: ['null', `'negative'`, `'positive'`],
      ...{ source: someText, lead_status: someText, last_message: someText },
      tags: [`'{}'`, `'{vip}'`, `'{vip,late}'`],
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
}

/** Functions that write for their callers, in the order of the tables that they are about. */
export const calls: readonly string[] = [
  ...Object.values(written).flatMap((how) => (how.by === 'calls' ? how.calls : [])),
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
]

/** How the table is written. Throws where nobody has said so, or not of each of its columns. */
export function writtenOf({ name: table, columns }: Table): Written {
  const how = written[table]
  if (how === undefined) throw new Error(`completeness/rows.ts does not say how ${table} is written`)
  if (how.by !== 'statements') return how
  for (const column of columns)
    if (how.values[column] === undefined)
      throw new Error(`completeness/rows.ts has no values for the column ${column} of ${table}`)
  return how
}
