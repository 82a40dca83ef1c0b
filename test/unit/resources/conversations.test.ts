import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { encodeHistoryCursor, parseHistoryCursor } from '../../../shared/contract/history-cursor.ts'
import { callIdSchema, contactIdSchema, userIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { callSession } from '../../../shared/resources/conversations/call-session.ts'
import { leadContext } from '../../../shared/resources/conversations/lead-context.ts'
import { leadControl } from '../../../shared/resources/conversations/lead-control.ts'
import { leadGreeting } from '../../../shared/resources/conversations/lead-greeting.ts'
import { leadHistory } from '../../../shared/resources/conversations/lead-history.ts'
import { leadSummary } from '../../../shared/resources/conversations/lead-summary.ts'
import type { DataOf } from '../../../shared/resources/resource.ts'
import type { Served } from '../../../shared/resources/served.ts'
import { bucketTag, familyTag, nameOf, settingsTag, workspaceTag } from '../../../shared/tags/tags.ts'

const lead = contactIdSchema.parse('contact_1')
const path = { id: lead }
const servedAt = (instant: string): Served => ({
  ...{
    status: 'HIT',
    source: 'memory',
    ttlSeconds: 600,
    ageSeconds: 12,
    provedAgeSeconds: 0,
    edgeLocation: 'LAX',
    responseTimeMs: 1,
  },
  ...{ retrievedAtMs: Date.parse(instant), isCacheEnabled: true, userId: userIdSchema.parse('ann') },
})
const bytesOf = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))
const place = { sentAt: '2026-01-31T12:00:00.123456+00:00', id: 'm1' }

describe('the tags of an answer about a lead', () => {
  const conversation = [workspaceTag, familyTag('conversation'), bucketTag('conversation', lead)]
  const named = [familyTag('contact'), bucketTag('contact', lead), familyTag('config'), settingsTag]

  test.each([leadHistory, leadSummary, leadControl])(
    'are the conversations of its contact alone: $name',
    (resource) => {
      const parsed = resource.parse(path, {})
      expect(parsed.ok && parsed.value.tagsFor(null)).toEqual(conversation)
    },
  )

  test.each([leadContext, leadGreeting])(
    'are those, the contact, the organization, and the company that it names: $name',
    (resource) => {
      const parsed = resource.parse(path, {})
      expect(parsed.ok && parsed.value.tagsFor(null)).toEqual([...conversation, ...named])
      expect(resource.embeddedTags(bytesOf(resource.example.data)).map(nameOf)).toEqual(
        [familyTag('company'), bucketTag('company', 'company_0042')].map(nameOf),
      )
    },
  )

  it('are the company even if it does not exist, and none if the lead names none', () => {
    const { lead: named, ...rest } = leadContext.example.data
    const tagsOf = (company_id: string | null) =>
      leadContext.embeddedTags(bytesOf({ ...rest, lead: { ...named, company: null, company_id } }))
    expect(tagsOf('gone')).toEqual([familyTag('company'), bucketTag('company', 'gone')])
    expect(tagsOf(null)).toEqual([])
  })

  it('are the call alone for a session', () => {
    const id = callIdSchema.parse('call_1')
    expect(callSession.questionOf({ id }).tagsFor(null)).toEqual([
      ...[workspaceTag, familyTag('call'), bucketTag('call', 'call_1')],
    ])
  })
})

describe('the query of a history', () => {
  const faultsOf = (query: Record<string, unknown>) => {
    const parsed = leadHistory.parse(path, query)
    return parsed.ok ? [] : parsed.error.map(({ parameter }) => parameter)
  }

  test.each([
    ['limit', { limit: '0' }],
    ['limit', { limit: '101' }],
    ['offset', { offset: '-1' }],
    ['offset', { offset: `${limits.historyOffsetMax + 1}` }],
    ['cursor', { cursor: 'garbage' }],
    ['cursor', { cursor: encodeHistoryCursor(place), offset: '0' }],
    ['cursor', { cursor: encodeHistoryCursor({ ...place, sentAt: '2026-02-31T12:00:00+00:00' }) }],
    ['cursor', { cursor: encodeHistoryCursor({ ...place, sentAt: '2026-01-31T12:00:00.1234567+00:00' }) }],
    ['cursor', { cursor: encodeHistoryCursor({ ...place, sentAt: 'infinity' }) }],
    ['cursor', { cursor: encodeHistoryCursor({ ...place, id: '' }) }],
    ['page', { page: '1' }],
  ])('names %s if it is not what the parameter takes: %j', (parameter, query) => {
    expect(faultsOf(query)).toContain(parameter)
  })

  it('refuses the names of routes as the id of a lead', () => {
    for (const id of ['by-phone', 'me', 'a:b', '..']) expect(leadHistory.parse({ id }, {}).ok).toBe(false)
  })

  it('reads every cursor that it wrote', () => {
    const id = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(id, (each) => {
        const cursor = { ...place, id: each }
        expect(parseHistoryCursor(encodeHistoryCursor(cursor))).toEqual({ ok: true, value: cursor })
      }),
    )
  })

  it('has the lifetime and the toggle that the specification names', () => {
    const question = leadHistory.questionOf({ id: lead, limit: 1, offset: 0, cursor: null })
    expect([question.lifetime, question.toggle]).toEqual(['messageHistoryTTL', 'messageHistory'])
  })
})

describe('the page after a page of a history', () => {
  const page = (next_cursor: string | null) =>
    bytesOf({ messages: [], pagination: { limit: 2, offset: 0, next_cursor } })
  const first = { id: lead, limit: 2, offset: 0, cursor: null }
  const following = (
    params: typeof first | (Omit<typeof first, 'cursor'> & { cursor: string }),
    cursor: string | null,
  ) => leadHistory.questionOf(params).next?.(page(cursor))?.params ?? null

  it('is the next by offset, or by the cursor for a reader who uses cursors', () => {
    expect(following(first, 'abc')).toEqual({ ...first, offset: 2 })
    expect(following({ ...first, cursor: 'aaa' }, 'abc')).toEqual({ ...first, cursor: 'abc' })
  })

  it('is by cursor past the largest offset, and none after the last page', () => {
    expect(following({ ...first, offset: limits.historyOffsetMax }, 'abc')).toEqual({
      ...first,
      cursor: 'abc',
    })
    expect(following(first, null)).toBeNull()
  })
})

describe('an answer that depends on the time of day', () => {
  const answerOf = (resource: typeof leadContext | typeof leadGreeting, data: unknown, served: Served) => {
    const body = bytesOf(data)
    const answer: unknown = JSON.parse(Buffer.concat(resource.present(body, served)).toString('utf8'))
    expect(resource.answer.safeParse(answer)).toMatchObject({ success: true, data: answer })
    return { answer, changing: resource.changing(body, served) }
  }
  const [morning, evening] = [servedAt('2026-02-02T14:30:20Z'), servedAt('2026-02-02T23:30:40Z')]

  it('is made from the same entry at the moment of the answer', () => {
    const context: DataOf<typeof leadContext> = leadContext.example.data
    expect(answerOf(leadContext, context, morning).answer).toMatchObject({
      ...{ local_time: '2026-02-02T09:30:00-05:00', is_working_hours: true },
      _cache: { status: 'HIT' },
    })
    expect(answerOf(leadContext, context, evening).answer).toMatchObject({
      ...{ local_time: '2026-02-02T18:30:00-05:00', is_working_hours: false },
    })
    expect(answerOf(leadGreeting, leadGreeting.example.data, morning).answer).toMatchObject({
      text: 'Good morning, John from Example Inc. How can I help you?',
    })
    expect(answerOf(leadGreeting, leadGreeting.example.data, evening).answer).toMatchObject({
      text: 'Good evening, John from Example Inc. How can I help you?',
    })
  })

  it('shows no more of the lead than an agent needs: no address, no number, no id of the company alone', () => {
    const { answer } = answerOf(leadContext, leadContext.example.data, morning)
    expect(Object.keys(Object(answer).lead)).toEqual([
      ...['id', 'name', 'company', 'language', 'status', 'lead_status'],
    ])
    expect(JSON.stringify(answerOf(leadGreeting, leadGreeting.example.data, morning).answer)).not.toContain(
      'company_0042',
    )
  })

  it('has another ETag exactly when it has another text', () => {
    for (const [resource, instants] of [
      [leadContext, ['2026-02-02T14:30:00Z', '2026-02-02T14:30:59Z', '2026-02-02T14:31:00Z']],
      [leadGreeting, ['2026-02-02T16:00:00Z', '2026-02-02T16:59:59Z', '2026-02-02T17:00:00Z']],
    ] as const) {
      const answers = instants.map((instant) => answerOf(resource, resource.example.data, servedAt(instant)))
      const [one, same, other] = answers
      expect(same).toEqual(one)
      expect(other?.answer).not.toEqual(one?.answer)
      expect(other?.changing).not.toBe(one?.changing)
    }
  })

  it('counts an unknown time zone as UTC', () => {
    const { organization, ...rest } = leadContext.example.data
    const data = { ...rest, organization: { ...organization, time_zone: 'Mars/Olympus' } }
    expect(answerOf(leadContext, data, morning).answer).toMatchObject({
      local_time: '2026-02-02T14:30:00+00:00',
    })
  })
})

it('the state of a call keeps every member, also one with a name of JavaScript', () => {
  const state = '{"__proto__":{"a":1},"constructor":null}'
  const example = JSON.stringify(callSession.example.data).replace(/"state":\{[^}]*\}/, `"state":${state}`)
  const body = new TextEncoder().encode(example)
  expect(JSON.stringify(callSession.dataOf(body)?.state)).toBe(state)
})
