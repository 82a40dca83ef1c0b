import { expect, it } from 'vitest'
import { drillRegion } from './region-drill.ts'

it('while a region is away no read fails, writers read their writes, and nothing that it kept is served as current afterwards', async () => {
  await expect(drillRegion()).resolves.toBeUndefined()
}, 180_000)
