import type { Clock } from '../../../shared/clock.ts'
import { pause, withinDeadline } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import type { OperatorName } from '../../../shared/contract/operator-name.ts'
import type {
  Rollout,
  RolloutChange,
  RolloutSetting,
  ShadowReport,
} from '../../../shared/contract/rollout.ts'
import { rolloutLists, rolloutModes } from '../../../shared/contract/rollout.ts'
import { deploymentId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { rolloutOf } from '../../../shared/rollout.ts'
import type { Violation } from '../../cache/violations.ts'
import type { RolloutNews, RolloutTold } from '../../ledger/rollout-messages.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import { seriesOf } from '../metrics/families.ts'
import type { Gauges } from '../metrics/gauges.ts'
import { createAwakeLedgers } from './awake-ledgers.ts'
import { createDifferences } from './differences.ts'
import { createRolloutBook } from './rollout-book.ts'
import { createSuspects } from './suspects.ts'

/** A change of the rollout, as the activity feed tells it. */
export interface RolloutChanged {
  readonly before: RolloutSetting
  readonly after: RolloutSetting
  /** Null for a workspace that returned to shadow by itself. */
  readonly by: OperatorName | null
}

/**
 * Keeps the rollout of the deployment. A change is durable before it is told. It is sent to every ledger that is awake until the ledger
 * confirms it; one that wakes up asks. So a change is in force everywhere one staleness bound after all have confirmed it.
 */
export interface RolloutDesk {
  read(): Rollout
  /**
   * Changes the setting and waits a while for the ledgers to confirm it. `rollout_changed` if the change names a version that is not the
   * current one.
   */
  change(change: RolloutChange, by: OperatorName): Promise<Result<Rollout, WireError>>
  /** The answer to a ledger that asks. From then on it receives changes. */
  rolloutFor(scope: string): RolloutTold
  /** Takes a proved violation. */
  note(violation: Violation): void
  /** Goes on with whatever is due. Answers in how many milliseconds there is more to do; null if there is nothing. */
  tick(): number | null
  findings(): Pick<ShadowReport, 'differences' | 'suspected'>
  gauges(): Gauges
}

interface RolloutDeskOptions {
  readonly storage: SqlStorage
  readonly clock: Clock
  tell(scope: string, news: RolloutNews): Promise<number>
  /** Whether the origin runs below half its places, as far as is known. */
  hasOriginRoom(): boolean
  /** Called with each change, to write it down with it. */
  onChange(changed: RolloutChanged): void
  /** Asks for a tick in so many milliseconds. */
  wake(inMs: number): void
}

export function createRolloutDesk(options: RolloutDeskOptions): RolloutDesk {
  return new Desk(options)
}

class Desk implements RolloutDesk {
  private readonly options: RolloutDeskOptions
  private readonly book
  private readonly ledgers
  private readonly suspects
  private readonly differences
  private telling: Promise<void> | null = null

  constructor(options: RolloutDeskOptions) {
    const { storage, clock, tell } = options
    this.options = options
    this.book = createRolloutBook(storage)
    this.ledgers = createAwakeLedgers({ storage, clock, version: this.book.current().version, tell })
    this.suspects = createSuspects(storage)
    this.differences = createDifferences(storage)
  }

  read(): Rollout {
    const { setting, version, changed } = this.book.current()
    return { ...setting, version, changed, unconfirmed: this.ledgers.behind() }
  }

  async change({ version, ...change }: RolloutChange, by: OperatorName): Promise<Result<Rollout, WireError>> {
    const { setting, version: current } = this.book.current()
    if (version !== undefined && version !== current) return err({ code: 'rollout_changed' })
    this.write({ ...setting, ...withoutAbsent(change) }, by)
    await this.confirmed()
    return ok(this.read())
  }

  rolloutFor(scope: string): RolloutTold {
    const { setting, version } = this.book.current()
    const leaseMs = this.ledgers.register(scope, version)
    return { version, state: rolloutOf(setting, scope), leaseMs }
  }

  note({ workspaceId, resource, keyDigest, places }: Violation): void {
    const nowMs = this.options.clock.now()
    this.differences.note(resource, places, nowMs)
    // The deployment's own answers belong to no workspace that could return to shadow.
    if (workspaceId !== deploymentId) this.suspects.note(workspaceId, keyDigest, nowMs)
    this.consider()
  }

  tick(): number | null {
    this.consider()
    if (this.ledgers.behind() === 0) return null
    void this.tellAll().catch(() => undefined)
    return limits.rolloutTellAgainMs
  }

  findings(): Pick<ShadowReport, 'differences' | 'suspected'> {
    return { differences: this.differences.all(), suspected: this.suspects.all(this.options.clock.now()) }
  }

  gauges(): Gauges {
    const { setting } = this.book.current()
    const gauges: Record<string, number> = {
      [seriesOf('rollout_percent', [])]: setting.percent,
      [seriesOf('rollout_unconfirmed_ledgers', [])]: this.ledgers.behind(),
    }
    for (const mode of rolloutModes) gauges[seriesOf('rollout_mode', [mode])] = mode === setting.mode ? 1 : 0
    for (const list of rolloutLists) gauges[seriesOf('rollout_workspaces', [list])] = setting[list].length
    return gauges
  }

  /**
   * Returns workspaces with violations of enough keys to shadow. The database then answers them, so this waits until the origin has room. A
   * firing alert changes nothing: an operator decides.
   */
  private consider(): void {
    const { clock, hasOriginRoom } = this.options
    for (const { workspaceId, keys } of this.suspects.all(clock.now())) {
      if (keys < limits.suspectKeysMax) return
      const { setting } = this.book.current()
      const isFull = setting.shadowed.length >= limits.rolloutWorkspacesMax
      if (isFull || rolloutOf(setting, workspaceId) !== 'on' || !hasOriginRoom()) continue
      this.write({ ...setting, shadowed: [...setting.shadowed, workspaceId] }, null)
      this.suspects.clear(workspaceId)
      void this.tellAll().catch(() => undefined)
    }
  }

  private write(setting: RolloutSetting, by: OperatorName | null): void {
    const { clock, onChange, wake } = this.options
    // Nothing is awaited between these writes, so the platform makes them durable together (Cloudflare, Durable Objects: write coalescing).
    const before = this.book.current().setting
    this.book.write(setting, by, clock.now())
    onChange({ before, after: setting, by })
    this.expect()
    wake(limits.rolloutTellAgainMs)
  }

  private expect(): void {
    const { setting, version } = this.book.current()
    this.ledgers.expect(version, (scope) => rolloutOf(setting, scope))
  }

  /** Settles once every ledger has confirmed, or the call has waited long enough; the rest are told by the clock. */
  private async confirmed(): Promise<void> {
    const { clock } = this.options
    const untilMs = clock.now() + limits.rolloutChangeWaitsMs
    const tellOn = async () => {
      while (this.ledgers.behind() > 0 && clock.now() < untilMs) {
        await this.tellAll()
        if (this.ledgers.behind() > 0) await pause(clock, limits.rolloutTellAgainMs / 10)
      }
    }
    await withinDeadline(clock, limits.rolloutChangeWaitsMs, tellOn, undefined)
  }

  /** One round at a time. A change during a round is told by the next one. */
  private tellAll(): Promise<void> {
    if (this.telling !== null) return this.telling
    const { setting, version } = this.book.current()
    const telling = this.ledgers
      .tellRound(version, (scope) => rolloutOf(setting, scope))
      .finally(() => {
        this.telling = null
      })
    this.telling = telling
    return telling
  }
}

function withoutAbsent(change: Omit<RolloutChange, 'version'>): Partial<RolloutSetting> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
