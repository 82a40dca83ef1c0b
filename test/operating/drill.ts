import { parseArgs } from 'node:util'
import { z } from 'zod'
import { drills, openGround } from './drills.ts'

/** `npm run drill -- kv ledgers redis keys region` does these drills on a local stack of its own; without names, all of them. */
const nameSchema = z.enum(['kv', 'ledgers', 'redis', 'keys', 'region'])
const { positionals } = parseArgs({ allowPositionals: true })
const names = z.array(nameSchema).parse(positionals)
const ground = await openGround()
try {
  for (const name of names.length > 0 ? names : nameSchema.options) {
    const startedAtMs = performance.now()
    await drills[name](ground)
    console.log(`${name}: held, after ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`)
  }
} finally {
  await ground.close()
}
