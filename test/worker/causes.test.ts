import { reset, runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import {
  boardReportSchema,
  historyReportSchema,
  hottestSchema,
  marksSchema,
  workspaceStatisticsSchema,
} from '../../shared/contract/figures.ts'
import type { Causes } from '../../worker/deployment/metrics/causes/cause-batch.ts'
import { createSketches } from '../../worker/deployment/metrics/causes/cause-batch.ts'
import { totalsOf } from '../../worker/deployment/metrics/totals.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

afterEach(reset)

const tokenFor = async (workspaces: Readonly<Record<string, 'admin' | 'member'>>) =>
  workerTokenFor(workspaces)
const operator = workerTestBindings.INTERNAL_AUTH_KEY

async function ask(path: string, token: string, workspaceId = '15213') {
  const headers = { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId }
  const response = await exports.default.fetch(`https://boardcache.test${path}`, { headers })
  return { status: response.status, body: await response.json<{ data: unknown; code?: string }>() }
}

async function dataOf<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  token: string,
  workspaceId?: string,
) {
  const { status, body } = await ask(path, token, workspaceId)
  expect(status).toBe(200)
  return schema.parse(body.data)
}

/** Reads of a workspace's board, all of which missed. */
function causesOf(workspaceId: string, reads: number): Causes {
  const sketches = createSketches(8)
  const tally = { reads, misses: reads, errors: 0, durationMs: 10 * reads }
  const shown = JSON.stringify({ workspaceId, params: { boardId: 'board_1', page: 2 }, hidden: ['search'] })
  sketches.keys.add(`0123abcd ${shown}`, reads, 'contact-list', tally)
  sketches.boards.add(`${workspaceId} board_1`, reads, 'contact-list', tally)
  sketches.workspaces.add(workspaceId, reads, 'contact-list', tally)
  sketches.missing.add(workspaceId, reads, 'contact-list', tally)
  const { keys, boards, workspaces, missing } = sketches
  return {
    ...{ versions: ['version-7'], reads, keys: keys.data(), boards: boards.data() },
    ...{ workspaces: workspaces.data(), missing: missing.data() },
  }
}

/** An isolate's batch arrives at the shard of a location. */
async function add(location: string, causes: Causes, sequence = 1, writer: string = crypto.randomUUID()) {
  const shard = env.METRICS.get(env.METRICS.idFromName(location))
  const events = Array.from({ length: causes.reads }, () => ({
    ...({ kind: 'read', resource: 'contact-list', httpStatus: 200, durationMs: 10 } as const),
    served: { status: 'MISS', source: 'database' } as const,
  }))
  await shard.add({ writer, sequence }, location, totalsOf(events), {}, causes)
}

/** Ends the overview as a crash does. */
async function endOverview(): Promise<void> {
  const overview = env.METRICS_OVERVIEW.get(env.METRICS_OVERVIEW.idFromName('deployment'))
  await runInDurableObject(overview, (_instance, state) => state.abort()).catch(() => undefined)
}

describe('the causes of the deployment', () => {
  it('are those of all locations, and a batch that arrives twice counts once', async () => {
    await add('LAX', causesOf('15213', 5), 1, 'one')
    await add('LAX', causesOf('15213', 5), 1, 'one')
    await add('FRA', causesOf('15214', 2))
    // A location that has never reported is not known until its first report, which comes within a second or two.
    await expect
      .poll(async () => (await dataOf(hottestSchema, '/api/monitoring/hottest', operator)).reads, {
        timeout: 20_000,
      })
      .toBe(7)
    const { keys, boards, workspaces } = await dataOf(hottestSchema, '/api/monitoring/hottest', operator)
    expect(workspaces.rows.map(({ workspace_id, misses }) => [workspace_id, misses])).toEqual([
      ['15213', 5],
      ['15214', 2],
    ])
    expect(boards.rows[0]).toMatchObject({
      workspace_id: '15213',
      board_id: 'board_1',
      hit_rate: 0,
      avg_ms: 10,
    })
    expect(keys.rows[0]).toMatchObject({ digest: '0123abcd', params: { page: 2 }, hidden: ['search'] })
    const board = '/api/monitoring/hottest/board?workspace_id=15214&board_id=board_1'
    expect((await dataOf(boardReportSchema, board, operator)).board).toMatchObject({ reads: 2 })
    // The hours grow with each sample, which comes once a second.
    const resources = async () =>
      (await dataOf(historyReportSchema, '/api/monitoring/history?hours=720', operatorToken)).resources
    await expect
      .poll(resources, { timeout: 20_000 })
      .toMatchObject([{ resource: 'contact-list', requests: 7, misses: 7, hit_rate: 0 }])
    const marks = await dataOf(marksSchema, '/api/monitoring/marks', operatorToken)
    expect(marks.deploys.map(({ version }) => version)).toContain('version-7')
    const figures = await exports.default.fetch('https://boardcache.test/metrics?format=prometheus', {
      headers: { Authorization: `Bearer ${workerTestBindings.METRICS_TOKEN}` },
    })
    expect(await figures.text()).not.toMatch(/15214|board_1|0123abcd/)
  })

  it('keep the figures of the hour through a restart of the object', async () => {
    await add('LAX', causesOf('15213', 3))
    const requests = async () => {
      const report = await dataOf(historyReportSchema, '/api/monitoring/history', operatorToken)
      return report.hours.requests.reduce((sum, each) => sum + each, 0)
    }
    await expect.poll(requests, { timeout: 20_000 }).toBe(3)
    await endOverview()
    // The shard reports all of its sums each time, so its next report has what the object had not stored yet.
    await add('LAX', causesOf('15213', 1))
    await expect.poll(requests, { timeout: 20_000 }).toBe(4)
  })
})

const operatorToken = workerTestBindings.METRICS_TOKEN

describe('the statistics of a workspace', () => {
  it('are those of the workspace alone, and for its admins alone', async () => {
    await add('LAX', causesOf('15213', 5))
    await add('LAX', causesOf('15214', 2))
    const [admin, other] = [await tokenFor({ '15213': 'admin' }), await tokenFor({ '15214': 'admin' })]
    const path = '/api/workspace/statistics'
    const readsOf = async (token: string, workspaceId: string) =>
      (await dataOf(workspaceStatisticsSchema, path, token, workspaceId)).whole.reads
    await expect.poll(() => readsOf(admin, '15213'), { timeout: 20_000 }).toBe(5)
    expect(await readsOf(other, '15214')).toBe(2)
    const answer = await ask(path, admin)
    expect(JSON.stringify(answer.body)).not.toContain('15214')
    expect(await ask(path, admin, '15214')).toMatchObject({ status: 403, body: { code: 'not_a_member' } })
    expect(await ask(path, await tokenFor({ '15213': 'member' }))).toMatchObject({
      ...{ status: 403, body: { code: 'admin_required' } },
    })
    expect(await ask(`${path}?hours=169`, admin)).toMatchObject({ status: 400 })
  })

  it('do not make an admin an operator, nor METRICS_TOKEN', async () => {
    const admin = await tokenFor({ '15213': 'admin' })
    for (const path of [
      '/api/monitoring/hottest',
      '/api/monitoring/hottest/board?workspace_id=1&board_id=b',
    ]) {
      expect(await ask(path, admin)).toMatchObject({ status: 403, body: { code: 'operator_required' } })
      expect((await ask(path, operatorToken)).status).toBe(401)
      expect((await ask(path, operator)).status).toBe(200)
    }
  })
})
