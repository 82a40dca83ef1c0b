import type { Canary } from './canaries.ts'

const marker = 'origin/outbox/marker.ts'
const markBook = 'worker/ledger/mark-book.ts'
const view = 'worker/ledger/view.ts'
/** The database's side is SQL, whose model in this room stands for it. The real functions are tested in test/database/marks.test.ts. */
const cluster = 'test/simulation/cluster.ts'

/** Bugs of marks: each proves something that is not so. */
export const markCanaries: readonly Canary[] = [
  {
    bug: 'a mark is taken before its instant came',
    firstSeed: 45,
    breaks: /^proof: /,
    replacements: [
      {
        file: marker,
        find: 'const posted = await this.options.post(due)',
        replace: `const early = await this.options.source.take()
    const posted = await this.options.post(due)`,
      },
      {
        file: marker,
        find: 'return this.takeSnapshot(now, outcome)',
        replace: `if (early.ok && early.value.said === 'taken') {
      this.held = { ...early.value, atMs: now }
      return outcome === 'taken' ? this.note('running') : true
    }
    return this.takeSnapshot(now, outcome)`,
      },
    ],
  },
  {
    bug: 'a mark is compared with the times at which rows were written',
    firstSeed: 7,
    breaks: /^proof: /,
    replacements: [
      {
        file: cluster,
        find: 'isVisible(row, snapshot) || row.transaction >= state.transactions',
        replace: 'row.writtenAtMs <= snapshot.takenAtMs',
      },
    ],
  },
  {
    bug: 'a row that is claimed or parked counts as told',
    breaks: /^proof: /,
    replacements: [
      {
        file: cluster,
        find: 'isVisible(row, snapshot) || row.transaction >= state.transactions',
        replace:
          '(isVisible(row, snapshot) || row.transaction >= state.transactions) && row.dueAtMs <= state.nowMs()',
      },
    ],
  },
  {
    bug: 'a proof is put on a view that is older than its changes',
    firstSeed: 214,
    breaks: /^proof: /,
    replacements: [
      {
        file: view,
        find: 'if (!isYoung || !fits) return false',
        replace: `if (!isYoung || !fits) {
      state.view = { ...before, provedAtMs: Math.max(before.provedAtMs, shared.provedAtMs) }
      return false
    }`,
      },
    ],
  },
  {
    bug: 'rows are acknowledged by their ids alone, after a restore too',
    firstSeed: 686,
    breaks: /^proof: |converges/,
    replacements: [
      {
        file: cluster,
        find: 'row.key.id === id && row.key.eventId === eventId',
        replace: 'row.key.id === id && eventId !== null',
      },
    ],
  },
  {
    bug: 'a look does not see a row that was not accepted before',
    firstSeed: 495,
    breaks: /converges/,
    replacements: [
      {
        file: cluster,
        find: 'Math.min(...this.rows.map(',
        replace: 'Math.min(...this.rows.filter(({ attempts }) => attempts === 0).map(',
      },
    ],
  },
  {
    bug: 'a ledger that went back in time keeps its id',
    firstSeed: 66,
    breaks: /bounded staleness|no-cache|read your writes|nothing lost|^proof: /,
    replacements: [{ file: markBook, find: '(isVoid || version < known.version)', replace: 'isVoid' }],
  },
  {
    bug: 'a restored database is marked as if it were the one before',
    breaks: /^proof: |converges/,
    replacements: [
      { file: markBook, find: 'const isSame = database === source.database', replace: 'const isSame = true' },
      { file: markBook, find: 'positionOf(position) < positionOf(source.position)', replace: 'false' },
    ],
  },
]
