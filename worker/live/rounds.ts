import type { Clock } from '../../shared/clock.ts'
import { pause } from '../../shared/clock.ts'

interface RoundsOptions<Item> {
  readonly clock: Clock
  /** Must not throw. */
  work(item: Item): void
  keepAlive(work: Promise<unknown>): void
}

/** A frame costs about a tenth of a millisecond. */
const itemsAMs = 10
/**
 * About a millisecond of work, and the most after a rest that took longer than it was to take. A call of a ledger in the same thread may
 * wait for one slice at each of its steps.
 */
const sliceItems = { least: 10, most: 20 } as const

/**
 * Works through items one slice at a time, and rests after each for as long as the slice took, so that at least half of the thread is left
 * to others, for example to the ledger. A rest takes longer while the thread or the machine is busy, and then the next slice takes that
 * much longer too: otherwise a busy machine would stretch a round over thousands of items to many times its length. An item that is
 * added again while it waits keeps its place, so that many changes become one piece of work. Up to a slice of items is done at once.
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
    if (this.slice(sliceItems.least) < sliceItems.least) return
    this.isRunning = true
    this.options.keepAlive(this.goOn())
  }

  private async goOn(): Promise<void> {
    const { clock } = this.options
    let done: number = sliceItems.least
    let max: number = sliceItems.least
    do {
      const restMs = Math.max(1, done / itemsAMs)
      const startedAtMs = clock.now()
      await pause(clock, restMs)
      const lateMs = Math.max(0, clock.now() - startedAtMs - restMs)
      max = Math.min(sliceItems.most, sliceItems.least + Math.round(lateMs * itemsAMs))
      done = this.slice(max)
    } while (done === max || this.waiting.size > 0)
    this.isRunning = false
  }

  /** Works on one slice. Answers how many items it had; after a full one a rest is due. */
  private slice(max: number): number {
    let items = 0
    for (const item of this.waiting) {
      if (items === max) break
      this.waiting.delete(item)
      this.options.work(item)
      items += 1
    }
    return items
  }
}
