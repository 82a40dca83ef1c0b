import type { Operations } from './hitrate-designs.ts'

/**
 * US dollars for a million operations beyond what a plan includes, without monthly fees, storage and CPU time. As
 * published in August 2026 by Cloudflare for Workers Paid (developers.cloudflare.com, the pricing pages of Workers,
 * KV and Durable Objects) and by Upstash for Redis, pay as you go, one region (upstash.com/pricing/redis). Reading
 * the Cache API and an isolate's memory is free.
 */
export const pricesDate = '2026-08'

const dollarsAMillion: Readonly<Record<Exclude<keyof Operations, 'originQueries'>, number>> = {
  requests: 0.3,
  kvReads: 0.5,
  kvWrites: 5,
  kvDeletes: 5,
  kvLists: 5,
  redisCommands: 2,
  ledgerCalls: 0.15,
  ledgerRowsRead: 0.001,
  ledgerRowsWritten: 1,
}

/**
 * A Durable Object is billed with 128 MB for the time in which it is active. A call takes at most this long, and most
 * take far less.
 */
const ledgerCallMs = 10
const dollarsAMillionGigabyteSeconds = 12.5
const ledgerGigabytes = 0.128

/** The bill by provider. */
export interface Bill {
  readonly requests: number
  readonly kv: number
  readonly redis: number
  readonly ledger: number
  readonly total: number
}

/** The cost, in dollars for a million reads, of the operations of this many reads and of the writes among them. */
export function billOf(operations: Operations, reads: number): Bill {
  const cost = (...names: (keyof typeof dollarsAMillion)[]) =>
    names.reduce((sum, name) => sum + operations[name] * dollarsAMillion[name], 0) / reads
  const gigabyteSeconds = (operations.ledgerCalls * ledgerCallMs * ledgerGigabytes) / 1_000
  const bill = {
    requests: cost('requests'),
    kv: cost('kvReads', 'kvWrites', 'kvDeletes', 'kvLists'),
    redis: cost('redisCommands'),
    ledger:
      cost('ledgerCalls', 'ledgerRowsRead', 'ledgerRowsWritten') +
      (gigabyteSeconds * dollarsAMillionGigabyteSeconds) / reads,
  }
  return { ...bill, total: bill.requests + bill.kv + bill.redis + bill.ledger }
}
