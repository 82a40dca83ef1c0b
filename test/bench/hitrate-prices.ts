import type { Operations } from './hitrate-designs.ts'

/**
 * US dollars beyond what a plan includes, without monthly fees and storage: Cloudflare Workers Paid with KV and Durable
 * Objects (the pricing pages on developers.cloudflare.com), Upstash Redis, pay as you go, one region
 * (upstash.com/pricing/redis), and the egress of Supabase (supabase.com/pricing). Cloudflare bills no egress. Reading the
 * Cache API and an isolate's memory is free.
 */
export const pricesDate = '2026-11-09'

const dollarsAMillion = {
  requests: 0.3,
  cpuMs: 0.02,
  kvReads: 0.5,
  kvWrites: 5,
  kvDeletes: 5,
  kvLists: 5,
  redisCommands: 2,
  objectCalls: 0.15,
  objectRowsRead: 0.001,
  objectRowsWritten: 1,
} as const satisfies Partial<Record<keyof Operations, number>>

const redisDollarsAGigabyte = 0.03
const originDollarsAGigabyte = 0.09

/**
 * A Durable Object is billed with 128 MB for the time in which it is active. A call takes at most this long, and most
 * take far less.
 */
const objectCallMs = 10
const dollarsAMillionGigabyteSeconds = 12.5
const objectGigabytes = 0.128

/**
 * CPU time as `npm run bench:read` measures it (test/performance.md, "A hit"): a request with its answer from memory, and
 * what a tier adds to it. Writing to a tier, and a load from the origin, are taken to cost as much as reading from Redis, whose
 * entries are compressed besides (`npm run bench:compression`).
 */
export const cpuMs = {
  request: 0.24,
  edgeCacheRead: 0.55,
  kvRead: 0.63,
  redisRead: 0.9,
  redisWrite: 1.2,
  write: 0.8,
  load: 0.8,
} as const

/** The bill by provider and kind, in dollars. */
export interface Bill {
  readonly requests: number
  readonly cpu: number
  readonly kv: number
  readonly redis: number
  readonly objects: number
  readonly egress: number
  readonly total: number
}

export function billOf(operations: Operations): Bill {
  const cost = (...names: (keyof typeof dollarsAMillion)[]) =>
    names.reduce((sum, name) => sum + operations[name] * dollarsAMillion[name], 0) / 1_000_000
  const gigabyteSeconds = (operations.objectCalls * objectCallMs * objectGigabytes) / 1_000
  const bill = {
    requests: cost('requests'),
    cpu: cost('cpuMs'),
    kv: cost('kvReads', 'kvWrites', 'kvDeletes', 'kvLists'),
    redis: cost('redisCommands') + (operations.redisBytes / 1e9) * redisDollarsAGigabyte,
    objects:
      cost('objectCalls', 'objectRowsRead', 'objectRowsWritten') +
      (gigabyteSeconds / 1_000_000) * dollarsAMillionGigabyteSeconds,
    egress: (operations.originBytes / 1e9) * originDollarsAGigabyte,
  }
  return { ...bill, total: Object.values(bill).reduce((sum, part) => sum + part, 0) }
}
