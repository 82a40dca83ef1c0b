import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { at, type Bounded, badIds, badLists, badObjects, ids, long, nested } from './bounded.ts'
import { boundedBackendWrites } from './bounded-backend-writes.ts'
import { boundedMail } from './bounded-mail.ts'
import { boundedReads, longest } from './bounded-reads.ts'
import { boundedWebhooks } from './bounded-webhooks.ts'
import { boundedWork } from './bounded-work.ts'
import { conversationArguments } from './conversation-arguments.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
  await database.owner`insert into public.mailbox_folders (workspace_id, user_id, folder) values ('w1', 'ann', 'inbox'), ('w1', 'ann', 'old')`
  await database.owner.unsafe(`
    insert into public.companies (workspace_id, id, name) values ('w1', '${longest}', 'Longest');
    insert into public.company_domains (workspace_id, domain, company_id) values ('w1', 'a.b', '${longest}');
    insert into public.threads (workspace_id, id, subject) values ('w1', '${longest}', '');
    insert into public.communications (workspace_id, id, direction, from_address)
      values ('w1', '${longest}', 'inbound', 'a@b.example')`)
  await database.owner`
    update public.contacts set email = 'a@b.example', phone = '555' where workspace_id = 'w1' and id = 'w1-first'`
  await database.owner`insert into public.email_addresses (address, workspace_id) values ('us@bounds.example', 'w1')`
  await database.owner`insert into public.call_sessions (workspace_id, id) values ('w1', 'call'), ('w1', 'ended')`
})

afterAll(async () => {
  await server.stop()
})

const invalidParameterValue = { code: '22023' }

const page = {
  p_workspace: 'w1',
  p_board: 'b1',
  p_column: null,
  p_filter: 'all',
  p_search: null,
  p_sort_by: 'created_at',
  p_sort_order: 'desc',
  p_per_page: 50,
  p_page: 1,
  p_after: null,
  p_after_id: null,
} as const
const place = { board_id: 'b1', board_column_id: 'c1', name: 'Zoë' }
const contacts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...place, id: `import${index}` }))
const keys = (count: number) =>
  ids(count).map((id) => ({ id, eventId: '00000000-0000-4000-8000-000000000000' }))
/** Keys of rows that are neither an id nor an id with an event id. */
const badKeys = [null, 'text', [1], {}, { id: 1 }, { id: '1', eventId: 'e' }, { id: 1, eventId: 2 }]
const endedCall = (conversationId: string | null, count: number, more: object = {}) => ({
  conversationId,
  callId: conversationId,
  startedAt: at,
  endedAt: at,
  messages: ids(count).map(() => ({ direction: 'inbound', body: 'x', sentAt: at })),
  summary: null,
  ...more,
})
const storing = { p_workspace: 'w1', p_phone: '+493012345678', p_keys: ['+493012345678'] }
const failure = { id: 1, eventId: 'e', code: 'x', delayMs: 0 }

const markOf = (changes: Readonly<Record<string, string | number | null>>) => ({
  ...{ p_snapshot: '1:1:', p_database: '1:00000001', p_position: '0/1', p_workspaces_max: 200 },
  ...changes,
})

const bounded: readonly Bounded[] = [
  ...boundedReads,
  {
    name: 'contacts_page',
    taken: [
      { ...page, p_per_page: limits.perPageMax, p_page: limits.pageMax },
      { ...page, p_search: 'x'.repeat(limits.searchCharactersMax) },
      // Each composes to two characters, as the API passes it on.
      { ...page, p_search: '\u0958'.repeat(limits.searchCharactersMax).normalize('NFC') },
      { ...page, p_after: at, p_after_id: 'x'.repeat(128) },
      // A walk along cursors can pass contacts that are older than the bounds.
      ...['infinity', '-infinity', '0044-03-15T12:00:00+00:00 BC', '10000-01-01T00:00:00+00:00'].map(
        (after) => ({
          ...page,
          p_after: after,
          p_after_id: '1',
        }),
      ),
      { ...page, p_sort_by: 'name', p_after: 'x'.repeat(512), p_after_id: '1' },
    ],
    refused: [
      ...badIds.flatMap((id) => [
        { ...page, p_workspace: id },
        { ...page, p_board: id },
        { ...page, p_column: id ?? '' },
        { ...page, p_after: at, p_after_id: id },
      ]),
      ...[null, '', 'ALL', long].flatMap((text) => [
        { ...page, p_filter: text },
        { ...page, p_sort_by: text },
        { ...page, p_sort_order: text },
      ]),
      ...[null, 0, -1, 101, 2_147_483_647].map((count) => ({ ...page, p_per_page: count })),
      ...[null, 0, -1, limits.pageMax + 1].map((number) => ({ ...page, p_page: number })),
      { ...page, p_search: 'x'.repeat(limits.searchCharactersMax + 1) },
      { ...page, p_search: 'é'.repeat(3 * limits.searchCharactersMax + 1) },
      { ...page, p_after: at },
      ...['', 'now', 'tomorrow', '2026-01-02T03:04:05', `${at} AD`, 'x'.repeat(513)].map((after) => ({
        ...page,
        p_after: after,
        p_after_id: '1',
      })),
      { ...page, p_sort_by: 'name', p_after: 'x'.repeat(513), p_after_id: '1' },
    ],
  },
  {
    name: 'cache_settings_write',
    taken: [{ p_workspace: 'w1', p_change: nested(4) }],
    refused: [
      ...badIds.map((id) => ({ p_workspace: id, p_change: {} })),
      ...[...badObjects, { a: 'x'.repeat(4_096) }, nested(7), nested(300)].map((p_change) => ({
        p_workspace: 'w1',
        p_change,
      })),
    ],
  },
  {
    name: 'contact_create',
    taken: [{ p_workspace: 'w1', p_contact: { ...place, id: 'made', surplus: 'x'.repeat(65_000) } }],
    refused: [
      ...badIds.map((id) => ({ p_workspace: id, p_contact: { ...place, id: 'made' } })),
      ...badObjects.map((p_contact) => ({ p_workspace: 'w1', p_contact })),
    ],
  },
  {
    name: 'contact_update',
    taken: [{ p_workspace: 'w1', p_contact: 'w1-first', p_change: {} }],
    refused: [
      ...badIds.flatMap((id) => [
        { p_workspace: id, p_contact: 'w1-first', p_change: {} },
        { p_workspace: 'w1', p_contact: id, p_change: {} },
      ]),
      ...badObjects.map((p_change) => ({ p_workspace: 'w1', p_contact: 'w1-first', p_change })),
    ],
  },
  {
    name: 'contact_delete',
    taken: [{ p_workspace: 'w1', p_contact: 'made' }],
    refused: badIds.flatMap((id) => [
      { p_workspace: id, p_contact: 'w1-first' },
      { p_workspace: 'w1', p_contact: id },
    ]),
  },
  {
    name: 'contacts_import',
    taken: [
      { p_workspace: 'w1', p_contacts: [] },
      { p_workspace: 'w1', p_contacts: contacts(limits.importBatchLinesMax) },
    ],
    refused: [
      ...badIds.flatMap((id) => [
        { p_workspace: id, p_contacts: [] },
        { p_workspace: 'w1', p_contacts: [{ ...place, id }] },
      ]),
      ...[
        ...badLists,
        contacts(limits.importBatchLinesMax + 1),
        [place],
        [null],
        ['text'],
        [
          { ...place, id: 'same' },
          { ...place, id: 'same' },
        ],
        [{ ...place, id: 'wide', surplus: 'x'.repeat(65_536) }],
        contacts(100).map((contact) => ({ ...contact, surplus: 'x'.repeat(50_000) })),
      ].map((p_contacts) => ({ p_workspace: 'w1', p_contacts })),
    ],
  },
  {
    name: 'contact_counts_of',
    taken: [{ p_workspace: 'w1', p_user: 'x'.repeat(128) }],
    refused: badIds.map((id) => ({ p_workspace: 'w1', p_user: id })),
  },
  ...boundedBackendWrites,
  {
    name: 'search_text_renew',
    caller: 'service_role',
    taken: [{ p_rows_max: 1 }, { p_rows_max: 50_000 }],
    refused: [null, 0, -1, 50_001].map((p_rows_max) => ({ p_rows_max })),
  },
  {
    name: 'ended_call_store',
    caller: 'service_role',
    taken: [
      { ...storing, p_call: endedCall('conv-1', 0) },
      {
        ...storing,
        p_phone: '1'.repeat(40),
        p_keys: ids(20).map((id) => `${id}`.padEnd(40, '1')),
        p_call: endedCall('c'.repeat(123), limits.callMessagesMax),
      },
    ],
    refused: [
      ...[null, '', long].map((p_workspace) => ({ ...storing, p_workspace, p_call: endedCall('conv-2', 0) })),
      ...[null, '', '1'.repeat(41)].map((p_phone) => ({
        ...storing,
        p_phone,
        p_call: endedCall('conv-2', 0),
      })),
      ...[null, [], ids(21).map(String), ['1'.repeat(41)]].map((p_keys) => ({
        ...storing,
        p_keys,
        p_call: endedCall('conv-2', 0),
      })),
      ...[
        ...[null, [], 'text', {}, endedCall(long, 0), endedCall(null, 0)],
        ...[endedCall('conv-2', limits.callMessagesMax + 1), endedCall('conv-2', 0, { messages: {} })],
        endedCall('conv-2', 0, { endedAt: null }),
      ].map((p_call) => ({ ...storing, p_call })),
    ],
  },
  {
    name: 'fold_counts',
    caller: 'service_role',
    taken: [{}, { p_rows_max: limits.foldRowsMax }],
    refused: [null, 0, -1, 100_001].map((p_rows_max) => ({ p_rows_max })),
  },
  {
    name: 'outbox_claim',
    caller: 'service_role',
    taken: [
      { p_rows_max: 1, p_lease_ms: 0 },
      { p_rows_max: limits.relayBatchMax, p_lease_ms: limits.outboxLeaseMs },
      { p_rows_max: 1, p_lease_ms: 0, p_database: '7:00000001', p_position: 'FFFFFFFF/FFFFFFFF' },
    ],
    refused: [
      ...[null, 0, -1, 1_001].map((p_rows_max) => ({ p_rows_max, p_lease_ms: 0 })),
      ...[null, -1, 3_600_001].map((p_lease_ms) => ({ p_rows_max: 1, p_lease_ms })),
      ...['', '0', '0/G', '123456789/0'].map((p_position) => ({ p_rows_max: 1, p_lease_ms: 0, p_position })),
    ],
  },
  {
    name: 'mark_take',
    caller: 'service_role',
    taken: [{ p_workspaces_max: 0 }, { p_workspaces_max: limits.markExceptionsMax }],
    refused: [null, -1, 1_001].map((p_workspaces_max) => ({ p_workspaces_max })),
  },
  {
    name: 'workspaces_list',
    caller: 'service_role',
    taken: [
      { p_after: null, p_limit: 1 },
      { p_after: '15213', p_limit: 1_000 },
    ],
    refused: [
      ...[null, 0, 1_001].map((p_limit) => ({ p_after: null, p_limit })),
      ...['', 'x'.repeat(129)].map((p_after) => ({ p_after, p_limit: 1 })),
    ],
  },
  {
    name: 'mark_untold',
    caller: 'service_role',
    taken: [markOf({}), markOf({ p_snapshot: '1:9:2,3' }), markOf({ p_database: 'another' })],
    refused: [
      ...[null, '', 'x', '1:2', '1:2:;'].map((p_snapshot) => markOf({ p_snapshot })),
      ...[null, '', '0', '0/x'].map((p_position) => markOf({ p_position })),
      ...[null, -1, 1_001].map((p_workspaces_max) => markOf({ p_workspaces_max })),
    ],
  },
  {
    name: 'outbox_acknowledge',
    caller: 'service_role',
    taken: [{ p_ids: [] }, { p_ids: ids(1_000) }, { p_ids: keys(1_000) }],
    refused: [...badLists, ids(1_001), keys(1_001), ...badKeys.map((key) => [key])].map((p_ids) => ({
      p_ids,
    })),
  },
  {
    name: 'outbox_read',
    caller: 'service_role',
    taken: [{ p_ids: [] }, { p_ids: keys(1_000) }],
    refused: [...badLists, keys(1_001), ...badKeys.map((key) => [key])].map((p_ids) => ({ p_ids })),
  },
  {
    name: 'outbox_release',
    caller: 'service_role',
    taken: [
      { p_ids: ids(1_000), p_delay_ms: 0 },
      { p_ids: keys(1_000), p_delay_ms: 0 },
    ],
    refused: [
      ...[...badLists, ids(1_001), ...badKeys.map((key) => [key])].map((p_ids) => ({ p_ids, p_delay_ms: 0 })),
      ...[null, -1, 3_600_001].map((p_delay_ms) => ({ p_ids: [], p_delay_ms })),
    ],
  },
  {
    name: 'outbox_wait',
    caller: 'service_role',
    taken: [0, limits.outboxWaitMs].map((p_wait_ms) => ({ p_wait_ms })),
    refused: [null, -1, 301].map((p_wait_ms) => ({ p_wait_ms })),
  },
  {
    name: 'outbox_fail',
    caller: 'service_role',
    taken: [failure, { id: 1, code: 'x', delayMs: 0 }].map((each) => ({
      p_failures: [each],
      p_attempts_max: limits.outboxAttemptsMax,
    })),
    refused: [
      ...[
        ...badLists,
        ids(1_001).map((id) => ({ ...failure, id })),
        [{ ...failure, id: null }],
        [{ ...failure, delayMs: null }],
        [{ ...failure, delayMs: -1 }],
        [{ ...failure, delayMs: 3_600_001 }],
      ].map((p_failures) => ({ p_failures, p_attempts_max: 1 })),
      ...[null, 0, 1_001].map((p_attempts_max) => ({ p_failures: [], p_attempts_max })),
    ],
  },
  ...conversationArguments(badIds, at),
  ...boundedWebhooks,
  ...boundedWork,
  ...boundedMail,
]

describe.each(bounded)('$name', ({ name, caller = callers.admin, taken, refused }) => {
  test('accepts arguments within its bounds', async () => {
    for (const args of taken) {
      const { outcome } = Object(await database.rpc(caller, name, args))
      // A lookup accepts what nobody has, too, and this database has no queues.
      expect(['ok', 'not_found', 'queues_unavailable']).toContain(outcome)
    }
  })

  test('refuses all others as an invalid parameter, and writes nothing', async () => {
    const [before] = await database.owner`select count(*)::int as rows from private.outbox`
    for (const args of refused)
      await expect(
        database.rpc(caller, name, args),
        JSON.stringify(args).slice(0, 200),
      ).rejects.toMatchObject(invalidParameterValue)
    expect(await database.owner`select count(*)::int as rows from private.outbox`).toEqual([before])
  })
})

test.each([
  'contact_counts',
  'workspace_boards',
  'workspace_needs',
  'cache_settings_read',
  'workspace_config',
  'webhook_sources',
  'webhook_endpoints',
  'exports_list',
  'imports_list',
])('%s answers forbidden for any other workspace name', async (name) => {
  for (const id of badIds)
    expect(await database.rpc(callers.admin, name, { p_workspace: id })).toEqual({ outcome: 'forbidden' })
})

test('every function of the API with more arguments than a workspace is in this table', async () => {
  const rows = await database.owner`
    select proname as name from pg_proc
    where pronamespace = 'public'::regnamespace and pronargs > 0 and proargnames <> '{p_workspace}'
    order by proname`
  expect(rows.map((row) => row['name'])).toEqual(bounded.map(({ name }) => name).toSorted())
})
