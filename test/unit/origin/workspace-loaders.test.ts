import { describe, expect, test } from 'vitest'
import { defaultWorkspaceConfiguration } from '../../../shared/contract/workspace-configuration.ts'
import { defaultPermissions } from '../../../shared/permissions.ts'
import { createOrigin, loadOfList, read } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'

function load(resource: string, answer: unknown, params: unknown = {}, userId: string | null = null) {
  const calls: unknown[] = []
  const database = createPromptDatabase((functionName, args) => {
    calls.push([functionName, args])
    return answer
  })
  const { post, logged } = createOrigin({ database })
  return {
    calls,
    logged,
    answer: post(`/load/${resource}`, { ...loadOfList, params, userId }).then(read),
  }
}

const at = '2026-01-02T03:04:05.123456+00:00'
const configuration = {
  ...{ language: 'de', region: 'DE', time_zone: 'Europe/Berlin', updated_at: at },
  working_hours: { mon: [['09:00', '17:00']] },
  greetings: { voice: '{greeting}!' },
}

describe('a configuration', () => {
  test('is the row, or the defaults if the workspace has none', async () => {
    expect(await load('workspace-config', { outcome: 'ok', configuration }).answer).toEqual({
      status: 200,
      body: configuration,
    })
    expect(await load('workspace-config', { outcome: 'ok', configuration: null }).answer).toEqual({
      status: 200,
      body: defaultWorkspaceConfiguration,
    })
  })

  test.each([
    [{ mon: [['9:00', '17:00']], tue: [['09:00', '17:00']] }, { tue: [['09:00', '17:00']] }],
    [{ mon: [['09:00', '24:00']] }, { mon: [['09:00', '24:00']] }],
    [{ mon: [['24:00', '25:00']] }, {}],
    [{ monday: [['09:00', '17:00']], mon: 'all day' }, {}],
    [{ mon: [] }, { mon: [] }],
  ])('whose working hours are %j is answered with those that are understood', async (stored, shown) => {
    const row = { ...configuration, working_hours: stored }
    const { answer, logged } = load('workspace-config', { outcome: 'ok', configuration: row })
    expect(await answer).toMatchObject({ status: 200, body: { ...configuration, working_hours: shown } })
    const isWhole = JSON.stringify(stored) === JSON.stringify(shown)
    expect(logged.join('').includes('"field":"working_hours"')).toBe(!isWhole)
  })

  test('with a template for a channel that does not exist, or with too long a template, keeps the others', async () => {
    const greetings = { voice: 'Hello', fax: 'Hello', web: 'x'.repeat(2_001), email: '' }
    const { answer } = load('workspace-config', {
      outcome: 'ok',
      configuration: { ...configuration, greetings },
    })
    expect(await answer).toMatchObject({ body: { ...configuration, greetings: { voice: 'Hello' } } })
  })

  test('with a region that is no country code has the default region', async () => {
    const { answer } = load('workspace-config', {
      outcome: 'ok',
      configuration: { ...configuration, region: 'de' },
    })
    expect(await answer).toMatchObject({ body: { ...configuration, region: 'US' } })
  })
})

test('one unfit webhook source does not affect the others', async () => {
  const source = {
    ...{ id: 'h1', name: 'Payments', kind: 'stripe', event_types: ['a'], is_active: true },
    ...{ created_at: at, updated_at: at },
  }
  const sources = [source, { ...source, id: 'h2', name: 7 }]
  const { answer } = load('webhook-sources', { outcome: 'ok', sources, is_complete: true })
  expect(await answer).toEqual({
    status: 200,
    body: { sources: [source, { ...source, id: 'h2', name: '(unknown)' }], is_complete: true },
  })
})

describe('permissions', () => {
  test('are loaded for the user whose entry they are, for both roles', async () => {
    const changes = [
      { role: 'member', permission: 'contacts.delete', is_allowed: false },
      { role: 'member', permission: 'contacts.export', is_allowed: true },
    ]
    const { answer, calls } = load('permissions', { outcome: 'ok', role: null, changes }, {}, 'alice')
    const member = [...defaultPermissions.member, 'contacts.export'].filter(
      (name) => name !== 'contacts.delete',
    )
    expect(await answer).toEqual({
      status: 200,
      body: { role: null, allows: { admin: defaultPermissions.admin, member: member.toSorted() } },
    })
    expect(calls).toEqual([['permissions', { p_workspace: '15213', p_user: 'alice' }]])
  })

  test('need a user', async () => {
    expect(await load('permissions', {}).answer).toMatchObject({ status: 400, body: { code: 'user_needed' } })
  })
})

describe('a page of a mailbox', () => {
  const message = {
    ...{ id: 'n1', from_address: 'ann@example.com', from_name: null, subject: '', preview: 'Hello' },
    ...{ is_read: false, received_at: at },
  }
  const folder = { outcome: 'ok', folder: 'inbox', synced_at: at, messages: [message] }
  const params = { folder: 'inbox', page: 2 }

  test.each([
    [51, true, { total: 51, total_pages: 2 }],
    [100, true, { total: 100, total_pages: 2 }],
    [10_000, false, { total: 10_000, total_is_estimate: true, total_pages: 200 }],
  ])(
    'of %i messages (all counted: %s) says how many pages there are',
    async (total, is_counted, pagination) => {
      const { answer, calls } = load('mailbox', { ...folder, total, is_counted }, params, 'alice')
      expect(await answer).toEqual({
        status: 200,
        body: {
          ...{ folder: 'inbox', synced_at: at, messages: [message] },
          pagination: { page: 2, per_page: 50, ...pagination },
        },
      })
      expect(calls).toEqual([
        ['mailbox', { p_workspace: '15213', p_user: 'alice', p_folder: 'inbox', p_page: 2 }],
      ])
    },
  )

  test('of a folder that the user does not have is absent', async () => {
    expect(await load('mailbox', { outcome: 'not_found' }, params, 'alice').answer).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })
})
