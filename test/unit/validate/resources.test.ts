import { expect, it } from 'vitest'
import { resourcesAgree } from '../../validate/checks/resources.ts'
import type { Answer, Ask } from '../../validate/deployment.ts'
import { parseGiven } from '../../validate/given.ts'
import type { Run } from '../../validate/run.ts'

/** A token as its form alone is read here. */
const token = [{ alg: 'none' }, { sub: crypto.randomUUID(), iss: 'https://issuer.example' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.')

const answer = (data: unknown, cacheStatus: string): Answer => ({
  status: 200,
  headers: new Headers({ 'Cache-Status': cacheStatus }),
  text: JSON.stringify({ success: true, data }),
  durationMs: 1,
})

/**
 * A deployment whose isolates still answer from before the invalidation, as they may within the staleness bound, unless a reader names its
 * version.
 */
function slowToHear() {
  const state = { isCacheOn: true, cold: 0 }
  const ask: Ask = async (path, { method = 'GET', headers = {}, body = '' } = {}) => {
    if (method === 'POST' && path.endsWith('/invalidate')) return answer({ version: 7 }, '')
    if (method === 'POST') {
      state.isCacheOn = body.includes('true')
      return answer({}, '')
    }
    if (!state.isCacheOn) return answer({ total: 1 }, 'boardcache; fwd=bypass')
    state.cold += 1
    const isOld = state.cold <= 1 && headers['X-Min-Version'] !== '7'
    return answer({ total: isOld ? 0 : 1 }, 'boardcache; hit')
  }
  return ask
}

it('a deployment that answers within its staleness bound is not found to differ', async () => {
  const given = parseGiven(
    ['--url', 'https://cache.example.com', '--workspace', 'canary'],
    { VALIDATE_TOKEN: `${token}.` },
    ['resources'],
  )
  const found: string[] = []
  const run: Run = {
    given,
    ask: slowToHear(),
    signal: new AbortController().signal,
    canary: { rows: null, contact: null },
    fail: (expected, saw) => void found.push(`${expected}: ${saw}`),
    note: () => undefined,
    progress: () => undefined,
    deployment: { makeRoom: async () => undefined },
    figure: () => undefined,
    atTheEnd: () => undefined,
  }
  await resourcesAgree.run(run)
  expect(found).toEqual([])
})
