import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import type postgres from 'postgres'
import { conversationInitiationSchema, type DynamicVariables } from '../../shared/contract/voice.ts'

/** The organization that the calls of tests and benchmarks go to. */
export const organizationPhone = '+15550100456'
export const organizationId = '15214'

/** The number of a caller. Only the first callers are leads, as many as a test made. */
export const callerNumber = (index: number) => `+1555${String(2_000_000 + index).padStart(7, '0')}`

/** Gives the organization its number and its configuration, and makes this many leads with something to tell about each. */
export async function makeLeads(sql: postgres.Sql, leads: number): Promise<void> {
  await sql`
    insert into phone_numbers (phone, workspace_id, label) values (${organizationPhone}, ${organizationId}, 'Front desk')`
  await sql`
    insert into workspace_configurations (workspace_id, language, region, time_zone, greetings)
    values (${organizationId}, 'en', 'US', 'America/New_York', '{"voice": "{greeting}[, {name}]. {organization} here."}')
    on conflict (workspace_id) do update
    set language = excluded.language, region = excluded.region, time_zone = excluded.time_zone, greetings = excluded.greetings`
  await sql`
    insert into contacts (workspace_id, id, board_id, board_column_id, name, phone, lead_status)
    select ${organizationId}, 'caller-' || n, 'board_214', 'col_1', 'Caller ' || n,
      '+1555' || lpad((2000000 + n)::text, 7, '0'), 'qualified'
    from generate_series(0, ${leads - 1}::int) n`
  await sql`
    insert into conversations (workspace_id, id, contact_id, channel)
    select ${organizationId}, 'caller-call-' || n, 'caller-' || n, 'voice' from generate_series(0, ${leads - 1}::int) n`
  await sql`
    insert into messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
    select ${organizationId}, 'caller-message-' || n || '-' || m, 'caller-call-' || n, 'caller-' || n, 'voice', 'inbound',
      'Message ' || m
    from generate_series(0, ${leads - 1}::int) n cross join generate_series(1, 6) m`
}

/** The header `ElevenLabs-Signature` of a body that is sent now. */
export function signatureOf(body: string | Buffer, secret: string): string {
  const sentAt = Math.floor(Date.now() / 1_000)
  const digest = createHmac('sha256', secret).update(`${sentAt}.`).update(body).digest('hex')
  return `t=${sentAt},v0=${digest}`
}

/** An answered call, with the time from its first byte to its last. */
export interface AnsweredCall {
  readonly status: number
  readonly durationMs: number
  readonly body: string
}

/** One call of a platform's webhook. */
export interface VoicePlatform {
  /** Calls from this number, and waits for the answer. */
  call(from: string): Promise<AnsweredCall>
  /** A request that the Worker answers with the least work: it is not verified. */
  yardstick(): Promise<AnsweredCall>
  stop(): void
}

/** A platform that keeps its connections open, as a real one does. */
export function createVoicePlatform(worker: string, secret: string): VoicePlatform {
  const agent = new Agent({ keepAlive: true })
  const url = `${worker}/api/voice/conversation-initiation`

  function send(headers: Record<string, string>, body: string): Promise<AnsweredCall> {
    return new Promise((resolve, reject) => {
      const startedAtMs = performance.now()
      const outgoing = request(url, { method: 'POST', agent, headers }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            durationMs: performance.now() - startedAtMs,
            body: text,
          }),
        )
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
  const bodyOf = (from: string) =>
    JSON.stringify({ caller_id: from, called_number: organizationPhone, agent_id: 'agent', call_sid: 'CA1' })

  return {
    call: (from) => send({ 'X-Voice-Secret': secret, 'Content-Type': 'application/json' }, bodyOf(from)),
    yardstick: () => send({ 'Content-Type': 'application/json' }, bodyOf(callerNumber(0))),
    stop: () => agent.destroy(),
  }
}

/** The variables of an answer. Throws if one is missing. */
export function variablesIn({ body }: AnsweredCall): DynamicVariables {
  return conversationInitiationSchema.parse(JSON.parse(body)).dynamic_variables
}

/** Runs work for each number from 0, at most `atOnce` at the same time, and answers the results in order. */
export async function inParallel<Result>(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const lane = async () => {
    while (next < count) {
      const index = next
      next += 1
      results[index] = await work(index)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return results
}
