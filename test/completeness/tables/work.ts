import type { TableGroup } from './values.ts'

const why = 'no cached resource reads it'

/** Exports, imports, notifications and snapshots, which are read past the cache. */
export const workTables: TableGroup = {
  written: {
    'private.stored_files': { by: 'nothing', why },
    'private.exports': { by: 'nothing', why },
    ...Object.fromEntries(
      [
        ...[
          'job_failures',
          'job_marks',
          'job_periods',
          'job_processes',
          'job_queues',
          'job_starts',
          'job_tallies',
          'job_turns',
        ],
        ...['contact_events', 'webhook_deliveries', 'webhook_endpoints'],
      ].map((table) => [`private.${table}`, { by: 'nothing', why } as const]),
    ),
    'private.imports': { by: 'nothing', why },
    'private.notifications': { by: 'nothing', why },
    'private.snapshots': {
      by: 'calls',
      calls: [3, 4, 5].map(
        (ago) =>
          `select private.take_snapshot('w${ago - 2}', 'daily', (now() at time zone 'UTC')::date - ${ago}, now())`,
      ),
    },
  },
  content: '',
  calls: [],
}
