import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { OutboxHealth } from '../../shared/contract/origin.ts'
import type { Version } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Delivery } from './delivery.ts'
import { type Dispatched, dispatch, reread } from './dispatch.ts'
import type { Look, Outbox, OutboxKey, OutboxRow, OutboxState } from './outbox.ts'

/**
 * Delivers the rows that the database committed to the ledgers. It guarantees: every row of the outbox is posted until
 * the Worker answers that it is durable, at least once whatever crashes meanwhile; the ledger counts each event id once.
 * Rows are delivered in any order, which is enough: a tag that moved says that earlier reads may be outdated, and the
 * ledger gives out the versions. Any number of relays may run; the claims of one that dies expire.
 *
 * While there is nothing to deliver, one relay of a database looks: its call waits in the database and returns when a row is due.
 * The others poll, and try to look once a second. A relay that cannot look polls as well, so looks only make it faster.
 */
export interface Relay {
  start(): void
  /** Makes the relay look for rows at once, after a write. */
  wake(): void
  /**
   * Delivers a writer's own rows and answers the version from which on readers see the write. Null if not all rows became
   * durable in time: the background relay delivers the rest.
   */
  deliver(rows: readonly OutboxRow[]): Promise<Version | null>
  readonly health: OutboxHealth['status']
  /** Counts since the start, and the state of the outbox: as of now, or of the last time that the database answered. */
  figures(): Promise<RelayFigures>
  /** Claims no more rows, and finishes those it has. */
  stop(): Promise<void>
}

export interface RelayFigures {
  readonly status: OutboxHealth['status']
  readonly relayed: number
  readonly failures: Readonly<Record<string, number>>
  /** Null until the database has answered for the first time. */
  readonly waiting: OutboxState | null
}

interface RelayOptions {
  readonly outbox: Outbox
  readonly delivery: Delivery
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

/**
 * The pause between two claims while the relay cannot look: short after rows were found, and longer while there are none. A
 * reader's view may be a second old when the ledger moves, and a row that is changed by hand must be current within two seconds,
 * which leaves half a second for this pause.
 */
const pollMs = { min: 100, max: 500, growth: 1.5 }
/** The time from one claim to the next one that a look caused: under many writes a batch has more rows instead. */
const claimEveryMs = 50
/** The time until the next look after another relay was looking, which may have died since, and the longest one after failures. */
const lookAgainMs = { first: 1_000, max: 10_000 }
/** The pause between two attempts while the Worker or the database does not answer. */
const outagePauseMs = { first: 250, max: 5_000 }
/** The pause until a row that was not accepted is sent again, and the pause for a parked row. */
const rowPauseMs = { first: 500, max: 10_000, parked: 60_000 }
const stateEveryMs = 5_000

export function createRelay(options: RelayOptions): Relay {
  return new OutboxRelay(options)
}

type Turn = 'more' | 'some' | 'none' | 'outage'

class OutboxRelay implements Relay {
  private readonly options: RelayOptions
  private readonly failures = new Map<string, number>()
  /** Work that outlives its call: the acknowledgements of rows that writers delivered. */
  private readonly background = new Set<Promise<unknown>>()
  private relayed = 0
  private waiting: { readonly state: OutboxState; readonly atMs: number } | null = null
  private outages = 0
  private isStopping = false
  private isAwake = false
  /** While this is in the future the relay polls. */
  private lookAtMs = Number.NEGATIVE_INFINITY
  private claimedAtMs = Number.NEGATIVE_INFINITY
  /** Whether the last claim was caused by a look. */
  private isSeen = false
  private failedLooks = 0
  private endPause: (() => void) | null = null
  private running: Promise<void> | null = null

  constructor(options: RelayOptions) {
    this.options = options
  }

  start(): void {
    this.running ??= this.run()
  }

  wake(): void {
    this.isAwake = true
    // A look sees the rows by itself. During an outage the pause stays, or every write would add an attempt.
    if (this.outages === 0) this.endPause?.()
  }

  async deliver(rows: readonly OutboxRow[]): Promise<Version | null> {
    const { clock } = this.options
    const dispatching = this.dispatchOwn(rows).then((dispatched) => {
      this.keep(this.settle(dispatched).then(() => this.wakeFor(dispatched)))
      return dispatched
    })
    this.keep(dispatching)
    const dispatched = await withinDeadline(clock, limits.writeRelayDeadlineMs, () => dispatching, null)
    if (dispatched === null || dispatched.durable.length < rows.length) return null
    return versionSchema.parse(Math.max(0, ...dispatched.durable.map(({ version }) => version)))
  }

  /** The rows of a write that is committed. If the database does not say which moves they need, they have all of them. */
  private async dispatchOwn(rows: readonly OutboxRow[]): Promise<Dispatched> {
    const { outbox, delivery } = this.options
    const told = rows.some(({ isWide }) => isWide) ? await reread(outbox, rows) : rows
    return dispatch(outbox, delivery, told ?? rows)
  }

  get health(): OutboxHealth['status'] {
    const state = this.waiting?.state
    if (state !== undefined && state.parked > 0) return 'parked'
    if (state !== undefined && state.oldestAgeMs > limits.outboxLagAlarmMs) return 'lagging'
    return this.outages > 0 ? 'failing' : 'running'
  }

  async figures(): Promise<RelayFigures> {
    await this.refreshState(0)
    return {
      status: this.health,
      relayed: this.relayed,
      failures: Object.fromEntries(this.failures),
      waiting: this.waiting?.state ?? null,
    }
  }

  async stop(): Promise<void> {
    this.isStopping = true
    this.endPause?.()
    await this.running
    await Promise.all(this.background)
  }

  private async run(): Promise<void> {
    let idleMs = pollMs.min
    while (!this.isStopping) {
      this.isAwake = false
      const turn = await this.turn()
      this.noteOutage(turn === 'outage')
      await this.refreshState(stateEveryMs)
      idleMs = turn === 'none' ? Math.min(idleMs * pollMs.growth, pollMs.max) : pollMs.min
      if (turn === 'outage') await this.pause(this.jittered(doubling(outagePauseMs, this.outages - 1)))
      else if (turn !== 'more') await this.waitForRows(idleMs, turn)
    }
  }

  /** Settles when it is time to claim: rows were seen, or the relay was woken, or it cannot look and the pause is over. */
  private async waitForRows(idleMs: number, turn: Turn): Promise<void> {
    // A row was due and could not be claimed, because somebody has locked it. The next look would see it at once.
    const isInVain = this.isSeen && turn === 'none'
    this.isSeen = false
    if (isInVain) await this.pauseAsleep(idleMs)
    while (!this.isStopping && !this.isAwake) {
      if (this.options.clock.now() < this.lookAtMs) return this.pauseAsleep(idleMs)
      const looked = await this.look()
      if (looked === 'failed') return
      if (looked === 'rows') {
        this.isSeen = true
        return this.pauseAsleep(this.claimedAtMs + claimEveryMs - this.options.clock.now())
      }
      await this.refreshState(stateEveryMs)
    }
  }

  private async look(): Promise<Look | 'failed'> {
    const { outbox, clock, logger } = this.options
    const looked = await outbox.look()
    if (!looked.ok) {
      const { kind } = looked.error
      this.count(`look_${kind}`, 1)
      if (this.failedLooks === 0)
        logger.warn({ kind }, 'the relay polls, because it cannot look at the outbox')
      this.lookAtMs = clock.now() + doubling(lookAgainMs, this.failedLooks)
      this.failedLooks += 1
      return 'failed'
    }
    if (this.failedLooks > 0) logger.info({ failed: this.failedLooks }, 'the relay looks at the outbox again')
    this.failedLooks = 0
    if (looked.value === 'busy') this.lookAtMs = clock.now() + lookAgainMs.first
    return looked.value
  }

  /** Claims one batch, delivers it and reports the outcome to the outbox. */
  private async turn(): Promise<Turn> {
    this.claimedAtMs = this.options.clock.now()
    const claimed = await this.options.outbox.claim(limits.relayBatchMax)
    if (!claimed.ok) {
      this.count(`claim_${claimed.error.kind}`, 1)
      return 'outage'
    }
    const { rows, undeliverable } = claimed.value
    const dispatched = await dispatch(this.options.outbox, this.options.delivery, rows)
    await this.settle(dispatched, undeliverable)
    if (dispatched.outage !== null) return 'outage'
    const found = rows.length + undeliverable.length
    if (found === limits.relayBatchMax) return 'more'
    return found > 0 ? 'some' : 'none'
  }

  /**
   * Reports the outcome to the outbox. If that fails, the rows are due again when their lease ends, and a second delivery
   * changes nothing.
   */
  private async settle(
    { durable, failed, withheld, outage }: Dispatched,
    undeliverable: readonly OutboxKey[] = [],
  ): Promise<void> {
    const { outbox, logger } = this.options
    this.relayed += durable.length
    if (outage !== null) this.count(outage, 1)
    for (const { code } of failed) this.count(code, 1)
    this.count('undeliverable', undeliverable.length)
    const done = [...durable.map(({ row }) => row.key), ...undeliverable]
    const failures = failed.map(({ row, code }) => ({
      key: row.key,
      code,
      delayMs: this.rowPauseMs(row.attempts),
    }))
    const reported = await Promise.all([
      done.length === 0 ? null : outbox.acknowledge(done),
      withheld.length === 0 ? null : outbox.release(withheld.map(({ key }) => key)),
      failures.length === 0 ? null : outbox.fail(failures),
    ])
    this.count('settle', reported.filter((answer) => answer !== null && !answer.ok).length)
    if (failures.length > 0) {
      const codes = [...new Set(failures.map(({ code }) => code))]
      logger.warn({ failed: failures.length, codes }, 'the Worker did not accept some rows of the outbox')
    }
  }

  /** Logs one line when an outage begins and one when it ends, however long it lasts. */
  private noteOutage(isOutage: boolean): void {
    const { logger } = this.options
    if (isOutage && this.outages === 0) {
      logger.warn({ failures: Object.fromEntries(this.failures) }, 'the relay cannot deliver')
    }
    if (!isOutage && this.outages > 0) logger.info({ tries: this.outages }, 'the relay delivers again')
    this.outages = isOutage ? this.outages + 1 : 0
  }

  private wakeFor({ withheld }: Dispatched): void {
    if (withheld.length > 0) this.wake()
  }

  private rowPauseMs(attempts: number): number {
    const isParked = attempts + 1 >= limits.outboxAttemptsMax
    return Math.round(isParked ? rowPauseMs.parked : this.jittered(doubling(rowPauseMs, attempts)))
  }

  private async refreshState(olderThanMs: number): Promise<void> {
    const nowMs = this.options.clock.now()
    if (this.waiting !== null && nowMs - this.waiting.atMs < olderThanMs) return
    const state = await this.options.outbox.state()
    if (state.ok) this.waiting = { state: state.value, atMs: nowMs }
  }

  /** A pause that ends when the relay is woken, and does not begin if it was woken already. */
  private pauseAsleep(delayMs: number): Promise<void> {
    return this.isAwake ? Promise.resolve() : this.pause(delayMs)
  }

  private pause(delayMs: number): Promise<void> {
    if (this.isStopping || delayMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        this.endPause = null
        resolve()
      }
      const cancel = this.options.clock.schedule(end, delayMs)
      this.endPause = end
    })
  }

  /** A random delay in the upper half, so that relays that failed together do not retry together. */
  private jittered(delayMs: number): number {
    return delayMs * (0.5 + this.options.random() / 2)
  }

  private count(kind: string, times: number): void {
    if (times > 0) this.failures.set(kind, (this.failures.get(kind) ?? 0) + times)
  }

  private keep(work: Promise<unknown>): void {
    this.background.add(work)
    void work.finally(() => this.background.delete(work))
  }
}

function doubling({ first, max }: { readonly first: number; readonly max: number }, times: number): number {
  return Math.min(first * 2 ** Math.min(times, 30), max)
}
