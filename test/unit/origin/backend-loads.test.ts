import { describe, expect, test } from 'vitest'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { organizationByPhone } from '../../../shared/resources/workspace/organization-by-phone.ts'
import { ok } from '../../../shared/result.ts'
import {
  alice,
  bob,
  createOrigin,
  internalAuthKey,
  listParams,
  loadOfList,
  read,
} from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase } from './stub-database.ts'

const counts = { outcome: 'ok', ...contactCounts.example.data }
const loadOfCounts = { ...loadOfList, params: {} }

describe("a load of the CRM's backend, without a user's token", () => {
  test('is made as the service role if the declaration allows the backend', async () => {
    const database = createStubDatabase()
    const load = createOrigin({ database }).post('/load/contact-counts', loadOfCounts, null)
    const call = await database.call(0)
    expect(call).toMatchObject({
      functionName: 'contact_counts',
      args: { p_workspace: '15213' },
      callerToken: null,
    })
    call.answer(ok(counts))
    expect(await read(await load)).toEqual({ status: 200, body: contactCounts.example.data })
  })

  test('is refused if the declaration does not allow it, like a load of an unknown resource', async () => {
    const database = createStubDatabase()
    const { post } = createOrigin({ database })
    expect(await read(await post('/load/no-such-resource', loadOfList, null))).toMatchObject({
      status: 401,
      body: { code: 'token_missing' },
    })
    expect(database.calls).toHaveLength(0)
  })

  test('is made for a hub of live boards if the workspace shares the answer, and never for a user that it names', async () => {
    const database = createStubDatabase()
    const { post } = createOrigin({ database })
    const own = { ...loadOfList, userId: 'alice', params: { ...listParams, filter: 'assigned_to_me' } }
    expect(await read(await post('/load/contact-list', own, null))).toMatchObject({
      status: 401,
      body: { code: 'token_missing' },
    })
    expect(database.calls).toHaveLength(0)
    void post('/load/contact-list', loadOfList, null)
    expect(await database.call(0)).toMatchObject({ functionName: 'contacts_page', callerToken: null })
  })

  test('is made for the user that it names, and shares a query with that user’s own load', async () => {
    for (const tokens of [
      [alice, null],
      [null, alice],
    ]) {
      const database = createStubDatabase()
      const { post } = createOrigin({ database })
      const load = { ...loadOfCounts, userId: 'alice' }
      const loads = tokens.map((token) => post('/load/contact-counts', load, token))
      const call = await database.call(0)
      expect(call).toMatchObject({
        functionName: 'contact_counts_of',
        args: { p_workspace: '15213', p_user: 'alice' },
      })
      call.answer(ok(counts))
      for (const answered of loads) expect((await answered).status).toBe(200)
      expect(database.calls).toHaveLength(1)
    }
  })

  test.each(['', 'no-jwt'])('is not made for an invalid token (%j)', async (token) => {
    const database = createStubDatabase()
    const answer = await read(
      await createOrigin({ database }).post('/load/contact-counts', loadOfCounts, token),
    )
    expect(answer.status).toBe(401)
    expect(database.calls).toHaveLength(0)
  })

  test('accepts the internal key and no other', async () => {
    const database = createStubDatabase()
    const { app } = createOrigin({ database })
    for (const Authorization of [`Bearer ${alice}`, `Bearer ${internalAuthKey}x`, '']) {
      const init = { method: 'POST', headers: { Authorization }, body: JSON.stringify(loadOfCounts) }
      expect((await app.request('/load/contact-counts', init)).status).toBe(401)
    }
    expect(database.calls).toHaveLength(0)
  })

  test('shares a query with a member’s load of the same key and version, whichever comes first', async () => {
    for (const tokens of [
      [alice, null],
      [null, alice],
    ]) {
      const database = createStubDatabase()
      const { post } = createOrigin({ database })
      const loads = tokens.map((token) => post('/load/contact-counts', loadOfCounts, token))
      ;(await database.call(0)).answer(ok(counts))
      for (const load of loads) expect((await load).status).toBe(200)
      expect(database.calls).toHaveLength(1)
    }
  })

  test('may read the settings of its workspace and not change them', async () => {
    const { request, post } = createOrigin({
      database: createPromptDatabase(() => ({ outcome: 'ok', settings: {} })),
    })
    expect((await request('/workspaces/15213/settings', {}, null)).status).toBe(200)
    expect((await post('/workspaces/15213/settings', { cacheEnabled: false }, null)).status).toBe(401)
    expect((await request('/workspaces/15213/membership', {}, null)).status).toBe(401)
  })
})

describe('a load of what belongs to one user', () => {
  const own = { ...loadOfList, params: { ...listParams, filter: 'assigned_to_me' } }

  test('is a clear 400 without the user, whose rows it would be', async () => {
    const database = createStubDatabase()
    const answer = await read(await createOrigin({ database }).post('/load/contact-list', own))
    expect(answer).toMatchObject({ status: 400, body: { code: 'user_needed' } })
    expect(database.calls).toHaveLength(0)
  })

  test('is refused to every other member, whatever the sender of the internal key says', async () => {
    const database = createStubDatabase()
    const { post } = createOrigin({ database })
    for (const [resource, load] of [
      ['contact-list', own],
      ['contact-counts', loadOfCounts],
    ] as const) {
      const answer = await read(await post(`/load/${resource}`, { ...load, userId: 'alice' }, bob))
      expect(answer).toMatchObject({ status: 403, body: { code: 'user_mismatch' } })
    }
    expect(database.calls).toHaveLength(0)
  })
})

describe('a load of what belongs to the deployment', () => {
  const ofNumber = { ...loadOfList, workspaceId: ':deployment', params: { phone: '+4930123456' } }

  test('is made for the backend, under the name of the deployment', async () => {
    const database = createStubDatabase()
    const load = createOrigin({ database }).post('/load/organization-by-phone', ofNumber, null)
    const call = await database.call(0)
    expect(call).toMatchObject({
      functionName: 'organization_by_phone',
      args: { p_phone: '+4930123456' },
      callerToken: null,
    })
    call.answer(ok({ outcome: 'ok', ...organizationByPhone.example.data }))
    expect(await read(await load)).toEqual({ status: 200, body: organizationByPhone.example.data })
  })

  test('is made under no workspace, and nothing of a workspace under its name', async () => {
    const database = createStubDatabase()
    const { post } = createOrigin({ database })
    for (const [resource, load, token] of [
      ['organization-by-phone', { ...ofNumber, workspaceId: '15213' }, null],
      ['organization-by-phone', { ...ofNumber, workspaceId: ':another' }, null],
      ['contact-counts', { ...loadOfCounts, workspaceId: ':deployment' }, null],
      ['contact-counts', { ...loadOfCounts, workspaceId: ':deployment' }, alice],
    ] as const) {
      const answer = await read(await post(`/load/${resource}`, load, token))
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } })
    }
    expect(database.calls).toHaveLength(0)
  })

  test('is not made for a member', async () => {
    const database = createStubDatabase()
    const answer = await createOrigin({ database }).post('/load/organization-by-phone', ofNumber, alice)
    expect(await read(answer)).toMatchObject({ status: 401, body: { code: 'key_invalid' } })
    expect(database.calls).toHaveLength(0)
  })
})

test('absence is answered as the declaration of the resource says', async () => {
  const { post } = createOrigin({ database: createPromptDatabase(() => ({ outcome: 'not_found' })) })
  const list = await read(await post('/load/contact-list', loadOfList))
  expect(list).toMatchObject({ status: 404, body: { code: 'board_not_found' } })
  const none = await read(await post('/load/contact-counts', loadOfCounts))
  expect(none).toMatchObject({ status: 404, body: { code: 'not_found' } })
})

describe("the backend, without a user's token,", () => {
  test('may read what a warm-up begins with, which has nothing but ids and names of boards', async () => {
    const answers: Readonly<Record<string, object>> = {
      workspace_boards: { boards: [{ id: 'board_1', name: 'Support' }] },
      workspace_needs: { leads: ['c1'], campaigns: [], segments: [] },
    }
    const { request } = createOrigin({
      database: createPromptDatabase((name) => ({ outcome: 'ok', ...answers[name] })),
    })
    for (const path of ['boards', 'needs'])
      expect((await request(`/workspaces/15213/${path}`, {}, null)).status).toBe(200)
  })
})

test('all workspaces are listed for the key alone, in pages', async () => {
  const workspaces = [{ id: '15213', name: 'Reference' }]
  const asked: unknown[] = []
  const { request } = createOrigin({
    database: createPromptDatabase((name, args) => {
      asked.push([name, args])
      return { outcome: 'ok', workspaces }
    }),
  })
  const listed = await request('/deployment/workspaces?after=15000', {}, null)
  expect([listed.status, await listed.json()]).toEqual([200, { success: true, data: { workspaces } }])
  expect(asked).toEqual([['workspaces_list', { p_after: '15000', p_limit: 500 }]])
  expect((await request('/deployment/workspaces?after=a%20b', {}, null)).status).toBe(400)
  expect(
    (await request('/deployment/workspaces', { headers: { Authorization: 'Bearer x' } }, null)).status,
  ).toBe(401)
})
