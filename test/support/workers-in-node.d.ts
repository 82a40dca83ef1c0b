/**
 * The names of the Worker's platform that its parts mention, for tests that run those parts in Node: the whole of the
 * platform's types beside Node's own would make two of every `URL` and `TextDecoder`.
 */
type Workers = typeof import('@cloudflare/workers-types')

type KVNamespace = import('@cloudflare/workers-types').KVNamespace
/** What answers requests by itself; by the types of both platforms. */
interface Fetcher {
  fetch(request: globalThis.Request): Promise<globalThis.Response>
}
/** What Cloudflare adds to a request. */
interface Request {
  readonly cf?: import('@cloudflare/workers-types').IncomingRequestCfProperties
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
