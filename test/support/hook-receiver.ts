import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export interface ReceivedHook {
  readonly id: string
  readonly body: unknown
}

/** A receiver of signed messages on this machine. It keeps what the Standard Webhooks library verifies, and counts everything. */
export interface HookReceiver {
  readonly url: string
  readonly verified: readonly ReceivedHook[]
  readonly tries: readonly string[]
  stop(): Promise<void>
}

/** `answer` is the status for a try, or `hang` for none. */
export async function startHookReceiver(
  secret: () => string,
  answer: (tryNumber: number, id: string) => number | 'hang' = () => 204,
): Promise<HookReceiver> {
  const verified: ReceivedHook[] = []
  const tries: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const id = String(request.headers['webhook-id'])
    tries.push(id)
    try {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      verified.push({ id, body: new Webhook(secret()).verify(Buffer.concat(chunks).toString(), headers) })
    } catch {
      response.writeHead(401).end()
      return
    }
    const status = answer(tries.length, id)
    if (status !== 'hang') response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    verified,
    tries,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
