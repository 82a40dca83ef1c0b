/** The databases that operators see. Each is a namespace of a Redis, but for `queues`, which live in Postgres. */
export const redisDatabaseNames = ['sessions', 'cache', 'queues', 'rateLimit', 'emailCache'] as const

/** The namespaces of Redis. Each has a generation, and can be cleared and put on a Redis of its own. */
export const redisNamespaceNames = ['sessions', 'cache', 'rateLimit', 'emailCache'] as const
export type RedisNamespaceName = (typeof redisNamespaceNames)[number]

/** The namespaces whose entries are cached answers. A resource names one of them. */
export type EntryNamespaceName = Extract<RedisNamespaceName, 'cache' | 'emailCache'>

/** A record with one value for each namespace. */
export function byRedisNamespace<Value>(
  of: (name: RedisNamespaceName) => Value,
): Record<RedisNamespaceName, Value> {
  return {
    sessions: of('sessions'),
    cache: of('cache'),
    rateLimit: of('rateLimit'),
    emailCache: of('emailCache'),
  }
}
