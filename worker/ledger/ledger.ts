import { DurableObject } from 'cloudflare:workers'
import { Book } from './book.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEvent } from './ledger-messages.ts'

/**
 * The ledger of one workspace, named by the workspace's id. The platform holds an answer of a Durable Object back until its writes
 * are durable (Cloudflare, Durable Objects: output gates), so an answered `advance` is never lost.
 */
export class Ledger extends DurableObject {
  private readonly book: Book

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env)
    // Versions begin at the milliseconds since 1970. A ledger hands out some hundred versions a second at most, so the clock stays ahead.
    this.book = new Book(state.storage, () => ({ ledgerId: crypto.randomUUID(), version: Date.now() }))
  }

  advance(events: readonly LedgerEvent[]): LedgerAdvance {
    return this.book.advance(events)
  }

  since(ledgerId: string | null, version: number): LedgerChanges {
    return this.book.since(ledgerId, version)
  }
}
