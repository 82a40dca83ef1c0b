import type { Clock } from '../../shared/clock.ts'
import type { Version } from '../../shared/ids.ts'
import { versionZero } from '../../shared/ids.ts'
import type { HubAnswer, Told } from '../ledger/hub-messages.ts'
import type { LedgerChanges } from '../ledger/ledger-messages.ts'
import type { Copy } from '../ledger/moved-tags.ts'
import { advanceCopy } from '../ledger/moved-tags.ts'

/** The proof that a call to the ledger gave: the hub knows everything up to `version`, which was all that there was at the call. */
export interface Proven {
  readonly version: Version
  /** The instant of the call, not of its answer. */
  readonly calledAtMs: number
  /** The instant up to which everything that was committed to the database is in it; 0 if there are no marks. */
  readonly provedAtMs: number
}

interface PositionOptions {
  readonly clock: Clock
  watch(ledgerId: string | null, version: number): Promise<LedgerChanges | null>
  /** Called after the copy advanced within its ledger, or for the first time. */
  onAdvance(copy: Copy): void
  /** Called when the ledger has begun again under another id. The versions of the older one mean nothing any more. */
  onAnotherLedger(): void
}

const nothingKnown = { ledgerId: null, version: versionZero }

/**
 * The ledger's array of versions as a hub knows it: told by the ledger, and compared with it. Changes are taken only if they continue what
 * is known, so that none is skipped; those that come late, twice or out of order change nothing.
 */
export class Position {
  private readonly options: PositionOptions
  private asking: Promise<boolean> | null = null
  private known: Copy | null = null
  private lastProof: Proven | null = null

  constructor(options: PositionOptions) {
    this.options = options
  }

  get copy(): Copy | null {
    return this.known
  }

  get proven(): Proven | null {
    return this.lastProof
  }

  /** Forgets everything, because the ledger no longer tells this hub. */
  forget(): void {
    this.known = null
    this.lastProof = null
  }

  /** Takes what the ledger tells, and answers the position from which it has to go on. */
  tell({ since, changes }: Told): HubAnswer {
    const { known } = this
    const continues =
      since.ledgerId === null ||
      (known?.ledgerId === since.ledgerId &&
        changes.ledgerId === since.ledgerId &&
        known.version >= since.version)
    if (continues) this.take(changes)
    const { ledgerId, version } = this.known ?? nothingKnown
    return { ledgerId, version }
  }

  /**
   * Asks the ledger for everything after the known version. Answers whether it answered. Callers during a call share it, so what they
   * learn may be as old as its beginning.
   */
  ask(): Promise<boolean> {
    this.asking ??= this.call().finally(() => {
      this.asking = null
    })
    return this.asking
  }

  /**
   * Asks until the hub knows a version, or has heard that this ledger has none so new. Answers false if the ledger does not answer: then
   * the hub may be behind the version.
   */
  async reach(version: number): Promise<boolean> {
    // The first answer may be one of a call that began before the version existed.
    for (let attempt = 1; attempt <= 2 && (this.known?.version ?? -1) < version; attempt += 1)
      if (!(await this.ask())) return false
    return this.known !== null
  }

  private async call(): Promise<boolean> {
    const { clock, watch } = this.options
    const calledAtMs = clock.now()
    const { ledgerId, version } = this.known ?? nothingKnown
    const changes = await watch(ledgerId, version)
    if (changes === null) return false
    this.take(changes)
    // A newer ledger may have told its changes meanwhile.
    if (this.known?.ledgerId !== changes.ledgerId) return false
    const provedAtMs = Math.max(changes.provedAtMs ?? 0, this.lastProof?.provedAtMs ?? 0)
    this.lastProof = { version: changes.version, calledAtMs, provedAtMs }
    return true
  }

  /** Takes changes that continue what is known. */
  private take(changes: LedgerChanges): void {
    const before = this.known
    if (before !== null && before.ledgerId !== changes.ledgerId) {
      // An answer of the older ledger may arrive after one of the newer, which began above all versions of the older.
      if (changes.birth <= before.birth) return
      this.lastProof = null
      this.known = null
      this.options.onAnotherLedger()
    } else if (before !== null && changes.version <= before.version) return
    this.known = advanceCopy(this.known, changes)
    this.options.onAdvance(this.known)
  }
}
