import type { Clock } from '../../../shared/clock.ts'
import type { AlertChange } from '../../../shared/contract/alerts.ts'
import type { SampleColumns, StreamEventName } from '../../../shared/contract/monitoring.ts'
import { limits } from '../../../shared/limits.ts'
import type { Now, StreamHolder, StreamRefusal } from './deployment-now.ts'

/** The source of everything that the streams send. */
interface StreamSource {
  /** The state of the deployment, without history; null before the first sample. */
  snapshot(): Now | null
  /** The samples after an instant, oldest first; with null, all samples of the last hour. */
  samplesAfter(atMs: number | null): SampleColumns
  /** The changes of alerts after an instant, oldest first. */
  changesAfter(atMs: number): readonly AlertChange[]
}

/** The open streams of Server-Sent Events (WHATWG HTML, section 9.2). */
interface Streams {
  /**
   * Opens a stream, or says why not: there are at most `limits.streamsMax`, a few for each user and a share for each
   * workspace. `lastEventId` is the time of the last snapshot that the client has.
   */
  open(lastEventId: number | null, holder: StreamHolder): ReadableStream<Uint8Array> | StreamRefusal
  /** Sends the latest news to every stream. To be called after each sample. */
  publish(): void
  readonly count: number
}

interface Listener {
  readonly holder: StreamHolder
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  readonly openedAtMs: number
  /** The latest snapshot that the stream was sent, or that its client already has. */
  sentUpToMs: number | null
  /** Whether the previous snapshot was sent to it. */
  isUpToDate: boolean
  tookAtMs: number
  heartbeatAtMs: number
}

const encoder = new TextEncoder()

/** How long a client waits before it reconnects (`retry:`). */
const retryMs = 1_000

/**
 * A slow reader misses snapshots, and never makes this object buffer more than a fixed amount for it: once it reads
 * again, the next snapshot includes the samples that it missed. A reader that takes nothing for a minute is
 * disconnected. Every stream ends after five minutes, so that after a deployment connections move to the new version;
 * the client reconnects with `Last-Event-ID`.
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
    // The holder's own limit comes first, since it is the one they can do something about.
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
    // Counted over all of the user's workspaces: an admin of many gets no more streams than others.
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
      // A client cannot have a snapshot of the future, so it gets everything.
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

  /** The events that are new to a listener, as text; null if there are none. */
  private newsFor({ sentUpToMs, isUpToDate }: Listener, snapshot: Now): string | null {
    if (sentUpToMs !== null && snapshot.at_ms <= sentUpToMs) return null
    // Changes are sent before the snapshot whose id covers them: a client that disconnects in between receives them
    // again.
    const changes = sentUpToMs === null ? [] : this.source.changesAfter(sentUpToMs)
    const history = isUpToDate
      ? null
      : { is_resumed: sentUpToMs !== null, samples: this.source.samplesAfter(sentUpToMs) }
    const latest =
      history === null ? this.plain(snapshot) : frame('snapshot', { ...snapshot, history }, snapshot.at_ms)
    return [...changes.map((change) => frame('alert', change)), latest].join('')
  }

  /** The snapshot that most readers are sent, serialized once for all of them. */
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
      // The reader has gone in the meantime, which closed the stream.
    }
  }
}

function hasRoom({ controller }: Listener): boolean {
  return (controller.desiredSize ?? 0) > 0
}

function frame(event: StreamEventName, data: unknown, id?: number): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
