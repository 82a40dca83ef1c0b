import { expect, it } from 'vitest'
import { deploysOf } from '../../../../worker/deployment/activity/deploy-marks.ts'

const seen = [
  { version: 'v2', firstSeenAtMs: 200 },
  { version: 'v1', firstSeenAtMs: 100 },
]
const run = (version: string, atMs: number) => ({ version, atMs })
const marked = (runs: readonly { version: string; atMs: number }[]) =>
  deploysOf(seen, runs).map(({ version, at_ms: atMs }) => [version, atMs])

it('each version is marked once where it was first seen, whichever of the two logs saw it first', () => {
  expect(marked([])).toEqual([
    ['v2', 200],
    ['v1', 100],
  ])
  expect(marked([run('v1', 90), run('v2', 210)])).toEqual(marked([]))
  expect(marked([run('v1', 110), run('v2', 190)])).toEqual(marked([]))
})

it('a version that runs again after another one is marked again, and so is the one after that', () => {
  expect(marked([run('v1', 100), run('v2', 200), run('v1', 300), run('v2', 400)])).toEqual([
    ['v2', 400],
    ['v1', 300],
    ['v2', 200],
    ['v1', 100],
  ])
})

it('nothing is said of a version that is not known any more', () => {
  expect(marked([run('v0', 50), run('v1', 100), run('v0', 150)])).toEqual(marked([]))
})
