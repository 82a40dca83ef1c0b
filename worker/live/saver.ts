import type { Clock } from '../../shared/clock.ts'
import { pause } from '../../shared/clock.ts'

interface SaverOptions {
  readonly clock: Clock
  /** Saves a few things that have changed. Answers whether there are more. */
  saveSome(): boolean
  keepAlive(work: Promise<unknown>): void
}

/**
 * Short, because a hub that waits cannot hibernate and is billed: five seconds cost as much as eight rows. It is longer than the pause
 * between the writes of a burst, which are saved together. A hub hibernates after ten seconds without an event or a timer (Cloudflare,
 * Durable Objects: lifecycle).
 */
const quietMs = 250
const restMs = 1

/**
 * Saves what a hub needs after hibernation once nothing has happened for a while. Rows are billed, and a hub in use cannot hibernate. If
 * something is lost all the same, clients are told too much and never too little.
 */
export class Saver {
  private readonly options: SaverOptions
  private lastAtMs = 0
  private isWaiting = false

  constructor(options: SaverOptions) {
    this.options = options
  }

  /** Notes that something happened. */
  touch(): void {
    this.lastAtMs = this.options.clock.now()
    if (this.isWaiting) return
    this.isWaiting = true
    this.options.keepAlive(this.wait())
  }

  private async wait(): Promise<void> {
    const { clock, saveSome } = this.options
    for (;;) {
      const waitMs = this.lastAtMs + quietMs - clock.now()
      if (waitMs > 0) await pause(clock, waitMs)
      else if (saveSome()) await pause(clock, restMs)
      else break
    }
    this.isWaiting = false
  }
}
