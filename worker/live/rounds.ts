import type { Clock } from '../../shared/clock.ts'
import { pause } from '../../shared/clock.ts'

interface RoundsOptions<Item> {
  readonly clock: Clock
  /** Must not throw. Answers how many frames it sent. */
  work(item: Item): number
  keepAlive(work: Promise<unknown>): void
}

/** A frame costs about a tenth of a millisecond. An item without a frame counts as one. */
const framesAMs = 10
/**
 * About a millisecond of work, and the most after a rest that took longer than it was to take. A call of a ledger in the same thread may
 * wait for one slice at each of its steps. The last item of a slice may take it past its end.
 */
const sliceFrames = { least: 10, most: 20 } as const

/**
 * Works through items one slice at a time, and rests after each for as long as the slice took, so that at least half of the thread is left
 * to others, for example to the ledger. A rest takes longer while the thread or the machine is busy, and then the next slice takes that
 * much longer too: otherwise a busy machine would stretch a round over thousands of items to many times its length. An item that is
 * added again while it waits keeps its place, so that many changes become one piece of work. Up to a slice of frames is sent at once.
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
    const done = this.slice(sliceFrames.least)
    if (done < sliceFrames.least) return
    this.isRunning = true
    this.options.keepAlive(this.goOn(done))
  }

  private async goOn(framesDone: number): Promise<void> {
    const { clock } = this.options
    let done = framesDone
    let max: number = sliceFrames.least
    do {
      const restMs = Math.max(1, done / framesAMs)
      const startedAtMs = clock.now()
      await pause(clock, restMs)
      const lateMs = Math.max(0, clock.now() - startedAtMs - restMs)
      max = Math.min(sliceFrames.most, sliceFrames.least + Math.round(lateMs * framesAMs))
      done = this.slice(max)
    } while (done >= max || this.waiting.size > 0)
    this.isRunning = false
  }

  /** Works on one slice. Answers how many frames it had; after a full one a rest is due. */
  private slice(max: number): number {
    let frames = 0
    for (const item of this.waiting) {
      if (frames >= max) break
      this.waiting.delete(item)
      frames += Math.max(1, this.options.work(item))
    }
    return frames
  }
}
