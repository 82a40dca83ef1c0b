import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endedCallSchema, storedCallSchema } from '../../../shared/contract/voice.ts'
import { limits } from '../../../shared/limits.ts'
import { err } from '../../../shared/result.ts'
import { storedCallOf } from '../../../worker/voice/ended-call.ts'

/** A report as ElevenLabs sends it, with members that nobody needs. */
const report = {
  type: 'post_call_transcription',
  event_timestamp: 1_795_600_000,
  data: {
    agent_id: 'agent_1',
    conversation_id: 'conv_1',
    status: 'done',
    transcript: [
      { role: 'agent', message: 'Good morning.', tool_calls: null, time_in_call_secs: 0 },
      { role: 'user', message: 'When can you deliver?', time_in_call_secs: 3 },
      { role: 'agent', message: null, tool_calls: [{ name: 'lookup' }], time_in_call_secs: 5 },
      { role: 'agent', message: 'In March.', time_in_call_secs: 5 },
    ],
    metadata: {
      start_time_unix_secs: 1_795_600_000,
      call_duration_secs: 22,
      phone_call: {
        direction: 'inbound',
        agent_number: '+4930123456',
        external_number: '+15550100123',
        type: 'twilio',
        call_sid: 'CA1',
      },
    },
    analysis: {
      call_successful: 'success',
      transcript_summary: 'An offer was asked for.',
      data_collection_results: { open_questions: { value: 'Which colour?\n\nHow many?' }, other: {} },
    },
    conversation_initiation_client_data: { dynamic_variables: { workspace_id: 'another' } },
  },
}

type Data = typeof report.data
const ended = (change: (data: Data) => object = (data) => data) =>
  endedCallSchema.parse({ ...report, data: change(report.data) })
const phoneCall = (call: object | null) =>
  ended((data) => ({ ...data, metadata: { ...data.metadata, phone_call: call } }))

function stored(...given: Parameters<typeof ended>) {
  const call = storedCallOf(ended(...given))
  if (!call.ok) throw new Error(call.error)
  return storedCallSchema.parse(call.value)
}

describe('a report of a call', () => {
  it('becomes a conversation with the turns that have text, and a summary', () => {
    expect(stored()).toEqual({
      conversationId: 'conv_1',
      callId: 'CA1',
      calledPhone: '+4930123456',
      callerPhone: '+15550100123',
      startedAt: '2026-11-25T09:46:40.000Z',
      endedAt: '2026-11-25T09:47:02.000Z',
      messages: [
        { direction: 'outbound', body: 'Good morning.', sentAt: '2026-11-25T09:46:40.000Z' },
        { direction: 'inbound', body: 'When can you deliver?', sentAt: '2026-11-25T09:46:43.000Z' },
        { direction: 'outbound', body: 'In March.', sentAt: '2026-11-25T09:46:45.000Z' },
      ],
      summary: { text: 'An offer was asked for.', openQuestions: ['Which colour?', 'How many?'] },
    })
  })

  it('without the id of the call is stored under that of the conversation', () => {
    const { phone_call: call } = report.data.metadata
    for (const call_sid of [null, undefined, '', 'has a space', 'me'])
      expect(storedCallOf(phoneCall({ ...call, call_sid }))).toMatchObject({ value: { callId: 'conv_1' } })
  })

  it('without an analysis has no summary', () => {
    for (const analysis of [null, undefined, {}, { transcript_summary: ' ' }])
      expect(stored((data) => ({ ...data, analysis })).summary).toBeNull()
  })

  it('of no phone call, of an unknown organization or of a withheld number is not stored', () => {
    const { phone_call: call } = report.data.metadata
    expect(storedCallOf(phoneCall(null))).toEqual(err('no_phone_call'))
    expect(storedCallOf(phoneCall({ ...call, agent_number: 'sip' }))).toEqual(err('organization_unknown'))
    expect(storedCallOf(phoneCall({ ...call, external_number: '' }))).toEqual(err('caller_unknown'))
  })
})

it('every transcript within its bounds can be stored whole, in order, and with instants that never go back', () => {
  const turn = fc.record({
    role: fc.constantFrom('user', 'agent', 'other'),
    message: fc.option(
      fc
        .tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.integer({ min: 0, max: 900 }))
        .map(([text, times]) => text.repeat(times)),
    ),
    time_in_call_secs: fc.option(fc.integer({ min: 0, max: 86_400 })),
  })
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 20 }), (transcript) => {
      const { messages, startedAt, endedAt } = stored((data) => ({ ...data, transcript }))
      const spoken = messages.map(({ body }) => body).join('')
      const text = transcript.map(({ message }) => message ?? '').join('')
      expect(spoken.replaceAll(/\s/gu, '')).toBe(text.replaceAll(/\s/gu, ''))
      for (const { body } of messages) {
        expect(body.length).toBeLessThanOrEqual(limits.messageCharactersMax)
        expect(body.isWellFormed()).toBe(true)
      }
      const instants = [startedAt, ...messages.map(({ sentAt }) => sentAt), endedAt]
      expect(instants).toEqual(instants.toSorted())
    }),
    { numRuns: 50 },
  )
})

it('open questions are bounded in number and length, whatever the agent collected', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.array(fc.string({ maxLength: 600 }), { maxLength: 40 }), fc.string(), fc.jsonValue()),
      (value) => {
        const analysis = { ...report.data.analysis, data_collection_results: { open_questions: { value } } }
        expect(stored((data) => ({ ...data, analysis })).summary?.openQuestions.length).toBeLessThanOrEqual(
          limits.openQuestionsMax,
        )
      },
    ),
    { numRuns: 50 },
  )
})
