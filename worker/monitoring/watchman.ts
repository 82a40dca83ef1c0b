import type { Clock } from '../../shared/clock.ts'
import type { PartName } from '../../shared/contract/monitoring.ts'
import { createWebhook } from '../alerts/webhook.ts'
import type { Config } from '../config.ts'
import type { BookStorage } from '../ledger/book.ts'
import type { Totals } from '../metrics/totals.ts'
import { createMonitor, type Monitor } from './monitor.ts'
import { createOriginFigures, type OriginFigures, type ReadOriginFigures } from './origin-figures.ts'

/** Storage with the one alarm that an object has. */
export interface AlarmStorage extends BookStorage {
  setAlarm(atMs: number): Promise<void>
}

/** Between two looks: while figures come in, somebody watches or an alert is uneasy; and else. */
const lookEveryMs = { busy: 1_000, idle: 30_000 }
const askOriginEveryMs = 5_000

/**
 * Sees to it that the monitor looks when it should, by the object's alarm, which survives a restart. While nothing happens at
 * the edge it still looks twice a minute: an outbox that nobody empties makes no traffic there.
 *
 * Neither the origin nor the webhook is waited for: a look takes what is known, and a try reports when it ends.
 */
export class Watchman {
  readonly monitor: Monitor
  private readonly storage: AlarmStorage
  private readonly clock: Clock
  private readonly totals: () => Totals
  private readonly askOrigin: ReadOriginFigures
  private origin: OriginFigures | null = null
  private askedAtMs = Number.NEGATIVE_INFINITY
  private lookedAtMs = Number.NEGATIVE_INFINITY
  private hasNews = false
  private armedForMs = Number.POSITIVE_INFINITY

  /** `totals`: the sum of all that was ever counted. */
  constructor(config: Config, storage: AlarmStorage, clock: Clock, totals: () => Totals) {
    this.storage = storage
    this.clock = clock
    this.totals = totals
    this.askOrigin = createOriginFigures(config, clock)
    this.monitor = createMonitor({
      storage,
      clock,
      disabledParts: disabledPartsOf(config),
      totals: totals(),
      send: config.alertWebhook === null ? null : createWebhook(config.alertWebhook, clock),
      newId: () => crypto.randomUUID(),
      random: Math.random,
    })
  }

  /** The sum has grown. */
  noteNews(): void {
    this.hasNews = true
    this.arm()
  }

  /** The object's alarm. */
  ring(): void {
    const nowMs = this.clock.now()
    this.armedForMs = Number.POSITIVE_INFINITY
    if (nowMs >= this.nextLookAtMs()) this.look(nowMs)
    const dueAtMs = this.monitor.deliveryDueAtMs()
    if (dueAtMs !== null && dueAtMs <= nowMs) void this.monitor.deliver().finally(() => this.arm())
    this.arm()
  }

  /** To be called whenever something may have to happen sooner than was thought. */
  arm(): void {
    const nextAtMs = Math.min(this.nextLookAtMs(), this.monitor.deliveryDueAtMs() ?? Number.POSITIVE_INFINITY)
    if (nextAtMs >= this.armedForMs) return
    this.armedForMs = Math.max(nextAtMs, this.clock.now())
    void this.storage.setAlarm(this.armedForMs)
  }

  private look(nowMs: number): void {
    this.lookedAtMs = nowMs
    this.hasNews = false
    if (nowMs - this.askedAtMs >= askOriginEveryMs) void this.refreshOrigin(nowMs)
    this.monitor.note(this.totals(), this.origin, nowMs)
  }

  private async refreshOrigin(nowMs: number): Promise<void> {
    this.askedAtMs = nowMs
    this.origin = await this.askOrigin()
  }

  private nextLookAtMs(): number {
    const everyMs = this.hasNews || this.monitor.isBusy ? lookEveryMs.busy : lookEveryMs.idle
    return this.lookedAtMs + everyMs
  }
}

/** Parts that are switched off. */
function disabledPartsOf({ redis, memoryCacheBytes, isEdgeCacheEnabled }: Config): ReadonlySet<PartName> {
  const disabled = new Set<PartName>()
  if (redis === null) disabled.add('redis')
  if (memoryCacheBytes === 0) disabled.add('memory')
  if (!isEdgeCacheEnabled) disabled.add('edge_cache')
  return disabled
}
