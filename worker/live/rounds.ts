import type { Clock } from '../../shared/clock.ts'
import { pause } from '../../shared/clock.ts'

interface RoundsOptions<Item> {
  readonly clock: Clock
  /** Must not throw. */
  work(item: Item): void
  keepAlive(work: Promise<unknown>): void
}

/** About a millisecond of work: a frame costs about a tenth of one. */
const sliceItemsMax = 10
/** As long as a slice takes, so that at least half of the thread is left to others, for example to the ledger. */
const restMs = 1

/**
 * Works through items one slice at a time, and rests after each. An item that is added again while it waits keeps its place, so that many
 * changes become one piece of work. Up to a slice of items is done at once.
 */
export class Rounds<Item> {
  private readonly options: RoundsOptions<Item>
  private readonly waiting = new Set<Item>()
  private isRunning = false

  constructor(options: RoundsOptions<Item>) {
    this.options = options
  }

  add(item: Item): void {
    this.waiting.add(item)
  }

  remove(item: Item): void {
    this.waiting.delete(item)
  }

  /** Begins to work, unless it is under way. */
  run(): void {
    if (this.isRunning || this.waiting.size === 0) return
    if (!this.slice()) return
    this.isRunning = true
    this.options.keepAlive(this.goOn())
  }

  private async goOn(): Promise<void> {
    do await pause(this.options.clock, restMs)
    while (this.slice() || this.waiting.size > 0)
    this.isRunning = false
  }

  /** Works on one slice. Answers whether it was a full one, after which a rest is due. */
  private slice(): boolean {
    let items = 0
    for (const item of this.waiting) {
      if (items === sliceItemsMax) break
      this.waiting.delete(item)
      this.options.work(item)
      items += 1
    }
    return items === sliceItemsMax
  }
}
