import { at, type Bounded, badIds, ids, long } from './bounded.ts'

const anExport = { p_workspace: 'w1', p_export: 'e1' }
const creation = { ...anExport, p_board: null, p_format: 'csv' }
const anImport = { p_workspace: 'w1', p_import: 'i1' }
const stored = { ...anImport, p_size_bytes: 1, p_failure: null }
const page = { p_workspace: 'w1', p_user: 'admin', p_unread: false, p_after: null, p_after_id: null }
const mark = { p_workspace: 'w1', p_user: 'admin', p_ids: null, p_until: at }
const snapshots = { p_workspace: 'w1', p_period: 'daily', p_rows: 1 }

/** Each call with a bad id in the place of each of the named arguments. */
const withBadIds = (
  call: Readonly<Record<string, string | number | boolean | null>>,
  names: readonly string[],
) => names.flatMap((name) => badIds.map((id) => ({ ...call, [name]: id })))

/** The functions of exports, imports, notifications and snapshots. */
export const boundedWork: readonly Bounded[] = [
  {
    name: 'export_create',
    taken: [creation, { ...creation, p_board: 'b1', p_format: 'ndjson' }],
    refused: [
      ...withBadIds(creation, ['p_workspace', 'p_export']),
      ...['', long].map((p_board) => ({ ...creation, p_board })),
      ...[null, '', 'xlsx'].map((p_format) => ({ ...creation, p_format })),
    ],
  },
  { name: 'export_read', taken: [anExport], refused: withBadIds(anExport, ['p_workspace', 'p_export']) },
  { name: 'import_create', taken: [anImport], refused: withBadIds(anImport, ['p_workspace', 'p_import']) },
  {
    name: 'import_stored',
    taken: [stored, { ...anImport, p_size_bytes: null, p_failure: 'x'.repeat(500) }],
    refused: [
      ...withBadIds(stored, ['p_workspace', 'p_import']),
      { ...stored, p_failure: 'both' },
      { ...stored, p_size_bytes: null },
      { ...stored, p_size_bytes: -1 },
      ...['', 'x'.repeat(501)].map((p_failure) => ({ ...anImport, p_size_bytes: null, p_failure })),
    ],
  },
  { name: 'import_read', taken: [anImport], refused: withBadIds(anImport, ['p_workspace', 'p_import']) },
  {
    name: 'notifications_page',
    taken: [page, { ...page, p_unread: true, p_after: at, p_after_id: 'x'.repeat(128) }],
    refused: [
      ...withBadIds(page, ['p_workspace', 'p_user']),
      { ...page, p_unread: null },
      { ...page, p_after: at },
      { ...page, p_after_id: 'n1' },
      ...['', long].map((p_after_id) => ({ ...page, p_after: at, p_after_id })),
    ],
  },
  {
    name: 'notifications_mark',
    taken: [mark, { ...mark, p_until: null, p_ids: ids(100).map(String) }],
    refused: [
      ...withBadIds(mark, ['p_workspace', 'p_user']),
      { ...mark, p_until: null },
      { ...mark, p_ids: ['n1'] },
      ...[{}, 'text', 7, ids(101).map(String)].map((p_ids) => ({ ...mark, p_until: null, p_ids })),
    ],
  },
  {
    name: 'snapshots_list',
    taken: [snapshots, { ...snapshots, p_period: 'monthly', p_rows: 31 }],
    refused: [
      ...withBadIds(snapshots, ['p_workspace']),
      ...[null, '', 'yearly'].map((p_period) => ({ ...snapshots, p_period })),
      ...[null, 0, 32].map((p_rows) => ({ ...snapshots, p_rows })),
    ],
  },
]
