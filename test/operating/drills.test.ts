import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DrillName, drills } from './drills.ts'
import { type Ground, openGround } from './ground.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
}, 240_000)
afterAll(async () => {
  await ground?.close()
})

it.each([
  ['KV was emptied', 'kv'],
  ['the ledgers were lost', 'ledgers'],
  ['Redis was lost', 'redis'],
  ['the internal key was rotated', 'keys'],
  ['the database was restored from a dump', 'database'],
] satisfies [string, DrillName][])(
  'after %s readers see what was changed meanwhile, and later writes',
  async (_, name) => {
    // Without Debian's Postgres and jq there is nothing to restore with.
    if (name === 'database' && ground.programs === null) return
    await expect(drills[name](ground)).resolves.toBeUndefined()
  },
  240_000,
)
