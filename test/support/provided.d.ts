import 'vitest'

/** Where a Redis answers Upstash's REST interface. */
export interface RedisAccess {
  readonly url: string
  readonly token: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Every kind of Redis the contract suite holds to its laws; null where this machine has none of it. */
    readonly redis: Readonly<Record<'redis-server' | 'embedded', RedisAccess | null>>
  }
}
