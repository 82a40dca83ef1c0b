import { z } from 'zod'
import type { Awaitable } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { RolloutState } from '../../shared/contract/rollout-state.ts'
import { rolloutStateSchema } from '../../shared/contract/rollout-state.ts'
import { limits } from '../../shared/limits.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import type { RolloutNews, RolloutTold } from './rollout-messages.ts'

interface RolloutCopyOptions {
  readonly storage: SqlStorage
  readonly clock: Clock
  /** Asks the object that keeps the rollout. Rejects if it does not answer. */
  ask(): Promise<RolloutTold>
  /** Keeps work running after an answer. */
  keepAlive(work: Promise<unknown>): void
}

const table = `create table if not exists rollout (only integer primary key check (only = 1),
  version integer not null, state text not null)`
const rowSchema = z.object({ version: z.int().nonnegative(), state: rolloutStateSchema })

/**
 * How a ledger knows the way in which its workspace is answered. It asks before it answers anybody, and receives every change for the time
 * of its lease, so it need not ask again. A ledger whose lease is over asks first, too.
 *
 * The copy is on disk. If nobody answers the question in time, the last known state is in force, and it asks again.
 */
export class RolloutCopy {
  private readonly options: RolloutCopyOptions
  private known: RolloutNews
  private leasedUntilMs = Number.NEGATIVE_INFINITY
  private renewAtMs = Number.NEGATIVE_INFINITY
  private askedAtMs = Number.NEGATIVE_INFINITY
  private asking: Promise<void> | null = null

  constructor(options: RolloutCopyOptions) {
    this.options = options
    const { sql } = options.storage
    sql.exec(table)
    const [row] = [...sql.exec('select version, state from rollout')]
    this.known = rowSchema.safeParse(row).data ?? { version: 0, state: 'on' }
  }

  get state(): RolloutState {
    return this.known.state
  }

  /** For a ledger that wakes up: settles once it knows, or nobody has answered in time. */
  async wake(): Promise<void> {
    await this.learnInTime()
  }

  /** To be awaited before an answer. There is nothing to wait for while the lease lasts. */
  ready(): Awaitable<void> {
    const nowMs = this.options.clock.now()
    const mayAsk = nowMs - this.askedAtMs >= limits.rolloutAskEveryMs
    if (nowMs >= this.leasedUntilMs) {
      if (this.asking !== null) return this.asking
      return mayAsk ? this.learnInTime() : undefined
    }
    if (nowMs >= this.renewAtMs && mayAsk && this.asking === null) this.options.keepAlive(this.learnInTime())
    return undefined
  }

  /** Takes a change that is told. Answers the version that is in force here afterwards. */
  take(news: RolloutNews): number {
    if (news.version > this.known.version) this.keep(news)
    return this.known.version
  }

  private learnInTime(): Promise<void> {
    const { clock } = this.options
    this.askedAtMs = clock.now()
    const asking = withinDeadline(clock, limits.rolloutAskDeadlineMs, () => this.learn(), undefined).finally(
      () => {
        this.asking = null
      },
    )
    this.asking = asking
    return asking
  }

  private async learn(): Promise<void> {
    const { clock, ask } = this.options
    const askedAtMs = clock.now()
    const before = this.known.version
    const told = await ask().catch(() => null)
    if (told === null) return
    // A change that was told meanwhile may be newer than this answer. Otherwise the keeper is right, even if it was restored.
    if (told.version > this.known.version || this.known.version === before) this.keep(told)
    this.leasedUntilMs = askedAtMs + told.leaseMs
    this.renewAtMs = askedAtMs + told.leaseMs / 2
  }

  private keep({ version, state }: RolloutNews): void {
    if (version === this.known.version && state === this.known.state) return
    // A later release may have states that this one does not know. The known one stays in force then.
    if (!rolloutStateSchema.safeParse(state).success) return
    const statement = 'insert or replace into rollout (only, version, state) values (1, ?, ?)'
    this.options.storage.sql.exec(statement, version, state)
    this.known = { version, state }
  }
}
