import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { makeMail } from '../../origin/local/test-mail.ts'

/** The answer to a message; the status 0 if there was none. */
export interface AnsweredMail {
  readonly status: number
  readonly durationMs: number
}

/** A webhook, and how to get in. */
export interface Webhook {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly method: 'GET' | 'POST'
}

/** Posts messages over connections that stay open. */
export interface Poster {
  post(message: Buffer): Promise<AnsweredMail>
  stop(): void
}

const answerDeadlineMs = 60_000

export function createPoster({ url, headers, method }: Webhook): Poster {
  const agent = new Agent({ keepAlive: true })
  return {
    post: (message) =>
      new Promise((resolve) => {
        const startedAtMs = performance.now()
        const answered = (status: number) => resolve({ status, durationMs: performance.now() - startedAtMs })
        const outgoing = request(
          url,
          {
            ...{ method, agent, signal: AbortSignal.timeout(answerDeadlineMs) },
            headers:
              method === 'GET'
                ? headers
                : { ...headers, 'Content-Type': 'application/json', 'Content-Length': message.length },
          },
          (incoming) => {
            incoming.on('end', () => answered(incoming.statusCode ?? 0))
            incoming.on('error', () => answered(0))
            incoming.resume()
          },
        )
        outgoing.on('error', () => answered(0))
        outgoing.end(method === 'GET' ? undefined : message)
      }),
    stop: () => agent.destroy(),
  }
}

/** The domain of the ids of all messages that are made here. */
export const messageDomain = 'mail-bench.example'

/** The sender of each message of a run. */
export type SenderOf = (index: number) => string

let made = 0

/** New messages from these senders to an address. */
export function makeMessages(count: number, to: string, senderOf: SenderOf): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    made += 1
    const messageId = `${made}@${messageDomain}`
    return makeMail({ messageId, date: new Date(), from: senderOf(index), to }).body
  })
}

/** Posts all messages in the same moment, each over a connection of its own. */
export async function postAtOnce(webhook: Webhook, messages: readonly Buffer[]): Promise<AnsweredMail[]> {
  const poster = createPoster(webhook)
  try {
    return await Promise.all(messages.map((message) => poster.post(message)))
  } finally {
    poster.stop()
  }
}

/** Posts one message after the other. */
export async function postInTurn(webhook: Webhook, messages: readonly Buffer[]): Promise<AnsweredMail[]> {
  const poster = createPoster(webhook)
  const answers: AnsweredMail[] = []
  try {
    for (const message of messages) answers.push(await poster.post(message))
  } finally {
    poster.stop()
  }
  return answers
}

/** Posts a message whenever its time has come, whether or not those before it are answered. */
export async function postSteadily(
  webhook: Webhook,
  messages: readonly Buffer[],
  everyMs: number,
): Promise<AnsweredMail[]> {
  const poster = createPoster(webhook)
  const startedAtMs = performance.now()
  const answers: Promise<AnsweredMail>[] = []
  try {
    for (const [index, message] of messages.entries()) {
      const dueInMs = startedAtMs + index * everyMs - performance.now()
      if (dueInMs > 0) await pause(dueInMs)
      answers.push(poster.post(message))
    }
    return await Promise.all(answers)
  } finally {
    poster.stop()
  }
}
