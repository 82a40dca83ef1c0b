import { copyFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { samplesBy, scrape } from '../support/metrics-text.ts'
import { plantedWorkerEntry, type Replacement } from '../support/planting.ts'

const keys = 'worker/entry/key.ts'

/** A release whose keys have another form, so that it finds nothing that was stored before. */
const releaseOf = (form: string, ...more: readonly Replacement[]) =>
  plantedWorkerEntry([{ file: keys, find: "keyFormat = 'bc3'", replace: `keyFormat = '${form}'` }, ...more])

const withoutLoadsAhead: Replacement = {
  file: 'worker/config.ts',
  find: 'loadAheadQuestionsMax: value.LOAD_AHEAD_QUESTIONS_MAX',
  replace: 'loadAheadQuestionsMax: 0',
}

let stack: TestStack
let entry: string
let board: string

beforeAll(async () => {
  entry = await plantedWorkerEntry([])
  stack = await startTestStack({ contacts: 500, workerEntry: entry })
  const [row] = await stack.sql`
    select board_id from contacts where workspace_id = '15213' group by board_id order by count(*) desc limit 1`
  board = z.string().parse(row?.['board_id'])
}, 120_000)

afterAll(async () => {
  await stack?.stop()
})

/** Replaces the Worker as a deploy does: what is stored stays, and every isolate begins again. */
async function deploy(release: string): Promise<void> {
  await copyFile(release, entry)
  await stack.pieces.worker.stop()
  await stack.pieces.worker.start()
}

async function statusOf(query: string): Promise<string> {
  return (await stack.api().page(board, query))._cache.status
}

const figure = async (name: string, labels: readonly string[], of: string) =>
  samplesBy(await scrape(stack), `boardcache_${name}`, labels).get(of) ?? 0

describe('a deploy that changes keys', () => {
  it('cools the cache for nobody: the first read finds what was in demand, and misses it only without loads ahead', async () => {
    const queries = ['per_page=5', 'per_page=6']
    await eventually(async () => {
      for (const query of queries) await statusOf(query)
      expect(await figure('demand_questions', [], '')).toBeGreaterThanOrEqual(queries.length)
    })
    await deploy(await releaseOf('bc1001'))
    await eventually(async () => {
      const labels = ['why', 'outcome']
      expect(await figure('loads_ahead_total', labels, 'deploy loaded')).toBeGreaterThanOrEqual(
        queries.length,
      )
    })
    expect(await Promise.all(queries.map(statusOf))).toEqual(['HIT', 'HIT'])
    // A question that nobody asked is no hit, so the new release does have other keys.
    expect(await statusOf('per_page=7')).toBe('MISS')

    await deploy(await releaseOf('bc1002', withoutLoadsAhead))
    expect(await Promise.all(queries.map(statusOf))).toEqual(['MISS', 'MISS'])
  })
})
