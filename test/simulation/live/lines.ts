import type { Dice } from '../../support/dice.ts'
import type { Scheduler } from '../scheduler.ts'

/** The faults that frames of a connection may meet. Only a run's odd connections repeat and exchange frames. */
export interface LineFaults {
  /** The delay of a frame, in milliseconds: the least and the greatest. */
  readonly latencyMs: readonly [number, number]
  /** The share of frames that are lost. A connection that has lost a frame breaks soon. */
  readonly lostShare: number
  readonly repeatedShare: number
  /** The share of frames that overtake the one before them. */
  readonly overtakingShare: number
}

export const goodLine: LineFaults = {
  latencyMs: [1, 40],
  lostShare: 0,
  repeatedShare: 0,
  overtakingShare: 0,
}

/** A close, as the other end sees it. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** How a connection broke without a close frame (RFC 6455 section 7.4.1). */
const broken: Closed = { code: 1006, reason: '' }
/** A connection that has lost a frame breaks within this time, and a broken one is noticed at both ends within it. */
const breaksWithinMs = 5_000
const noticedWithinMs = 3_000

export interface EndHandlers {
  /** Called once at the client's end, before everything else. */
  opened(): void
  heard(text: string): void
  closed(how: Closed): void
}

/** One end of a connection. */
export interface LineEnd {
  /** Whether frames may be sent: neither end has closed it, as far as this end knows. */
  isOpen(): boolean
  send(text: string): void
  close(how: Closed): void
}

/** A connection between a browser and a hub, which carries frames in both directions in their order. */
export interface Line {
  readonly client: LineEnd
  readonly hub: LineEnd
  /** Breaks the connection. Frames on their way are lost, and each end notices after a while. */
  sever(): void
  /** Delivers nothing to the client until an instant, like a tab that sleeps or a reader that does not read. */
  stall(untilMs: number): void
  /** Whether frames for the client wait because it does not read. */
  isStalled(): boolean
  inject(faults: Partial<LineFaults>): void
}

interface LineOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly faults: LineFaults
  readonly client: EndHandlers
  readonly hub: EndHandlers
  /** The answer to a text of the client that the platform gives without waking the hub; null if it gives none. */
  answeredByPlatform(text: string): string | null
  /** Called when a frame is lost, repeated or overtaken. */
  misbehaved(what: 'lost' | 'repeated' | 'overtaken'): void
}

export function createLine(options: LineOptions): Line {
  const { scheduler, dice } = options
  let faults = options.faults
  let isSevered = false
  const sever = () => {
    if (isSevered) return
    isSevered = true
    for (const end of [client, hub])
      scheduler.schedule(() => end.notice(broken), dice.between(0, noticedWithinMs))
  }
  const drop = () => {
    options.misbehaved('lost')
    scheduler.schedule(sever, dice.between(0, breaksWithinMs))
  }
  const between = { ...options, faults: () => faults, isSevered: () => isSevered, drop }
  const toClient = createQueue(between, (item) => client.arrive(item))
  const toHub = createQueue(between, (item) => hub.arrive(item))
  const client = createEnd(options.client, toHub, () => null)
  const hub = createEnd(options.hub, toClient, options.answeredByPlatform)
  toClient.push(opened)
  return {
    client,
    hub,
    sever,
    stall: toClient.stall,
    isStalled: toClient.isStalled,
    inject(changes) {
      faults = { ...faults, ...changes }
    },
  }
}

/** A frame, the answer that opens the connection before the first one, or the close that follows the last one. */
type Item = string | Closed | typeof opened
const opened = Symbol('opened')

interface Queue {
  push(item: Item): void
  stall(untilMs: number): void
  isStalled(): boolean
}

interface QueueOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  faults(): LineFaults
  isSevered(): boolean
  drop(): void
  misbehaved(what: 'repeated' | 'overtaken'): void
}

/** One direction of a connection. */
function createQueue(options: QueueOptions, arrive: (item: Item) => void): Queue {
  const { scheduler, dice, isSevered } = options
  const waiting: { readonly item: Item; readonly readyAtMs: number }[] = []
  let stalledUntilMs = 0
  let isPlanned = false

  const plan = () => {
    const [first] = waiting
    if (isPlanned || first === undefined) return
    isPlanned = true
    const atMs = Math.max(first.readyAtMs, stalledUntilMs)
    scheduler.schedule(() => {
      isPlanned = false
      if (isSevered()) return
      if (scheduler.now() >= stalledUntilMs) {
        const next = waiting.shift()
        if (next !== undefined) arrive(next.item)
      }
      plan()
    }, atMs - scheduler.now())
  }
  const add = (item: Item) => {
    const [fromMs, toMs] = options.faults().latencyMs
    waiting.push({ item, readyAtMs: scheduler.now() + dice.between(fromMs, toMs) })
  }
  return {
    push(item) {
      if (isSevered()) return
      if (typeof item === 'string') {
        const { lostShare, repeatedShare, overtakingShare } = options.faults()
        if (dice.happens(lostShare)) return options.drop()
        add(item)
        if (dice.happens(repeatedShare)) {
          options.misbehaved('repeated')
          add(item)
        }
        if (waiting.length > 2 && dice.happens(overtakingShare)) {
          options.misbehaved('overtaken')
          waiting.splice(-2, 2, ...waiting.slice(-2).toReversed())
        }
      } else add(item)
      plan()
    },
    stall(untilMs) {
      stalledUntilMs = Math.max(stalledUntilMs, untilMs)
    },
    isStalled: () => scheduler.now() < stalledUntilMs,
  }
}

interface HeldEnd extends LineEnd {
  arrive(item: Item): void
  /** Learns that the connection is over. */
  notice(how: Closed): void
}

function createEnd(
  handlers: EndHandlers,
  toOther: Queue,
  answeredByPlatform: (text: string) => string | null,
): HeldEnd {
  let state: 'open' | 'closing' | 'closed' = 'open'
  const notice = (how: Closed) => {
    if (state === 'closed') return
    state = 'closed'
    handlers.closed(how)
  }
  return {
    isOpen: () => state === 'open',
    send(text) {
      if (state === 'closed') throw new Error('the socket is closed')
      if (state === 'open') toOther.push(text)
    },
    close(how) {
      if (state !== 'open') return
      state = 'closing'
      toOther.push(how)
    },
    notice,
    arrive(item) {
      if (state === 'closed') return
      if (item === opened) return handlers.opened()
      if (typeof item !== 'string') {
        // The closing handshake: the other end learns that its close has arrived (RFC 6455 section 5.5.1).
        if (state === 'open') toOther.push(item)
        return notice(item)
      }
      const answer = answeredByPlatform(item)
      if (answer !== null) toOther.push(answer)
      else if (state === 'open') handlers.heard(item)
    },
  }
}
