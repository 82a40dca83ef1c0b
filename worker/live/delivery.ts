import type { Clock } from '../../shared/clock.ts'
import type { HubFrame } from '../../shared/contract/live.ts'
import { defaultCacheSettings, lifetimeOf } from '../../shared/contract/settings.ts'
import type { Version } from '../../shared/ids.ts'
import type { Recorder } from '../events.ts'
import type { ChangeTimes } from '../ledger/change-times.ts'
import type { Copy } from '../ledger/moved-tags.ts'
import type { Connection, Show } from './connection.ts'
import type { LiveQuestion } from './live-question.ts'
import { newsOf } from './news.ts'
import type { Position, Proven } from './position.ts'

interface DeliveryOptions {
  readonly clock: Clock
  readonly recorder: Recorder
  readonly position: Pick<Position, 'copy' | 'proven'>
  readonly times: Pick<ChangeTimes, 'of'>
}

/**
 * Brings one client up to date: from whatever it was told last to what the hub knows now, however many changes lie between the two. A
 * client is told that everything is proved only behind all of that.
 */
export class Delivery {
  private readonly options: DeliveryOptions

  constructor(options: DeliveryOptions) {
    this.options = options
  }

  /** Sends a frame that is about no question. */
  send(connection: Connection, frame: HubFrame): void {
    this.sendText(connection, frame.type, JSON.stringify(frame))
  }

  bringUpToDate(connection: Connection): void {
    const { copy, proven } = this.options.position
    if (copy === null) return
    for (const show of connection.shows.values()) {
      if (connection.isSlow) return
      if (show.generation !== show.question.generation && show.question.knownTo >= show.since)
        this.tell(connection, show, copy)
    }
    if (!connection.isProofDue || connection.isSlow || proven === null) return
    if (![...connection.shows.values()].every((show) => isToldTo(show, proven.version))) return
    connection.isProofDue = false
    const { framesSent } = connection
    this.send(connection, {
      ...{ type: 'proof', ledger: copy.ledgerId, sent: framesSent },
      ...this.proofOf(proven),
    })
  }

  /** How old the hub's knowledge is now. */
  proofOf({ version, calledAtMs, provedAtMs }: Proven): {
    version: number
    asOfAgeMs: number
    provedAgeMs: number | null
  } {
    const nowMs = this.options.clock.now()
    const provedAgeMs = provedAtMs === 0 ? null : Math.max(0, nowMs - provedAtMs)
    return { version, asOfAgeMs: Math.max(0, nowMs - calledAtMs), provedAgeMs }
  }

  /** Tells the client to ask for itself, at least for a version. */
  askAgain(connection: Connection, show: Show, version: Version): void {
    show.toldTo = version
    const times = this.timesOf(show.question)
    this.sendText(connection, 'moved', `{"type":"moved","id":${show.id},"version":${version}${times}}`)
  }

  /** Tells the news about one question. Its text is built by hand, so that a difference is written once for all clients. */
  private tell(connection: Connection, show: Show, copy: Copy): void {
    const { id, question } = show
    const news = newsOf(show, connection.userId, copy)
    show.generation = question.generation
    show.etag = news.holds
    if (news.kind === 'nothing') return
    if (news.kind === 'moved') {
      this.askAgain(connection, show, news.version)
      return
    }
    show.toldTo = question.knownTo
    const head = `{"type":"${news.kind}","id":${id},"version":${question.knownTo}`
    const holds = JSON.stringify(news.holds)
    const said =
      news.kind === 'shown'
        ? `"etag":${holds}`
        : `"from":${JSON.stringify(news.from)},"to":${holds},"difference":${news.difference}`
    const rest = `"dueInMs":${this.dueInMs(question)}${this.timesOf(question)}}`
    this.sendText(connection, news.kind, `${head},${said},${rest}`)
  }

  /** The member with the times of the last change of an answer; nothing if they are not known. */
  private timesOf(question: LiveQuestion<unknown>): string {
    const { position, times, clock } = this.options
    const version = position.copy === null ? null : question.lastMovedAt(position.copy)
    const time = version === null ? null : times.of(version)
    if (time === null) return ''
    return `,"times":[${time.version},${time.toldAtMs},${time.writtenAtMs},${clock.now()}]`
  }

  private dueInMs(question: LiveQuestion<unknown>): number | null {
    const dueAtMs = dueAt(question)
    return dueAtMs === null ? null : Math.max(0, dueAtMs - this.options.clock.now())
  }

  private sendText(connection: Connection, frame: HubFrame['type'], text: string): void {
    connection.send(text)
    this.options.recorder.record({ kind: 'live-frame', frame })
  }
}

/** Whether the client was told everything about a question up to a version. */
function isToldTo({ question, generation }: Show, version: Version): boolean {
  return generation === question.generation && question.knownTo >= version
}

/** The instant from which time may have changed an answer that the hub holds; null if only writes change it. */
export function dueAt({ shown, entry }: LiveQuestion<unknown>): number | null {
  if (shown.question.changes === 'writes' || entry === null) return null
  return entry.loadedAtMs + lifetimeOf(shown.question, defaultCacheSettings) * 1_000
}
