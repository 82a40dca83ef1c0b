import { fork } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type AnsweredMail, postAtOnce, postInTurn, postSteadily, type Webhook } from './mail-load.ts'

/** Senders in a process of their own. */
export interface MailSenders {
  /** As functions of mail-load.ts. */
  atOnce(webhook: Webhook, messages: readonly Buffer[]): Promise<AnsweredMail[]>
  inTurn(webhook: Webhook, messages: readonly Buffer[]): Promise<AnsweredMail[]>
  steadily(webhook: Webhook, messages: readonly Buffer[], everyMs: number): Promise<AnsweredMail[]>
  stop(): void
}

const orderSchema = z.object({
  webhook: z.object({
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    method: z.enum(['GET', 'POST']),
  }),
  messages: z.array(z.custom<Uint8Array>((bytes) => bytes instanceof Uint8Array)),
  way: z.union([z.enum(['at-once', 'in-turn']), z.object({ everyMs: z.number() })]),
})
type Order = z.output<typeof orderSchema>

const answersSchema = z.array(z.object({ status: z.int(), durationMs: z.number() }))

export function startMailSenders(): MailSenders {
  const child = fork(fileURLToPath(import.meta.url), { serialization: 'advanced' })
  // Senders have machines of their own, so what they spend on sending must not be taken from the product's two cores.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  async function send(order: Order): Promise<AnsweredMail[]> {
    const answered = once(child, 'message')
    child.send(order)
    const [answers] = await answered
    return answersSchema.parse(answers)
  }
  return {
    atOnce: (webhook, messages) => send({ webhook, messages: [...messages], way: 'at-once' }),
    inTurn: (webhook, messages) => send({ webhook, messages: [...messages], way: 'in-turn' }),
    steadily: (webhook, messages, everyMs) => send({ webhook, messages: [...messages], way: { everyMs } }),
    stop: () => child.disconnect(),
  }
}

function perform({ webhook, messages, way }: Order): Promise<AnsweredMail[]> {
  const buffers = messages.map((message) => Buffer.from(message))
  if (way === 'at-once') return postAtOnce(webhook, buffers)
  return way === 'in-turn' ? postInTurn(webhook, buffers) : postSteadily(webhook, buffers, way.everyMs)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('message', async (order) => process.send?.(await perform(orderSchema.parse(order))))
  process.on('disconnect', () => process.exit(0))
}
