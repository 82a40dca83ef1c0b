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

it.for([
  ['KV was emptied', 'kv'],
  ['the ledgers were lost', 'ledgers'],
  ['Redis was lost', 'redis'],
  ['the internal key was rotated', 'keys'],
  ['the database was restored from a dump', 'database'],
] as const satisfies (readonly [string, DrillName])[])(
  'after %s readers see what was changed meanwhile, and later writes',
  { timeout: 240_000 },
  async ([, name], { skip }) => {
    skip(
      name === 'database' && ground.programs === null,
      "there is no Debian's Postgres or jq to restore with",
    )
    await expect(drills[name](ground)).resolves.toBeUndefined()
  },
)
