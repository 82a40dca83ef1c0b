import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { alertChangeSchema } from '../../shared/contract/alerts.ts'

const messageSchema = z.object({
  type: z.enum(['alert.firing', 'alert.resolved']),
  timestamp: z.iso.datetime(),
  data: alertChangeSchema,
})
export type ReceivedMessage = z.output<typeof messageSchema> & { readonly webhookId: string }

/** A receiver of alerts over HTTP, which accepts only what the Standard Webhooks library verifies. */
export interface WebhookReceiver {
  readonly url: string
  readonly secret: string
  /** The accepted messages in order, without refused tries. */
  readonly taken: readonly ReceivedMessage[]
  /** Ids of all tries, including unverified and refused ones. */
  readonly tries: readonly string[]
  /** Answers the next tries with this status. */
  refuse(times: number, status: number): void
  stop(): Promise<void>
}

const bodyBytesMax = 65_536

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const secret = `whsec_${Buffer.from('a secret of these tests alone').toString('base64')}`
  const webhook = new Webhook(secret)
  const taken: ReceivedMessage[] = []
  const tries: string[] = []
  let refusals = { times: 0, status: 500 }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString().slice(0, bodyBytesMax)
    const webhookId = String(request.headers['webhook-id'])
    tries.push(webhookId)
    if (refusals.times > 0) {
      refusals = { ...refusals, times: refusals.times - 1 }
      response.writeHead(refusals.status).end()
      return
    }
    try {
      const message = messageSchema.parse(webhook.verify(body, request.headers as Record<string, string>))
      taken.push({ ...message, webhookId })
      response.writeHead(204).end()
    } catch {
      response.writeHead(401).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/alerts`,
    secret,
    taken,
    tries,
    refuse(times, status) {
      refusals = { times, status }
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
