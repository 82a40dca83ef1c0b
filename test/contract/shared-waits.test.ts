import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerOptions } from '../../origin/local/worker-process.ts'
import { projectFolder } from '../support/run-tool.ts'

/** From about 5,000 times on the engine has optimized all of a wait. */
const timesUntilOptimized = 20_000
const requestsAtOnce = 50

let miniflare: Miniflare

beforeAll(async () => {
  // The date of wrangler.toml decides how workerd settles promises, so it must be production's.
  const options = await workerOptions({
    entry: join(projectFolder, 'test/support/workers/shared-waits.ts'),
    variables: {},
  })
  miniflare = new Miniflare(convertV4MiniflareOptions({ ...options, durableObjects: {} }))
  await miniflare.ready
})

afterAll(() => miniflare.dispose())

async function ask(query: string, body: string): Promise<string> {
  const response = await miniflare.dispatchFetch(`http://waits/?${query}`, { method: 'POST', body })
  return `${response.status} ${await response.text()}`
}

describe.each([
  ['a load', 'flight'],
  ["a workspace's view", 'view'],
])('requests that wait for %s which another request has begun', (_, wait) => {
  it('each go on as themselves, also in code that the engine has optimized', async () => {
    expect(await ask(`wait=${wait}&warm=${timesUntilOptimized}`, 'warm')).toBe('200 warm')
    for (let round = 0; round < 10; round += 1) {
      const bodies = Array.from({ length: requestsAtOnce }, (_each, index) => `${round} ${index}`)
      const answers = await Promise.all(bodies.map((body) => ask(`wait=${wait}`, body)))
      expect(answers).toEqual(bodies.map((body) => `200 ${body}`))
    }
  })
})
