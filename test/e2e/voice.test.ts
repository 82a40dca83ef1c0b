import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callOutcomeSchema } from '../../shared/contract/voice.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import {
  callerNumber,
  createVoicePlatform,
  makeLeads,
  organizationId,
  organizationPhone,
  signatureOf,
  type VoicePlatform,
  variablesIn,
} from '../support/voice-calls.ts'

let stack: TestStack
let platform: VoicePlatform

beforeAll(async () => {
  // The tests call again and again until they see a change, which would soon be more than one number may call.
  const workerVariables = { VOICE_RATE_LIMIT_NUMBER_MAX: '0', VOICE_RATE_LIMIT_ORGANIZATION_MAX: '0' }
  stack = await startTestStack({ contacts: 500, workerVariables })
  await makeLeads(stack.sql, 3)
  platform = createVoicePlatform(stack.worker, stack.voiceWebhookSecret)
})
afterAll(async () => {
  platform?.stop()
  await stack?.stop()
})

const callFrom = async (number: string) => variablesIn(await platform.call(number))

/** The variables of a call, once they are all from the cache. */
async function cachedFrom(number: string) {
  await eventually(async () => (await callFrom(number)).context_source === 'cache')
  return callFrom(number)
}

async function report(conversationId: string, from: string, more: object = {}) {
  const body = JSON.stringify({
    type: 'post_call_transcription',
    data: {
      conversation_id: conversationId,
      transcript: [
        { role: 'agent', message: 'How can I help you?', time_in_call_secs: 0 },
        { role: 'user', message: 'When can you deliver?', time_in_call_secs: 2 },
      ],
      metadata: {
        start_time_unix_secs: Math.floor(Date.now() / 1_000) - 60,
        call_duration_secs: 50,
        phone_call: {
          agent_number: organizationPhone,
          external_number: from,
          call_sid: `${conversationId}-CA`,
        },
      },
      analysis: { transcript_summary: `A summary of ${conversationId}.` },
      ...more,
    },
  })
  const answer = await ask(`${stack.worker}/api/voice/post-call`, {
    method: 'POST',
    headers: { 'ElevenLabs-Signature': signatureOf(body, stack.voiceWebhookSecret) },
    body,
  })
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return callOutcomeSchema.parse(JSON.parse(answer.text))
}

describe('a call from a lead', () => {
  it('is answered from the cache once its parts were read, in whatever notation its number is', async () => {
    expect(await cachedFrom(callerNumber(0))).toMatchObject({
      workspace_id: organizationId,
      time_zone: 'America/New_York',
      is_known_caller: true,
      lead_id: 'caller-0',
      lead_name: 'Caller 0',
      last_messages: [2, 3, 4, 5, 6].map((message) => `Lead: Message ${message}`).join('\n'),
    })
    const local = callerNumber(0).slice(2)
    for (const number of [callerNumber(0).replace('+', '00'), `(${local.slice(0, 3)}) ${local.slice(3)}`])
      expect(await callFrom(number)).toMatchObject({ lead_id: 'caller-0' })
  })

  it('sees a write about it within the bound', async () => {
    await cachedFrom(callerNumber(1))
    await stack.sql`update contacts set name = 'Renamed' where workspace_id = ${organizationId} and id = 'caller-1'`
    await eventually(async () => (await callFrom(callerNumber(1))).lead_name === 'Renamed')
  })

  it('loses its organization when the number is given away', async () => {
    await cachedFrom(callerNumber(2))
    await stack.sql`delete from phone_numbers where phone = ${organizationPhone}`
    await eventually(async () => (await callFrom(callerNumber(2))).organization_source === 'none')
    await stack.sql`insert into phone_numbers (phone, workspace_id) values (${organizationPhone}, ${organizationId})`
    await eventually(async () => (await callFrom(callerNumber(2))).lead_id === 'caller-2')
  })
})

describe('a call that has ended', () => {
  it('is read at once by its version, is known to the next call, and is stored once', async () => {
    const stored = await report('conv-1', callerNumber(0))
    expect(stored).toMatchObject({ status: 'stored', lead_id: 'caller-0', is_new_lead: false })
    const version = stored.status === 'stored' ? stored.version : null
    const { text } = await stack
      .api({ token: stack.tokens.otherAdmin, workspaceId: organizationId })
      .get('/api/leads/caller-0/summary', { 'X-Min-Version': String(version) })
    expect(JSON.parse(text)).toMatchObject({ data: { text: 'A summary of conv-1.' } })
    await eventually(async () => (await callFrom(callerNumber(0))).summary === 'A summary of conv-1.')
    expect(await report('conv-1', callerNumber(0))).toEqual({ status: 'known', conversation_id: 'conv-1-CA' })
    const [row] =
      await stack.sql`select count(*)::int as messages from messages where conversation_id = 'conv-1-CA'`
    expect(row?.['messages']).toBe(2)
  })

  it('makes a lead of a number that was unknown to the cache as well', async () => {
    const number = callerNumber(9)
    expect(await cachedFrom(number)).toMatchObject({ is_known_caller: false, lead_source: 'none' })
    expect(await report('conv-2', number)).toMatchObject({ status: 'stored', is_new_lead: true })
    await eventually(async () => (await callFrom(number)).is_known_caller)
    expect(await cachedFrom(number)).toMatchObject({ lead_name: number, summary: 'A summary of conv-2.' })
  })

  it('to a number of no organization is ignored', async () => {
    const phone_call = { agent_number: '+15550100999', external_number: callerNumber(0) }
    const metadata = { start_time_unix_secs: 1_795_600_000, phone_call }
    expect(await report('conv-3', callerNumber(0), { metadata })).toEqual({
      status: 'ignored',
      reason: 'organization_unknown',
    })
  })
})
