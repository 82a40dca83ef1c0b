import { parseArgs } from 'node:util'
import { chromiumPath } from '../support/chromium.ts'
import { runLiveCrash } from './live-rounds.ts'

/**
 * `npm run chaos:live -- --minutes 10 --changes 10000 --seed 1` exits with 1 if one of two browsers, each with a live board, ends with
 * another list than the database. The fault model is at the top of live-rounds.ts. The planted fault `--deaf` keeps everybody from hearing
 * of the last fifth of the changes; a run that does not find it proves nothing.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    changes: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    deaf: { type: 'boolean', default: false },
  },
})
if (chromiumPath === null) {
  console.error('There is no Chromium on this machine.')
  process.exit(2)
}
const { changes, failed, rows, faults } = await runLiveCrash({
  minutes: Number(values.minutes),
  changes: Number(values.changes),
  seed: Number(values.seed),
  isDeaf: values.deaf,
  onFault: (text) => console.log(text),
})
for (const fault of faults) console.log(fault)
console.log(
  `${changes} changes, ${failed} attempts that failed, ${rows} rows compared in each of two browsers`,
)
console.log(`${faults.length} faults`)
process.exit(faults.length === 0 ? 0 : 1)
