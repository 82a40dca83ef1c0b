import { expect, test } from 'vitest'
import { ok } from '../../../shared/result.ts'
import { createOrigin, loadOfList, read } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase } from './stub-database.ts'

const counts = {
  unassigned: 0,
  open: 0,
  closed: 0,
  total: 0,
  highPriority: 0,
  mediumPriority: 0,
  lowPriority: 0,
  needsResponse: 0,
  followUp: 0,
  favorites: 0,
  archived: 0,
  unhappyCustomers: 0,
  newCustomers: 0,
  recentActivity: 0,
}
const computedAt = '2026-11-21T07:24:38.973565+00:00'

test.each([
  ['with zeros as they are', {}],
  ['with an assignee whose id is a name of every object', { constructor: 3, user_1: 1 }],
])('the counts and the assignees of the workspace, %s', async (_name, assignees) => {
  const database = createStubDatabase()
  const load = createOrigin({ database }).post('/load/contact-counts', { ...loadOfList, params: {} })
  const call = await database.call(0)
  expect(call).toMatchObject({ functionName: 'contact_counts', args: { p_workspace: '15213' } })
  const answered = { counts, assignees, computedAt, isComplete: false }
  call.answer(ok({ outcome: 'ok', ...answered }))
  expect(await read(await load)).toEqual({ status: 200, body: answered })
})

test('a user’s own counts are queried by their id', async () => {
  const database = createStubDatabase()
  const load = { ...loadOfList, userId: 'alice', params: {} }
  const loading = createOrigin({ database }).post('/load/contact-counts', load)
  const call = await database.call(0)
  expect(call.functionName).toBe('contact_counts_of')
  expect(call.args).toEqual({ p_workspace: '15213', p_user: 'alice' })
  const answered = { counts, assignees: { alice: 7 }, computedAt, isComplete: false }
  call.answer(ok({ outcome: 'ok', ...answered }))
  expect(await read(await loading)).toEqual({ status: 200, body: answered })
})

test('one unfit count does not affect the others', async () => {
  const answered = { outcome: 'ok', counts: { ...counts, total: 5, open: 'many' }, assignees: {}, computedAt }
  const { post, logged } = createOrigin({ database: createPromptDatabase(() => answered) })
  const answer = await read(await post('/load/contact-counts', { ...loadOfList, params: {} }))
  expect(answer).toMatchObject({ status: 200, body: { counts: { ...counts, total: 5, open: 0 } } })
  expect(logged.join('')).toContain('"resource":"contact-counts","field":"open","rows":1')
})
