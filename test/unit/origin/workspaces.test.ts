import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settingsFrom } from '../../../origin/database/stored-settings.ts'
import { cacheSettingsSchema, defaultCacheSettings } from '../../../shared/contract/settings.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { createOrigin, read } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase } from './stub-database.ts'

const originOver = (answer: unknown) => createOrigin({ database: createPromptDatabase(() => answer) })

describe('membership and boards', () => {
  test.each(['admin', 'member', null])('the role %s is answered unchanged', async (role) => {
    const { request } = originOver({ outcome: 'ok', role })
    expect(await read(await request('/workspaces/15213/membership'))).toEqual({ status: 200, body: { role } })
  })

  test('boards are answered without the outcome', async () => {
    const boards = [{ id: 'board_1', name: 'Support' }]
    const { request } = originOver({ outcome: 'ok', boards })
    expect(await read(await request('/workspaces/15213/boards'))).toEqual({ status: 200, body: { boards } })
  })

  test('the needs of a warm-up are answered without ids that no question can name', async () => {
    const [leads, campaigns, segments] = [['k1', 'by-email', 'a/b', null], ['g1'], []]
    const { request } = originOver({ outcome: 'ok', leads, campaigns, segments })
    expect(await read(await request('/workspaces/15213/needs'))).toEqual({
      status: 200,
      body: { leads: ['k1'], campaigns, segments },
    })
  })

  test('a role that the contract does not know is not passed on', async () => {
    const { request } = originOver({ outcome: 'ok', role: 'owner' })
    expect(await read(await request('/workspaces/15213/membership'))).toMatchObject({ status: 500 })
  })
})

describe('settings', () => {
  test('the answer is valid, whatever is stored', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (stored) => {
        expect(cacheSettingsSchema.safeParse(settingsFrom(stored)).success).toBe(true)
      }),
    )
  })

  test('valid stored fields apply one by one, and all others have their defaults', () => {
    const stored = {
      cacheEnabled: false,
      features: { search: true, contactLists: 'yes', unknown: true },
      cacheConfig: { contactsTTL: 60, searchTTL: 5, contactCountsTTL: null },
    }
    expect(settingsFrom(stored)).toEqual({
      cacheEnabled: false,
      features: { ...defaultCacheSettings.features, search: true },
      cacheConfig: { ...defaultCacheSettings.cacheConfig, contactsTTL: 60 },
    })
    expect(settingsFrom({})).toEqual(defaultCacheSettings)
  })

  test('a change goes to the database unchanged, and the answer has all settings', async () => {
    const database = createStubDatabase()
    const change = { cacheConfig: { contactsTTL: 60 } }
    const saved = createOrigin({ database }).post('/workspaces/15213/settings', change)
    const call = await database.call(0)
    expect(call).toMatchObject({
      functionName: 'cache_settings_write',
      args: { p_workspace: workspaceIdSchema.parse('15213'), p_change: change },
    })
    const updated_at = '2026-11-20T10:00:00.123456+00:00'
    call.answer({ ok: true, value: { outcome: 'ok', settings: change, updated_at } })
    const { cacheEnabled: enabled, features, cacheConfig } = defaultCacheSettings
    expect(await read(await saved)).toEqual({
      status: 200,
      body: {
        workspace_id: '15213',
        settings: { cache: { enabled, features, config: { ...cacheConfig, contactsTTL: 60 } } },
        updated_at,
      },
    })
  })

  test.each([
    {},
    { cacheEnabled: 'no' },
    { cacheConfig: { contactsTTL: 29 } },
    { cacheConfig: { contactsTTL: 86_401 } },
    { features: { teleport: true } },
    [],
    null,
  ])('a change that cannot be one is a 400 and changes nothing (%j)', async (change) => {
    const database = createStubDatabase()
    const answer = await read(await createOrigin({ database }).post('/workspaces/15213/settings', change))
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } })
    expect(database.calls).toHaveLength(0)
  })
})
