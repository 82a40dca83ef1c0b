import type { Clock } from '../../../shared/clock.ts'
import type { AlertChange } from '../../../shared/contract/alerts.ts'
import type { SampleColumns, StreamEventName } from '../../../shared/contract/monitoring.ts'
import { limits } from '../../../shared/limits.ts'
import type { Now, StreamHolder, StreamRefusal } from './deployment-now.ts'

/** What the streams tell of. */
interface StreamSource {
  /** The deployment now, without history; null before the first sample. */
  snapshot(): Now | null
  /** The samples after an instant, oldest first; all there are of the last hour for null. */
  samplesAfter(atMs: number | null): SampleColumns
  /** The changes of alerts after an instant, oldest first. */
  changesAfter(atMs: number): readonly AlertChange[]
}

/** The open streams of Server-Sent Events (WHATWG HTML, section 9.2). */
interface Streams {
  /**
   * A new stream, or why there is none: there are `limits.streamsMax` in all, of them a few for a user and a share for a
   * workspace. `lastEventId`: the instant of the last snapshot the client has.
   */
  open(lastEventId: number | null, holder: StreamHolder): ReadableStream<Uint8Array> | StreamRefusal
  /** Tells everybody what is new; to be called after each sample. */
  publish(): void
  readonly count: number
}

interface Listener {
  readonly holder: StreamHolder
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  readonly openedAtMs: number
  /** The latest snapshot it was handed, or says it has. */
  sentUpToMs: number | null
  /** Whether the snapshot before this one was handed over. */
  isUpToDate: boolean
  tookAtMs: number
  heartbeatAtMs: number
}

const encoder = new TextEncoder()

/** How long a client is to wait before it comes back (`retry:`). */
const retryMs = 1_000

/**
 * A reader that is too slow misses snapshots and never makes this object keep more than a buffer for it: when it takes
 * again, the next snapshot brings the samples that it missed. One that takes nothing for a minute is let go. Every stream
 * ends after five minutes, so that connections spread anew over what is deployed; the client comes back with `Last-Event-ID`.
 */
export function createStreams(source: StreamSource, clock: Clock): Streams {
  return new OpenStreams(source, clock)
}

class OpenStreams implements Streams {
  private readonly source: StreamSource
  private readonly clock: Clock
  private readonly listeners = new Set<Listener>()
  private latest: { readonly snapshot: Now; readonly text: string } | null = null

  constructor(source: StreamSource, clock: Clock) {
    this.source = source
    this.clock = clock
  }

  open(lastEventId: number | null, holder: StreamHolder): ReadableStream<Uint8Array> | StreamRefusal {
    // The holder's own bound first: it is what they can do something about.
    if (this.hasEnough(holder)) return 'holder-has-enough'
    if (this.listeners.size >= limits.streamsMax) return 'all-taken'
    let opened: Listener | null = null
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          opened = this.listen(controller, lastEventId, holder)
        },
        cancel: () => {
          if (opened !== null) this.listeners.delete(opened)
        },
      },
      { highWaterMark: limits.streamBufferBytes, size: (chunk) => chunk?.byteLength ?? 0 },
    )
  }

  publish(): void {
    if (this.listeners.size === 0) return
    const snapshot = this.source.snapshot()
    for (const listener of [...this.listeners]) this.tell(listener, snapshot)
  }

  get count(): number {
    return this.listeners.size
  }

  private hasEnough({ workspaceId, userId }: StreamHolder): boolean {
    const holders = [...this.listeners].map(({ holder }) => holder)
    const ofWorkspace = holders.filter((each) => each.workspaceId === workspaceId)
    // Of all their workspaces: an admin of many has not many times as much.
    const ofUser = holders.filter((each) => userId !== null && each.userId === userId)
    return ofWorkspace.length >= limits.streamsPerWorkspaceMax || ofUser.length >= limits.streamsPerUserMax
  }

  private listen(
    controller: ReadableStreamDefaultController<Uint8Array>,
    lastEventId: number | null,
    holder: StreamHolder,
  ): Listener {
    const nowMs = this.clock.now()
    const listener: Listener = {
      holder,
      controller,
      openedAtMs: nowMs,
      // Of an instant that has not come yet nothing is known: better all there is than nothing until then.
      sentUpToMs: lastEventId !== null && lastEventId > nowMs ? null : lastEventId,
      isUpToDate: false,
      tookAtMs: nowMs,
      heartbeatAtMs: nowMs,
    }
    this.listeners.add(listener)
    controller.enqueue(encoder.encode(`retry: ${retryMs}\n\n`))
    this.tell(listener, this.source.snapshot())
    return listener
  }

  private tell(listener: Listener, snapshot: Now | null): void {
    const nowMs = this.clock.now()
    const isOver = nowMs - listener.openedAtMs >= limits.streamDurationMs
    const isStalled = !hasRoom(listener) && nowMs - listener.tookAtMs >= limits.streamStalledMs
    if (isOver || isStalled) this.end(listener)
    else if (hasRoom(listener)) this.send(listener, snapshot, nowMs)
    else listener.isUpToDate = false
  }

  private send(listener: Listener, snapshot: Now | null, nowMs: number): void {
    listener.tookAtMs = nowMs
    const isHeartbeatDue = nowMs - listener.heartbeatAtMs >= limits.streamHeartbeatMs
    if (isHeartbeatDue) listener.heartbeatAtMs = nowMs
    const news = snapshot === null ? null : this.newsFor(listener, snapshot)
    const text = `${news ?? ''}${isHeartbeatDue ? frame('heartbeat', { at_ms: nowMs }) : ''}`
    if (text !== '') listener.controller.enqueue(encoder.encode(text))
    if (news === null || snapshot === null) return
    listener.sentUpToMs = snapshot.at_ms
    listener.isUpToDate = true
  }

  /** The events that are new to a listener, as text; null: none. */
  private newsFor({ sentUpToMs, isUpToDate }: Listener, snapshot: Now): string | null {
    if (sentUpToMs !== null && snapshot.at_ms <= sentUpToMs) return null
    // Before the snapshot whose id covers them: whoever breaks off between hears of them again.
    const changes = sentUpToMs === null ? [] : this.source.changesAfter(sentUpToMs)
    const history = isUpToDate
      ? null
      : { is_resumed: sentUpToMs !== null, samples: this.source.samplesAfter(sentUpToMs) }
    const latest =
      history === null ? this.plain(snapshot) : frame('snapshot', { ...snapshot, history }, snapshot.at_ms)
    return [...changes.map((change) => frame('alert', change)), latest].join('')
  }

  /** What most readers are sent, put into words once for all of them. */
  private plain(snapshot: Now): string {
    if (this.latest?.snapshot !== snapshot) {
      this.latest = { snapshot, text: frame('snapshot', { ...snapshot, history: null }, snapshot.at_ms) }
    }
    return this.latest.text
  }

  private end(listener: Listener): void {
    this.listeners.delete(listener)
    try {
      listener.controller.close()
    } catch {
      // Its reader has gone meanwhile, and closed it.
    }
  }
}

function hasRoom({ controller }: Listener): boolean {
  return (controller.desiredSize ?? 0) > 0
}

function frame(event: StreamEventName, data: unknown, id?: number): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
