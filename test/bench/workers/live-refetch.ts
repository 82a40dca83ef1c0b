import { DurableObject } from 'cloudflare:workers'

interface Bindings {
  readonly PUSHERS: DurableObjectNamespace<Pusher>
}

/**
 * The design "push tags, all refetch" in its smallest form: an object a workspace with hibernating sockets, which passes on the moves of
 * each batch as they come. It knows no questions and no versions; a viewer asks over HTTP for whatever it shows that was moved. Tokens
 * are not checked here, which the real thing would have to do.
 */
export class Pusher extends DurableObject<Bindings> {
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('Upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair()
      this.ctx.acceptWebSocket(server)
      return new Response(null, { status: 101, webSocket: client })
    }
    const moves = await request.text()
    for (const socket of this.ctx.getWebSockets()) socket.send(moves)
    return new Response(null)
  }
}

export default {
  async fetch(request, env) {
    const name = new URL(request.url).searchParams.get('workspaceId') ?? ''
    return env.PUSHERS.get(env.PUSHERS.idFromName(name)).fetch(request)
  },
} satisfies ExportedHandler<Bindings>
