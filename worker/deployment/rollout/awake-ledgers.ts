import pLimit from 'p-limit'
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import type { RolloutState } from '../../../shared/contract/rollout-state.ts'
import { rolloutStateSchema } from '../../../shared/contract/rollout-state.ts'
import { limits } from '../../../shared/limits.ts'
import type { RolloutNews } from '../../ledger/rollout-messages.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/**
 * The ledgers that have asked for the rollout lately and are therefore sent changes, until they confirm them. The list is on disk, so a
 * restart of this object forgets no ledger that is awake.
 */
interface AwakeLedgers {
  /** Notes a ledger that asks at this version. Answers the time for which it receives changes. */
  register(scope: string, version: number): number
  /** Marks every ledger as behind whose state is another one under this version. */
  expect(version: number, stateOf: (scope: string) => RolloutState): void
  /** The number of ledgers that are behind. */
  behind(): number
  /** Tells ledgers that are behind, a bounded number of them, and settles once each has confirmed or its deadline has passed. */
  tellRound(version: number, stateOf: (scope: string) => RolloutState): Promise<void>
}

interface AwakeLedgersOptions {
  readonly storage: SqlStorage
  readonly clock: Clock
  /** The version of the setting when this object starts. Its ledgers are marked on disk already. */
  readonly version: number
  /** Calls a ledger, and answers the version that is in force there afterwards. Rejects if it cannot be reached. */
  tell(scope: string, news: RolloutNews): Promise<number>
}

/** `confirmed` is the state that a ledger has confirmed, if nothing was sent to it since; what is sent may be lost. */
const schema = `create table if not exists rollout_ledgers (scope text primary key, version integer not null,
  confirmed text, asked_at_ms integer not null)`
const rowSchema = z.object({ scope: z.string(), confirmed: rolloutStateSchema.nullable() })
const scopeRowSchema = z.object({ scope: z.string() })
const countSchema = z.object({ n: z.int() })

export function createAwakeLedgers(options: AwakeLedgersOptions): AwakeLedgers {
  return new StoredLedgers(options)
}

class StoredLedgers implements AwakeLedgers {
  private readonly options: AwakeLedgersOptions
  private expected: number
  /** Whether a ledger may be behind. Once none is, that stays so until another version is expected. */
  private mayBeBehind = true

  constructor(options: AwakeLedgersOptions) {
    this.options = options
    this.expected = options.version
    this.rows(schema)
  }

  register(scope: string, version: number): number {
    const nowMs = this.options.clock.now()
    const [known] = this.rows('select count(*) as n from rollout_ledgers where scope = ?', scope)
    if (countSchema.parse(known).n === 0 && this.isFull(nowMs)) return limits.rolloutShortLeaseMs
    this.rows(
      'insert or replace into rollout_ledgers (scope, version, confirmed, asked_at_ms) values (?, ?, null, ?)',
      ...[scope, Math.max(version, this.expected), nowMs],
    )
    return limits.rolloutLeaseMs
  }

  expect(version: number, stateOf: (scope: string) => RolloutState): void {
    this.expected = version
    this.mayBeBehind = true
    this.forgetSleeping(this.options.clock.now())
    for (const row of this.rows('select scope, confirmed from rollout_ledgers')) {
      const { scope, confirmed } = rowSchema.parse(row)
      if (confirmed === stateOf(scope))
        this.rows('update rollout_ledgers set version = ? where scope = ?', version, scope)
    }
  }

  behind(): number {
    // This is asked with every sample of the figures, and looks at every ledger.
    if (!this.mayBeBehind) return 0
    const oldestMs = this.options.clock.now() - limits.rolloutLeaseMs
    const [row] = this.rows(
      'select count(*) as n from rollout_ledgers where version < ? and asked_at_ms >= ?',
      ...[this.expected, oldestMs],
    )
    const { n } = countSchema.parse(row)
    this.mayBeBehind = n > 0
    return n
  }

  async tellRound(version: number, stateOf: (scope: string) => RolloutState): Promise<void> {
    const oldestMs = this.options.clock.now() - limits.rolloutLeaseMs
    const found = this.rows(
      `select scope from rollout_ledgers where version < ? and asked_at_ms >= ?
        order by asked_at_ms desc limit ?`,
      ...[version, oldestMs, limits.rolloutTellsPerRoundMax],
    )
    const scopes = found.map((row) => scopeRowSchema.parse(row).scope)
    // From here on nobody knows what a ledger has heard, until it confirms.
    for (const scope of scopes)
      this.rows('update rollout_ledgers set confirmed = null where scope = ?', scope)
    const someAtOnce = pLimit(limits.rolloutTellsAtOnce)
    const tellOne = (scope: string) => this.tellOne(scope, { version, state: stateOf(scope) })
    await Promise.all(scopes.map((scope) => someAtOnce(tellOne, scope)))
  }

  private async tellOne(scope: string, news: RolloutNews): Promise<void> {
    const { clock, tell } = this.options
    const inForce = await withinDeadline<number | null>(
      clock,
      limits.rolloutTellDeadlineMs,
      async () => tell(scope, news).catch(() => null),
      null,
    )
    if (inForce === null || inForce < news.version) return
    // A later change may have been told meanwhile, and its confirmation must not be undone.
    this.rows(
      'update rollout_ledgers set version = ?, confirmed = ? where scope = ? and version < ?',
      ...[news.version, news.state, scope, news.version],
    )
  }

  private isFull(nowMs: number): boolean {
    const isFullNow = () => {
      const [row] = this.rows('select count(*) as n from rollout_ledgers')
      return countSchema.parse(row).n >= limits.rolloutLedgersMax
    }
    if (!isFullNow()) return false
    this.forgetSleeping(nowMs)
    return isFullNow()
  }

  private forgetSleeping(nowMs: number): void {
    this.rows('delete from rollout_ledgers where asked_at_ms < ?', nowMs - limits.rolloutLeaseMs)
  }

  private rows(statement: string, ...values: (string | number | null)[]) {
    return [...this.options.storage.sql.exec(statement, ...values)]
  }
}
