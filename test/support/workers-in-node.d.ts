/**
 * The platform's names that parts of the Worker mention, for tests that run those parts in Node. With all of the
 * platform's types beside Node's own there would be two of every `URL` and `TextDecoder`.
 */
type Workers = typeof import('@cloudflare/workers-types')

type KVNamespace = import('@cloudflare/workers-types').KVNamespace
/** A service that answers requests, with the types of both platforms. */
interface Fetcher {
  fetch(request: globalThis.Request): Promise<globalThis.Response>
}
/** The member that Cloudflare adds to a request. */
interface Request {
  readonly cf?: import('@cloudflare/workers-types').IncomingRequestCfProperties
}

/** The connection that an answer with the status 101 hands over. */
interface Response {
  readonly webSocket?: import('@cloudflare/workers-types').WebSocket | null
}

declare const caches: { readonly default: LocationCache }
interface LocationCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
  delete(url: string): Promise<boolean>
}

type SqlStorage = import('@cloudflare/workers-types').SqlStorage
type DurableObjectState = import('@cloudflare/workers-types').DurableObjectState
type DurableObjectNamespace<
  Class extends import('@cloudflare/workers-types').Rpc.DurableObjectBranded | undefined,
> = import('@cloudflare/workers-types').DurableObjectNamespace<Class>

declare namespace Rpc {
  type DurableObjectBranded = import('@cloudflare/workers-types').Rpc.DurableObjectBranded
}

declare namespace Cloudflare {
  type Env = import('@cloudflare/workers-types').Cloudflare.Env
}

declare module 'cloudflare:workers' {
  export const DurableObject: Workers['CloudflareWorkersModule']['DurableObject']
}
