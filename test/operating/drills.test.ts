import { afterAll, beforeAll, expect, it } from 'vitest'
import { drills, type Ground, openGround } from './drills.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
}, 120_000)
afterAll(async () => {
  await ground?.close()
})

it.each([
  ['KV was emptied', 'kv'],
  ['the ledgers were lost', 'ledgers'],
  ['Redis was lost', 'redis'],
  ['the internal key was rotated', 'keys'],
] as const)(
  'after %s readers see what was changed meanwhile, and later writes',
  async (_, name) => {
    await expect(drills[name](ground)).resolves.toBeUndefined()
  },
  120_000,
)
