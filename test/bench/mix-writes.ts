import type postgres from 'postgres'
import { ask } from '../support/api-client.ts'
import type { TestStack } from '../support/local-stack.ts'
import { callerNumber, createVoicePlatform, makeLeads } from '../support/voice-calls.ts'
import { floodedWorkspaceId, readWorkspaceId } from './mix-questions.ts'

/** One kind of write or call, made at a steady pace. */
interface Stream {
  readonly name: string
  readonly perSecond: number
  /** Answers the status of an HTTP answer, or null for a statement in the database. */
  write(number: number): Promise<number | null>
}

export interface StreamTally {
  done: number
  /** Statuses other than 200 and 201, and errors of statements. */
  readonly failures: Map<string, number>
}

export interface Flood {
  /** What each kind has done since the start. */
  readonly tallies: ReadonlyMap<string, StreamTally>
  stop(): Promise<void>
}

const leads = 100
/** The contacts of the flooded workspace. */
export const floodedContacts = 1_000

/**
 * Writes beside the reads: a flood in a workspace of its own, some in the workspace that is read, in every table that its answers are
 * made of, the backend's writes at the Worker, and calls of a voice platform.
 */
export async function startFlood(stack: TestStack, writesPerSecond: number): Promise<Flood> {
  await makeLeads(stack.sql, leads)
  await prepareFlooded(stack.sql)
  const platform = createVoicePlatform(stack.worker, stack.voiceWebhookSecret)
  const flooding = stack.connect()
  const streams: Stream[] = [
    {
      name: 'flood in the database',
      perSecond: writesPerSecond,
      write: (number) => inFlooded(flooding, number).then(() => null),
    },
    {
      name: 'writes where it is read',
      perSecond: 2,
      write: (number) => whereItIsRead(stack.sql, number).then(() => null),
    },
    {
      name: "the backend's writes",
      perSecond: 5,
      write: (number) => byBackend(stack, number),
    },
    {
      name: 'calls of a voice platform',
      perSecond: 5,
      write: async (number) => (await platform.call(callerNumber(number % (2 * leads)))).status,
    },
  ]
  const stopped = new AbortController()
  const tallies = new Map(streams.map(({ name }) => [name, { done: 0, failures: new Map<string, number>() }]))
  const running = streams.map((stream) => run(stream, tallies.get(stream.name), stopped.signal))
  return {
    tallies,
    async stop() {
      stopped.abort()
      await Promise.all(running)
      platform.stop()
      await flooding.end({ timeout: 5 })
    },
  }
}

/** Makes one write after the other, at most `perSecond`. What a slow machine does not manage is not made up for. */
async function run(stream: Stream, tally: StreamTally | undefined, stopped: AbortSignal): Promise<void> {
  if (tally === undefined) throw new Error(`no tally of ${stream.name}`)
  const fail = (name: string) => tally.failures.set(name, (tally.failures.get(name) ?? 0) + 1)
  for (let number = 0; !stopped.aborted; number += 1) {
    const pause = new Promise((resolve) => setTimeout(resolve, 1_000 / stream.perSecond))
    try {
      const status = await stream.write(number)
      tally.done += 1
      if (status !== null && status !== 200 && status !== 201) fail(String(status))
    } catch (error) {
      fail(error instanceof Error ? error.message : 'unknown')
    }
    await pause
  }
}

/** Conversations, a campaign and a board with contacts, so that the flood has what it writes about. */
async function prepareFlooded(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into conversations (workspace_id, id, contact_id, channel)
    select workspace_id, 'flood-' || id, id, 'web' from contacts where workspace_id = ${floodedWorkspaceId}`
  await sql`insert into campaigns (workspace_id, id, name) values (${floodedWorkspaceId}, 'flood', 'Flood')`
}

async function inFlooded(sql: postgres.Sql, number: number): Promise<unknown> {
  const contact = `contact_${String(1 + (number % floodedContacts)).padStart(6, '0')}`
  switch (number % 4) {
    case 0:
      return sql`
        update contacts set name = ${`Flooded ${number}`}, priority = ${number % 8 === 0 ? 'high' : 'low'}
        where workspace_id = ${floodedWorkspaceId} and id = ${contact}`
    case 1:
      return sql`
        insert into messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
        values (${floodedWorkspaceId}, ${`flood-${number}`}, ${`flood-${contact}`}, ${contact}, 'web', 'inbound', 'Water')`
    case 2:
      return sql`
        insert into communications (workspace_id, id, direction, from_address, subject, body)
        values (${floodedWorkspaceId}, ${`flood-${number}`}, 'inbound', 'flood@example.org', 'Flood', 'Water')`
    default:
      return sql`
        insert into campaign_sends (workspace_id, campaign_id, contact_id, outcome)
        values (${floodedWorkspaceId}, 'flood', ${`flood-${number}`}, 'sent')`
  }
}

/** The rarest writes are of the configuration, since it moves answers about every lead. */
async function whereItIsRead(sql: postgres.Sql, number: number): Promise<unknown> {
  const of = readWorkspaceId
  if (number % 120 === 0)
    return sql`update workspace_configurations set language = ${number % 240 === 0 ? 'de' : 'en'} where workspace_id = ${of}`
  if (number % 40 === 1)
    return sql`update webhook_sources set is_active = not is_active where workspace_id = ${of} and id = 'source_old'`
  const contact = `contact_${String(1 + (number % 500)).padStart(6, '0')}`
  switch (number % 6) {
    case 0:
      return sql`update contacts set priority = ${number % 4 === 0 ? 'high' : 'low'} where workspace_id = ${of} and id = ${contact}`
    case 1:
      return sql`update conversations set is_unread = not is_unread where workspace_id = ${of} and id = 'conversation_000042'`
    case 2:
      return sql`update companies set name = ${`Company ${number}`} where workspace_id = ${of} and id = 'company_0002'`
    case 3:
      return sql`update campaign_sends set outcome = 'read' where workspace_id = ${of} and campaign_id = 'campaign_2' and contact_id = ${contact}`
    case 4:
      return sql`update communications set subject = ${`Subject ${number}`} where workspace_id = ${of} and id = 'thread_00002.1'`
    default:
      return sql`update phone_numbers set label = ${`Desk ${number}`} where workspace_id = ${of} and phone = '+302101234567'`
  }
}

/** The writes of the CRM's backend at the Worker, in turn. */
async function byBackend(stack: TestStack, number: number): Promise<number> {
  const lead = `/api/leads/caller-${number % leads}`
  const writes: readonly [method: string, path: string, body: object][] = [
    ['PUT', `${lead}/control`, { answered_by: number % 2 === 0 ? 'human' : 'ai' }],
    ['POST', `${lead}/messages`, { channel: 'web', direction: 'inbound', body: `Message ${number}` }],
    ['PUT', `/api/calls/written-${number % 50}/session`, { state: { step: number } }],
    ['PATCH', '/api/calls/mix-call-1/session', { state: { step: String(number) } }],
    ['PUT', `/api/mailboxes/mix-user-${number % 50}/inbox`, { messages: [mailOf(number)] }],
  ]
  const chosen = writes[number % writes.length]
  if (chosen === undefined) throw new Error('there is no such write')
  const [method, path, body] = chosen
  const { status } = await ask(`${stack.worker}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${stack.internalAuthKey}`,
      'X-Workspace-ID': readWorkspaceId,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  return status
}

const mailOf = (number: number) => ({
  ...{ id: `mail-${number}`, from_address: 'ann.lee@example.org', from_name: 'Ann Lee' },
  ...{ subject: `Letter ${number}`, preview: 'Dear colleagues', is_read: false },
  received_at: '2026-11-01T09:00:00Z',
})
