import { describe, expect, test } from 'vitest'
import { encodeHistoryCursor, parseHistoryCursor } from '../../../shared/contract/history-cursor.ts'
import { leadContext } from '../../../shared/resources/conversations/lead-context.ts'
import { leadGreeting } from '../../../shared/resources/conversations/lead-greeting.ts'
import { leadHistory } from '../../../shared/resources/conversations/lead-history.ts'
import { messageExample } from '../../../shared/resources/conversations/lead-parts.ts'
import { createOrigin, read } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'

const id = 'contact_1'
const lead = {
  ...{ id, name: 'Ann Lee', company_id: 'x1', company: { id: 'x1', name: 'Alder' } },
  ...{ language: null, status: 'open', lead_status: null },
}
const organization = { name: 'Acme', language: 'de', time_zone: 'Europe/Berlin', working_hours: {} }
const control = { answered_by: 'ai', user_id: null, since: null }
const context = { outcome: 'ok', lead, organization, control, last_messages: [], summary: null }
const greeting = { outcome: 'ok', lead, organization, greetings: {}, has_talked: false }

/** Loads a resource over a database that answers this, and returns the answer and the arguments of the call. */
async function load(resource: string, params: unknown, answer: unknown) {
  let called: unknown = null
  const origin = createOrigin({
    database: createPromptDatabase((_name, args) => {
      called = args
      return answer
    }),
  })
  const body = { workspaceId: '15213', userId: null, version: 'l:1', params }
  return { ...(await read(await origin.post(`/load/${resource}`, body))), called }
}

describe('a page of a history', () => {
  const params = { id, limit: 2, offset: 4, cursor: null }
  const messages = [
    messageExample,
    { ...messageExample, id: 'last', sent_at: '2026-01-31T11:00:00.000001+00:00' },
  ]

  test('has a cursor after its last message if more follow, and none otherwise', async () => {
    const { body } = await load('lead-history', params, { outcome: 'ok', messages, has_more: true })
    const { pagination } = leadHistory.data.parse(body)
    expect(pagination).toMatchObject({ limit: 2, offset: 4 })
    expect(parseHistoryCursor(pagination.next_cursor ?? '')).toEqual({
      ok: true,
      value: { sentAt: '2026-01-31T11:00:00.000001+00:00', id: 'last' },
    })
    const whole = await load('lead-history', params, { outcome: 'ok', messages, has_more: false })
    expect(whole.body).toMatchObject({ pagination: { next_cursor: null } })
  })

  test('by cursor begins after its place, and has no offset', async () => {
    const cursor = encodeHistoryCursor({ sentAt: '2026-01-31T11:00:00.000001+00:00', id: 'last' })
    const { body, called } = await load(
      'lead-history',
      { ...params, offset: 0, cursor },
      { outcome: 'ok', messages, has_more: false },
    )
    expect(called).toMatchObject({
      p_offset: 0,
      p_after: '2026-01-31T11:00:00.000001+00:00',
      p_after_id: 'last',
    })
    expect(body).toMatchObject({ pagination: { offset: null } })
  })

  test('refuses a cursor that is none, before any query', async () => {
    const refused = await load('lead-history', { ...params, cursor: 'garbage' }, null)
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_cursor' }, called: null })
  })
})

describe('a context', () => {
  test("has the organization's language for a lead whose own is not known", async () => {
    const { body } = await load('lead-context', { id }, context)
    expect(leadContext.data.parse(body).lead).toMatchObject({ language: 'de', company_id: 'x1' })
    const known = await load('lead-context', { id }, { ...context, lead: { ...lead, language: 'fr' } })
    expect(known.body).toMatchObject({ lead: { language: 'fr' } })
  })

  test('keeps the questions of its summary beside it', async () => {
    const summary = {
      text: 'T',
      as_of: '2026-01-31T11:00:00+00:00',
      messages_since: 3,
      open_questions: ['When?'],
    }
    const { body } = await load('lead-context', { id }, { ...context, summary })
    const { open_questions, ...rest } = summary
    expect(body).toMatchObject({ open_questions })
    expect(leadContext.data.parse(body).summary).toEqual(rest)
  })

  test('takes working hours that do not fit for none', async () => {
    for (const working_hours of [{ mon: [['25:00', '9']] }, { monday: [] }, [], 'always'])
      expect(
        (await load('lead-context', { id }, { ...context, organization: { ...organization, working_hours } }))
          .body,
      ).toMatchObject({ organization: { ...organization, working_hours: {} } })
  })

  test('of a lead that does not exist is absent, with a sentence of its own', async () => {
    expect(await load('lead-context', { id }, { outcome: 'not_found' })).toMatchObject({
      status: 404,
      body: { code: 'contact_not_found', error: 'There is no such lead in this workspace.' },
    })
  })
})

describe('a greeting', () => {
  const params = { id, channel: 'web' }

  test("has the workspace's template for the channel, in the workspace's language", async () => {
    const greetings = { voice: 'Hallo', web: 'Hi {name}' }
    const { body } = await load('lead-greeting', params, { ...greeting, greetings })
    expect(leadGreeting.data.parse(body)).toEqual({
      ...{ channel: 'web', language: 'de', template: 'Hi {name}', time_zone: 'Europe/Berlin' },
      ...{ name: 'Ann Lee', organization: 'Acme', company: 'Alder', company_id: 'x1' },
    })
  })

  test('has a template of the product where the workspace has none that fits', async () => {
    for (const greetings of [
      {},
      { voice: 'Hallo' },
      { web: 7 },
      { web: '' },
      { web: 'x'.repeat(2_001) },
      { web: null },
    ]) {
      const { body } = await load('lead-greeting', params, { ...greeting, greetings })
      expect(body).toMatchObject({ language: 'de', template: expect.stringContaining('{greeting}') })
    }
  })
})
