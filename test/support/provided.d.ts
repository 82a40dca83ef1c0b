import 'vitest'

/** The address of a Redis with Upstash's REST interface. */
export interface RedisAccess {
  readonly url: string
  readonly token: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Every kind of Redis that the contract suite tests, or null for a kind that this machine lacks. */
    readonly redis: Readonly<Record<'redis-server' | 'embedded', RedisAccess | null>>
  }
}
