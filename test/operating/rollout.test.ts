import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deploymentActivityPageSchema } from '../../shared/contract/activity.ts'
import { rolloutSchema, shadowReportSchema } from '../../shared/contract/rollout.ts'
import { type ApiClient, ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { samplesBy, scrape } from '../support/metrics-text.ts'

let stack: TestStack
let boards: string[]

beforeAll(async () => {
  stack = await startTestStack({ contacts: 500, workerVariables: { CONSISTENCY_SAMPLE_RATE: '1' } })
  const rows = await stack.sql`
    select board_id from contacts where workspace_id = '15213' group by board_id order by count(*) desc limit 3`
  boards = rows.map((row) => z.string().parse(row['board_id']))
}, 120_000)

afterAll(async () => {
  await stack?.stop()
})

const dataSchema = z.object({ data: z.unknown() })

/** Asks as an operator with the internal key. */
async function operate(path: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const headers = { Authorization: `Bearer ${stack.internalAuthKey}` }
  const { status, text } = await ask(`${stack.worker}${path}`, { headers, ...init })
  if (status !== 200) throw new Error(`${status}: ${text}`)
  return dataSchema.parse(JSON.parse(text)).data
}

async function change(body: unknown) {
  const changed = rolloutSchema.parse(await operate('/api/rollout', body))
  expect(changed.unconfirmed).toBe(0)
  return changed
}

const pageSchema = z.object({
  data: z.object({
    contacts: z.array(z.object({ name: z.string() })),
    _cache: z.object({ status: z.string(), source: z.string(), rollout: z.string().optional() }),
  }),
})

async function page(board = boards[0], api: ApiClient = stack.api(), more: Record<string, string> = {}) {
  const { status, headers, text } = await api.get(`/api/boards/${board}/contacts?per_page=5`, more)
  if (status === 304) return { isSame: true, headers, name: null, rollout: null, status: null, source: null }
  if (status !== 200) throw new Error(`${status}: ${text}`)
  const { contacts, _cache } = pageSchema.parse(JSON.parse(text)).data
  return { isSame: false, headers, name: contacts[0]?.name ?? null, rollout: null, ..._cache }
}

const isAnswered = (expected: object, board?: string, api?: ApiClient) =>
  eventually(async () => {
    const seen = await page(board, api)
    expect(seen).toMatchObject(expected)
    return seen
  })
const fromTiers = { status: 'HIT', rollout: null }
const fromDatabase = (rollout: 'off' | 'shadow') => ({ status: 'BYPASS', source: 'database', rollout })

async function rename(board: string | undefined, name: string): Promise<void> {
  await stack.sql`
    update contacts set name = ${name} where workspace_id = '15213' and board_id = ${board ?? ''}`
}

describe('the rollout of a deployment', () => {
  it('off: the database answers everybody and says so, with its queries shared, and the tiers answer again once it is on', async () => {
    await isAnswered(fromTiers)
    await change({ mode: 'off' })
    const { headers } = await isAnswered(fromDatabase('off'))
    expect(headers.get('Cache-Status')).toBe('Boardcache; fwd=bypass; detail=rollout-off')
    // The validator of a client is still recognized, and a write is current at once.
    const ifNoneMatch = { 'If-None-Match': headers.get('ETag') ?? '' }
    expect(await page(boards[0], stack.api(), ifNoneMatch)).toMatchObject({ isSame: true })
    await rename(boards[0], 'Written while off')
    await isAnswered({ ...fromDatabase('off'), name: 'Written while off' })
    expect(await stack.api().counts()).toMatchObject({ _cached: false, _cacheEnabled: false })

    const before = await stack.queriesOf('contact-list')
    const crowd = await Promise.all(Array.from({ length: 200 }, () => page()))
    expect(new Set(crowd.map(({ status, rollout }) => `${status} ${rollout}`))).toEqual(
      new Set(['BYPASS off']),
    )
    // One for each second that the crowd takes, on a slow machine too.
    expect((await stack.queriesOf('contact-list')) - before).toBeLessThan(20)

    await change({ mode: 'on' })
    await isAnswered(fromTiers)
  })

  it('percent: those within it are answered by the tiers, and lists decide for single workspaces', async () => {
    const other = stack.api({ token: stack.tokens.otherAdmin, workspaceId: '15214' })
    const countsOf = async (api: ApiClient) => (await api.counts())._cacheEnabled
    await change({ mode: 'percent', percent: 0 })
    await isAnswered(fromDatabase('off'))
    await change({ percent: 100 })
    await isAnswered(fromTiers)
    await change({ percent: 0, allow: ['15213'] })
    await isAnswered(fromTiers)
    await eventually(async () => !(await countsOf(other)))
    await change({ deny: ['15213'], percent: 100 })
    await isAnswered(fromDatabase('off'))
    await eventually(async () => await countsOf(other))
    const { version } = rolloutSchema.parse(await operate('/api/rollout'))
    await expect(operate('/api/rollout', { version: version - 1, mode: 'off' })).rejects.toThrow(
      'rollout_changed',
    )
    await change({ version, mode: 'on', allow: [], deny: [] })
    await isAnswered(fromTiers)
  })

  it('shadow: the database answers, and what the tiers would have said is compared and counted', async () => {
    await change({ mode: 'shadow' })
    await isAnswered(fromDatabase('shadow'))
    const ofPages = await eventually(async () => {
      // A page that the tiers have, and one that they lack.
      await page()
      await page(boards[1])
      const { resources } = shadowReportSchema.parse(await operate('/api/rollout/shadow'))
      const found = resources.find(({ resource }) => resource === 'contact-list')
      return found !== undefined && found.outcomes.match > 0 && found.outcomes.miss > 0 ? found : false
    })
    expect(ofPages).toMatchObject({ outcomes: { mismatch: 0 }, saved_ms: expect.any(Number) })
    await eventually(async () => {
      const samples = samplesBy(await scrape(stack), 'boardcache_shadow_comparisons_total', [
        'resource',
        'outcome',
      ])
      return (samples.get('contact-list match') ?? 0) > 0
    })
    await change({ mode: 'on' })
    await isAnswered(fromTiers)
  })

  it('each change is told to operators, and in Prometheus', async () => {
    const { text } = await stack.api().get('/api/monitoring/activity?kind=rollout&limit=100')
    const { items } = deploymentActivityPageSchema.parse(dataSchema.parse(JSON.parse(text)).data)
    expect(items).toContainEqual(
      expect.objectContaining({
        kind: 'rollout',
        from: { mode: 'on', percent: 100 },
        to: { mode: 'off', percent: 100 },
      }),
    )
    await eventually(async () => {
      const samples = await scrape(stack)
      return samplesBy(samples, 'boardcache_rollout_mode', ['mode']).get('on') === 1
    })
  })

  it('by itself: proved violations of three keys return their workspace to shadow, and say where answers differed', async () => {
    for (const board of boards) await isAnswered(fromTiers, board)
    // A write that no trigger sees. It is the last write of these tests.
    await stack.sql`alter table contacts disable trigger all`
    for (const board of boards) await rename(board, 'Unseen')
    const shadowed = await eventually(
      async () => {
        for (const board of boards) await page(board)
        const rollout = rolloutSchema.parse(await operate('/api/rollout'))
        return rollout.shadowed.length > 0 ? rollout : false
      },
      { deadlineMs: 90_000, everyMs: 250 },
    )
    expect(shadowed).toMatchObject({ mode: 'on', shadowed: ['15213'], changed: { by: null } })
    await isAnswered({ ...fromDatabase('shadow'), name: 'Unseen' })
    const report = JSON.stringify(shadowReportSchema.parse(await operate('/api/rollout/shadow')).differences)
    expect(report).toContain('$.contacts[].name')
    expect(report).not.toContain('Unseen')
  }, 120_000)
})
