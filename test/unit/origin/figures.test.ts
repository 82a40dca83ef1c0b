import { expect, test } from 'vitest'
import { analytics } from '../../../shared/resources/figures/analytics.ts'
import { campaignStats } from '../../../shared/resources/figures/campaign-stats.ts'
import { dashboard } from '../../../shared/resources/figures/dashboard.ts'
import { segmentCount } from '../../../shared/resources/figures/segment-count.ts'
import { ok } from '../../../shared/result.ts'
import { createOrigin, loadOfList, read } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase } from './stub-database.ts'

test.each([
  [
    'campaign-stats',
    campaignStats,
    { id: 'spring' },
    'campaign_stats',
    { p_workspace: '15213', p_campaign: 'spring' },
  ],
  [
    'segment-count',
    segmentCount,
    { id: 'vips' },
    'segment_count',
    { p_workspace: '15213', p_segment: 'vips' },
  ],
  ['analytics', analytics, { days: 7 }, 'analytics', { p_workspace: '15213', p_days: 7 }],
])('%s is what its function answers', async (name, { example }, params, functionName, args) => {
  const database = createStubDatabase()
  const load = createOrigin({ database }).post(`/load/${name}`, { ...loadOfList, params })
  const call = await database.call(0)
  expect([call.functionName, call.args]).toEqual([functionName, args])
  call.answer(ok({ outcome: 'ok', ...example.data }))
  expect(await read(await load)).toEqual({ status: 200, body: example.data })
})

test('a dashboard is queried for its user, and an unfit contact on it does not affect the rest', async () => {
  const { data } = dashboard.example
  const [contact] = data.recent
  const answered = { ...data, recent: [{ ...contact, name: '', board_id: 7 }, contact] }
  const { post, logged } = createOrigin({
    database: createPromptDatabase((_name, args) => ({
      outcome: 'ok',
      ...answered,
      assigned: args['p_user'] === 'alice' ? 5 : 0,
    })),
  })
  const answer = await read(await post('/load/dashboard', { ...loadOfList, userId: 'alice', params: {} }))
  expect(answer).toEqual({
    status: 200,
    body: { ...data, assigned: 5, recent: [{ ...contact, name: '(unknown)', board_id: 'unknown' }, contact] },
  })
  expect(logged.join('')).toContain('"resource":"dashboard","field":"board_id","rows":1')
})
