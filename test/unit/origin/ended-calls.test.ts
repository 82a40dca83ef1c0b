import { describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { version } from '../../support/entries.ts'
import { alice, createOrigin, internalAuthKey, read } from './origin-under-test.ts'
import { createStubRelay } from './stub-relay.ts'

const call = {
  conversationId: 'conv-1',
  callId: 'CA1',
  calledPhone: '+493012345678',
  callerPhone: '030 / 1234 5679',
  startedAt: '2026-11-23T09:00:00.000Z',
  endedAt: '2026-11-23T09:01:00.000Z',
  messages: [],
  summary: null,
}
const organization = { outcome: 'ok', organization: { workspace_id: '15214', region: 'DE' } }
const row = { id: 5, eventId: 'e', workspaceId: '15214', tags: ['counts'], attempts: 0 }
const stored = { outcome: 'ok', status: 'stored', contact: 'contact-1', isNew: false, outbox: [row] }

function origin(answers: Readonly<Record<string, unknown>>) {
  const asked: unknown[] = []
  const database: Database = {
    async callRpc(name, args, token) {
      asked.push([name, args, token])
      return name in answers ? ok(answers[name]) : err({ kind: 'unavailable' })
    },
    probe: async () => true,
  }
  const relay = createStubRelay({ deliver: async () => version(44) })
  const { app } = createOrigin({ database, relay })
  const post = async (body: unknown, key = internalAuthKey) =>
    read(
      await app.request('/voice/calls', {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      }),
    )
  return { asked, post }
}

describe('a call that has ended', () => {
  test('is stored as the service role, by every notation of the number in the region of the organization', async () => {
    const { asked, post } = origin({ organization_by_phone: organization, ended_call_store: stored })
    expect(await post(call)).toMatchObject({
      status: 200,
      body: {
        data: {
          status: 'stored',
          conversation_id: 'CA1',
          lead_id: 'contact-1',
          version: 44,
          invalidation: 'done',
        },
      },
    })
    expect(asked).toMatchObject([
      ['organization_by_phone', { p_phone: '+493012345678' }, null],
      [
        'ended_call_store',
        {
          p_workspace: '15214',
          p_phone: '+493012345679',
          p_keys: expect.arrayContaining(['+493012345679', '03012345679']),
          p_call: { conversationId: 'conv-1', messages: [] },
        },
        null,
      ],
    ])
  })

  test('is found under the number without its plus sign too if the region of the organization is not known', async () => {
    const unknown = { ...organization, organization: { workspace_id: '15214', region: 'ZZ' } }
    const { asked, post } = origin({ organization_by_phone: unknown, ended_call_store: stored })
    await post({ ...call, callerPhone: '+49 30 12345679' })
    expect(asked.at(-1)).toMatchObject([
      'ended_call_store',
      { p_keys: expect.arrayContaining(['+493012345679', '493012345679']) },
      null,
    ])
  })

  test.each([
    ['an unknown organization', { organization_by_phone: { outcome: 'not_found' } }, 'organization_unknown'],
    [
      'an organization that vanishes meanwhile',
      { organization_by_phone: organization, ended_call_store: { outcome: 'not_found' } },
      'organization_unknown',
    ],
    [
      'an organization without a board',
      { organization_by_phone: organization, ended_call_store: { outcome: 'ok', status: 'ignored' } },
      'no_board',
    ],
  ])('of %s is ignored', async (_what, answers, reason) => {
    const { body } = await origin(answers).post(call)
    expect(body).toMatchObject({ data: { status: 'ignored', reason } })
  })

  test('of a number that is no number is ignored', async () => {
    const { asked, post } = origin({ organization_by_phone: organization })
    const { body } = await post({ ...call, callerPhone: 'anonymous' })
    expect(body).toMatchObject({ data: { status: 'ignored', reason: 'caller_unknown' } })
    expect(asked).toHaveLength(1)
  })

  test('is not acknowledged while the database is away', async () => {
    for (const answers of [{}, { organization_by_phone: organization }])
      expect(await origin(answers).post(call)).toMatchObject({
        status: 503,
        body: { code: 'origin_unavailable' },
      })
  })

  test('is taken from the Worker alone, in the form and the size of the contract', async () => {
    const { asked, post } = origin({})
    const more = 'x'.repeat(limits.storedCallBodyBytesMax)
    expect(await post({ ...call, more })).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
    expect(await post(call, alice)).toMatchObject({ status: 401, body: { code: 'key_invalid' } })
    expect(await post({ ...call, more: 1 })).toMatchObject({ status: 400, body: { code: 'invalid_body' } })
    expect(asked).toEqual([])
  })
})
