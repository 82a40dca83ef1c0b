import type { Canary } from './canaries.ts'

const markBook = 'worker/ledger/mark-book.ts'
/** The database's side is SQL, whose model in this room stands for it. The real functions are tested in test/database/marks.test.ts. */
const cluster = 'test/simulation/cluster.ts'

/** Bugs of marks: each proves something that is not so. */
export const markCanaries: readonly Canary[] = [
  {
    bug: 'a row that is claimed or parked counts as told',
    breaks: /^proof: /,
    replacements: [
      {
        file: cluster,
        find: 'isVisible(row, snapshot) || row.transaction >= state.transactions',
        replace:
          '(isVisible(row, snapshot) || row.transaction >= state.transactions) && row.dueAtMs <= state.options.nowMs()',
      },
    ],
  },
  {
    bug: 'a ledger that went back in time keeps its id',
    breaks: /bounded staleness|no-cache|read your writes|nothing lost|^proof: /,
    replacements: [{ file: markBook, find: '(isVoid || version < known.version)', replace: 'isVoid' }],
  },
]
