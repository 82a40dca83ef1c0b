import { DurableObject } from 'cloudflare:workers'
import { Book } from './book.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEvent } from './ledger-messages.ts'

/**
 * The ledger of one workspace, named by its id. A Durable Object's answer leaves only once what it wrote is durable
 * (Cloudflare, Durable Objects: output gates), so an answered `advance` is not lost.
 */
export class Ledger extends DurableObject {
  private readonly book: Book

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env)
    // Milliseconds since 1970: a ledger takes fewer versions than that, some hundred a second at most.
    this.book = new Book(state.storage, () => ({ ledgerId: crypto.randomUUID(), version: Date.now() }))
  }

  advance(events: readonly LedgerEvent[]): LedgerAdvance {
    return this.book.advance(events)
  }

  since(ledgerId: string | null, version: number): LedgerChanges {
    return this.book.since(ledgerId, version)
  }
}
