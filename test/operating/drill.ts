import { parseArgs } from 'node:util'
import { z } from 'zod'
import { drillNames, drills } from './drills.ts'
import { openGround } from './ground.ts'

/** `npm run drill -- kv ledgers redis keys database region` does these drills on a local stack of its own; without names, all of them. */
const { positionals } = parseArgs({ allowPositionals: true })
const names = z.array(z.enum(drillNames)).parse(positionals)
const ground = await openGround()
try {
  for (const name of names.length > 0 ? names : drillNames) {
    const startedAtMs = performance.now()
    await drills[name](ground)
    console.log(`${name}: held, after ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`)
  }
} finally {
  await ground.close()
}
