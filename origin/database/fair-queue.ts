import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

/** The number of requests that may hold a place at once, and that may wait for one. */
export interface Bound {
  readonly placesMax: number
  readonly waitingMax: number
}

/** The bounds of all requests together, of one share, and of one caller over all shares. */
export interface FairQueueBounds {
  readonly all: Bound
  readonly share: Bound
  readonly caller: Bound
}

/** The share and the caller that need a place. Shares take turns, and within a share its callers do. */
export interface Party {
  readonly shareKey: string
  readonly callerKey: string
}

/** The bound that was reached; `withdrawn` if the signal was aborted before a place was free. */
export type Refusal = keyof FairQueueBounds | 'withdrawn'

/** A place that is held until it is freed. Freeing it twice does nothing. */
export interface Place {
  free(): void
}

export interface FairQueue {
  /** Settles with a place, at once if this party may take a free one, or with the reason why it gets none. Never rejects. */
  enter(party: Party, signal: AbortSignal): Promise<Result<Place, Refusal>>
  readonly bounds: FairQueueBounds
  readonly running: number
  readonly waiting: number
  /** The number of parties that a bound has turned away so far. */
  readonly refused: number
}

interface Waiter {
  readonly share: Share
  readonly caller: Caller
  settle(outcome: Result<Place, Refusal>): void
}

/** The waiters of one caller in one share, oldest first. */
type Line = Set<Waiter>

interface Share {
  readonly key: string
  running: number
  waiting: number
  /** The waiting callers, in the order of their turns. */
  readonly lines: Map<Caller, Line>
}

interface Caller {
  readonly key: string
  running: number
  waiting: number
}

/**
 * Hands out a fixed number of places. It guarantees:
 *
 * - No bound is ever exceeded, and no place stays free while a waiter may take it.
 * - Shares take turns, and so do the callers of a share. Every other waiting share gets a place at most once before a
 *   share that may take one, however many wait in it. The same holds for the callers of a share.
 * - A caller past its own bound is refused. If a share or the whole queue is full, the newest waiter of the longest line
 *   gives way to a newcomer with a shorter line, as fq_codel drops from the longest flow (RFC 8290, 4.1.3), so no caller
 *   can fill the queue to keep others out.
 * - A waiter whose signal is aborted leaves at once.
 *
 * A turn is one place and not an amount of time: the holder of a place limits the time. Choosing the next waiter skips
 * those at their bound, and making room looks at every line; both walk over at most `waitingMax` entries.
 */
export function createFairQueue(bounds: FairQueueBounds): FairQueue {
  return new Queue(bounds)
}

class Queue implements FairQueue {
  readonly bounds: FairQueueBounds
  running = 0
  waiting = 0
  refused = 0
  private readonly shares = new Map<string, Share>()
  private readonly callers = new Map<string, Caller>()
  /** The shares with waiters, in the order of their turns. */
  private readonly turns = new Set<Share>()

  constructor(bounds: FairQueueBounds) {
    this.bounds = bounds
  }

  async enter({ shareKey, callerKey }: Party, signal: AbortSignal): Promise<Result<Place, Refusal>> {
    if (signal.aborted) return err('withdrawn')
    const share = this.shares.get(shareKey) ?? { key: shareKey, running: 0, waiting: 0, lines: new Map() }
    const caller = this.callers.get(callerKey) ?? { key: callerKey, running: 0, waiting: 0 }
    // This overtakes nobody: waiters that remain although a place is free are at a bound of their own.
    if (this.running < this.bounds.all.placesMax && this.mayRun(share, caller)) {
      return ok(this.take(share, caller))
    }
    const refusal = this.makeRoom(share, caller)
    if (refusal !== null) {
      this.refused += 1
      return err(refusal)
    }
    return this.wait(share, caller, signal)
  }

  private mayRun(share: Share, caller: Caller): boolean {
    return share.running < this.bounds.share.placesMax && caller.running < this.bounds.caller.placesMax
  }

  private take(share: Share, caller: Caller): Place {
    this.count('running', 1, share, caller)
    let isHeld = true
    return {
      free: () => {
        if (!isHeld) return
        isHeld = false
        this.count('running', -1, share, caller)
        this.handOn()
      },
    }
  }

  private wait(share: Share, caller: Caller, signal: AbortSignal): Promise<Result<Place, Refusal>> {
    return new Promise((resolve) => {
      const withdraw = () => {
        this.leave(waiter)
        waiter.settle(err('withdrawn'))
      }
      const waiter: Waiter = {
        share,
        caller,
        settle(outcome) {
          signal.removeEventListener('abort', withdraw)
          resolve(outcome)
        },
      }
      signal.addEventListener('abort', withdraw, { once: true })
      const line = share.lines.get(caller) ?? new Set()
      share.lines.set(caller, line.add(waiter))
      this.turns.add(share)
      this.count('waiting', 1, share, caller)
    })
  }

  private leave(waiter: Waiter): void {
    const { share, caller } = waiter
    const line = share.lines.get(caller)
    if (line?.delete(waiter) !== true) throw new Error('a party that does not wait cannot leave the queue')
    if (line.size === 0) share.lines.delete(caller)
    if (share.lines.size === 0) this.turns.delete(share)
    this.count('waiting', -1, share, caller)
  }

  /** Gives the free places to the waiters whose turn it is. */
  private handOn(): void {
    while (this.running < this.bounds.all.placesMax) {
      const waiter = this.next()
      if (waiter === null) return
      const { share, caller } = waiter
      const line = share.lines.get(caller)
      this.leave(waiter)
      // The turn is over: the caller and the share go to the end of the order if more of theirs wait.
      if (line !== undefined && line.size > 0) {
        share.lines.delete(caller)
        share.lines.set(caller, line)
      }
      if (this.turns.delete(share)) this.turns.add(share)
      waiter.settle(ok(this.take(share, caller)))
    }
  }

  /** The next waiter. Shares and callers at their bound keep their turn until they may take a place. */
  private next(): Waiter | null {
    for (const share of this.turns) {
      for (const [caller, line] of share.lines) {
        const [first] = line
        if (first !== undefined && this.mayRun(share, caller)) return first
      }
    }
    return null
  }

  /** Makes room for one more waiter of this caller in this share: null if there is room now, else the bound that is reached. */
  private makeRoom(share: Share, caller: Caller): Refusal | null {
    if (caller.waiting >= this.bounds.caller.waitingMax) {
      // A caller that has nothing here is not at fault: then nobody may wait at all.
      return caller.running + caller.waiting > 0 ? 'caller' : 'all'
    }
    const own = share.lines.get(caller)?.size ?? 0
    if (share.waiting >= this.bounds.share.waitingMax) {
      return this.pushOut(share, own + 1, 'share') ? null : 'share'
    }
    if (this.waiting < this.bounds.all.waitingMax) return null
    const longest = longestOf(this.turns, ({ waiting }) => waiting)
    if (longest === null) return 'all'
    if (longest === share) return this.pushOut(share, own + 1, 'all') ? null : 'all'
    if (longest.waiting <= share.waiting + 1) return 'all'
    return this.pushOut(longest, 0, 'all') ? null : 'all'
  }

  /** Removes the newest waiter of the share's longest line if that line is longer than `lengthMin`. */
  private pushOut(share: Share, lengthMin: number, bound: Refusal): boolean {
    const line = longestOf(share.lines.values(), ({ size }) => size)
    const newest = line === null || line.size <= lengthMin ? undefined : [...line].at(-1)
    if (newest === undefined) return false
    this.leave(newest)
    this.refused += 1
    newest.settle(err(bound))
    return true
  }

  /** Every count changes here, and a share or caller without waiters and places is forgotten here. */
  private count(what: 'running' | 'waiting', by: 1 | -1, share: Share, caller: Caller): void {
    this[what] += by
    share[what] += by
    caller[what] += by
    keep(this.shares, share)
    keep(this.callers, caller)
  }
}

function keep<Counted extends Share | Caller>(all: Map<string, Counted>, counted: Counted): void {
  if (counted.running + counted.waiting > 0) all.set(counted.key, counted)
  else all.delete(counted.key)
}

function longestOf<Each>(all: Iterable<Each>, lengthOf: (each: Each) => number): Each | null {
  let longest: Each | null = null
  for (const each of all) if (longest === null || lengthOf(each) > lengthOf(longest)) longest = each
  return longest
}
