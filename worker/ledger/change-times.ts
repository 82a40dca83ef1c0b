import type { LedgerAdvance, LedgerEvent } from './ledger-messages.ts'

/** When a version was reached on its way from the database to browsers, in milliseconds since 1970 by the clocks of the servers. */
export interface ChangeTime {
  readonly version: number
  /** When the outbox told the change; null if it was told in another way, such as by the CRM's backend. */
  readonly toldAtMs: number | null
  /** When the ledger gave it its version. */
  readonly writtenAtMs: number
}

/** The changes whose times are remembered, and those that are told at a time: a browser shows the last one of what it has open. */
const rememberedMax = 256
const toldMax = 32

/**
 * The times of the last changes of a workspace, for browsers that show how a change came to them. They are in memory only. A change whose
 * times are forgotten is told without them.
 */
export class ChangeTimes {
  private times: readonly ChangeTime[] = []

  /** Notes events that a ledger has written down. Those with versions up to `before` were written down earlier. */
  note(events: readonly LedgerEvent[], { outcomes }: LedgerAdvance, before: number, nowMs: number): void {
    const fresh = outcomes.flatMap((outcome, index): ChangeTime[] => {
      if (!('version' in outcome) || outcome.version <= before) return []
      return [{ version: outcome.version, toldAtMs: events[index]?.toldAtMs ?? null, writtenAtMs: nowMs }]
    })
    this.take(fresh)
  }

  take(times: readonly ChangeTime[]): void {
    if (times.length > 0) this.times = [...this.times, ...times].slice(-rememberedMax)
  }

  /** The last ones after a version, oldest first. */
  after(version: number): readonly ChangeTime[] {
    return this.times.filter((time) => time.version > version).slice(-toldMax)
  }

  of(version: number): ChangeTime | null {
    return this.times.findLast((time) => time.version === version) ?? null
  }

  /** Another ledger began, whose versions mean something else. */
  clear(): void {
    this.times = []
  }
}
