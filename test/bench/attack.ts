import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { measureShares } from './attack-shares.ts'
import { measureSizes } from './attack-sizes.ts'

/**
 * `npm run bench:attack`: what one member, or somebody without a valid token, can take from everybody else. One file a
 * table; each starts its own local stack, attacks it alone, prints what it saw and answers what was missed. Bounded in
 * requests and time.
 */
const options = z
  .object({
    /** Of each phase. */
    seconds: z.coerce.number().min(1).max(60),
    rounds: z.coerce.number().int().min(1).max(20),
  })
  .parse(
    parseArgs({
      options: {
        seconds: { type: 'string', default: '10' },
        rounds: { type: 'string', default: '3' },
      },
    }).values,
  )

const tables = [measureShares, measureSizes]

const [cpu] = cpus()
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown'}; load of the machine before ${loadavg()[0]?.toFixed(1)}; Node ${process.version}`,
)
for (const measure of tables) {
  for (const missed of await measure(options)) {
    console.log(`MISSED: ${missed}`)
    process.exitCode = 1
  }
}
