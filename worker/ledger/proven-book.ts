import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Book } from './book.ts'
import type { LedgerChanges } from './ledger-messages.ts'
import type { LedgerHead, LedgerProof } from './mark-book.ts'

interface ProvenBookOptions {
  readonly book: Book
  readonly clock: Clock
  /** Asks for the ledger's proof. Rejects if nobody answers. */
  ask(head: LedgerHead): Promise<LedgerProof>
  /** Keeps work running after an answer. */
  keepAlive(work: Promise<unknown>): void
}

/**
 * A ledger's book with its proof: the instant up to which it contains everything that was committed. `since` answers the changes
 * together with the proof that was known before, and asks for a newer one behind its answer, at most every ten seconds. Whatever was
 * durable when the proof was given is in every later answer.
 */
export class ProvenBook {
  private readonly options: ProvenBookOptions
  private provedAtMs = 0
  private askedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: ProvenBookOptions) {
    this.options = options
  }

  /**
   * Asks before the ledger answers anybody: a ledger that has gone back in time must take another id first. If nobody answers in
   * time, the ledger answers without a proof, and entries count their lifetimes from their loads.
   */
  async wake(): Promise<void> {
    const { clock } = this.options
    await withinDeadline(clock, limits.proofWakeDeadlineMs, () => this.learn(), undefined)
  }

  since(ledgerId: string | null, version: number): LedgerChanges {
    const { book, clock, keepAlive } = this.options
    const changes = book.since(ledgerId, version)
    if (clock.now() - this.askedAtMs >= limits.proofAskedEveryMs) keepAlive(this.learn())
    return this.provedAtMs === 0 ? changes : { ...changes, provedAtMs: this.provedAtMs }
  }

  private async learn(): Promise<void> {
    const { book, clock, ask } = this.options
    this.askedAtMs = clock.now()
    const proof = await ask(book.headNow()).catch(() => null)
    if (proof === null) return
    if (proof.behind === null) {
      this.provedAtMs = Math.max(this.provedAtMs, proof.provedAtMs)
      return
    }
    book.beginAgain(proof.behind)
    this.provedAtMs = 0
    // The next answer may bring the proof of the new ledger.
    this.askedAtMs = Number.NEGATIVE_INFINITY
  }
}
