import type { Operations } from './hitrate-designs.ts'

/**
 * US dollars for a million, past what a plan includes, without the plans' monthly fees, storage and CPU time. As
 * published in August 2026: Cloudflare, Workers Paid (developers.cloudflare.com, the pricing pages of Workers, KV and
 * Durable Objects); Upstash, Redis pay as you go, one region (upstash.com/pricing/redis). Reading the Cache API and an isolate's
 * memory is free.
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

/** A Durable Object is charged for the time it is active: 128 MB, and so long a call at most, most of them far less. */
const ledgerCallMs = 10
const dollarsAMillionGigabyteSeconds = 12.5
const ledgerGigabytes = 0.128

/** By whom it is charged. */
export interface Bill {
  readonly requests: number
  readonly kv: number
  readonly redis: number
  readonly ledger: number
  readonly total: number
}

/** What the operations of so many reads, and of the writes among them, cost in dollars for a million reads. */
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
