import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { measureShares } from './attack-shares.ts'
import { measureSizes } from './attack-sizes.ts'

/**
 * `npm run bench:attack` shows what one member, or somebody without a valid token, can take from everybody else. Each
 * table has a file, which starts a local stack of its own, attacks only that, prints what it saw and answers the
 * goals that were missed. Requests and time are bounded.
 */
const options = z
  .object({
    /** How long each phase lasts. */
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
