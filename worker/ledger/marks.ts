import { DurableObject } from 'cloudflare:workers'
import type { Mark, MarkAnswer } from '../../shared/contract/marks.ts'
import type { LedgerHead, LedgerProof } from './mark-book.ts'
import { MarkBook } from './mark-book.ts'

interface Bindings {
  /** Only the names of ledgers are needed. */
  readonly LEDGER: { idFromName(name: string): { toString(): string } }
}

/** The marks of the deployment (mark-book.ts): one object, whose clock gives out the instants of all proofs. */
export class Marks extends DurableObject<Bindings> {
  private readonly book: MarkBook

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    this.book = new MarkBook({
      storage: state.storage,
      now: Date.now,
      ledgerOf: (workspaceId) => env.LEDGER.idFromName(workspaceId).toString(),
    })
  }

  instant(): number {
    return this.book.instant()
  }

  take(mark: Mark | null): MarkAnswer {
    return this.book.take(mark)
  }

  proofFor(ledger: string, head: LedgerHead): LedgerProof {
    return this.book.proofFor(ledger, head)
  }
}
