import type { Clock } from '../../shared/clock.ts'
import type { AlertChange } from '../../shared/contract/alerts.ts'
import type { SampleColumns, Snapshot, StreamEventName } from '../../shared/contract/monitoring.ts'
import { limits } from '../../shared/limits.ts'

/** What the streams tell of. */
export interface StreamSource {
  /** The deployment now, without history; null before the first sample. */
  snapshot(): Omit<Snapshot, 'history'> | null
  /** The samples after an instant, oldest first; all there are of the last hour for null. */
  samplesAfter(atMs: number | null): SampleColumns
  /** The changes of alerts after an instant, oldest first. */
  changesAfter(atMs: number): readonly AlertChange[]
}

/** The open streams of Server-Sent Events (WHATWG HTML, section 9.2). */
export interface Streams {
  /**
   * A new stream, or null where there are too many. `lastEventId`: the instant of the last snapshot the client has.
   */
  open(lastEventId: number | null): ReadableStream<Uint8Array> | null
  /** Tells everybody what is new; to be called after each sample. */
  publish(): void
  readonly count: number
}

interface Listener {
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
  const listeners = new Set<Listener>()

  function end(listener: Listener): void {
    listeners.delete(listener)
    try {
      listener.controller.close()
    } catch {
      // Its reader has gone meanwhile, and closed it.
    }
  }

  function hasRoom({ controller }: Listener): boolean {
    return (controller.desiredSize ?? 0) > 0
  }

  /** The events that are new to a listener, as text; null: none. */
  function newsFor(listener: Listener, snapshot: Omit<Snapshot, 'history'>): string | null {
    const { sentUpToMs, isUpToDate } = listener
    if (sentUpToMs !== null && snapshot.at_ms <= sentUpToMs) return null
    // Before the snapshot whose id covers them: whoever breaks off between hears of them again.
    const changes = sentUpToMs === null ? [] : source.changesAfter(sentUpToMs)
    const history = isUpToDate
      ? null
      : { is_resumed: sentUpToMs !== null, samples: source.samplesAfter(sentUpToMs) }
    return [
      ...changes.map((change) => frame('alert', change)),
      frame('snapshot', { ...snapshot, history }, snapshot.at_ms),
    ].join('')
  }

  function tell(listener: Listener, snapshot: Omit<Snapshot, 'history'> | null): void {
    const nowMs = clock.now()
    if (nowMs - listener.openedAtMs >= limits.streamDurationMs) {
      end(listener)
      return
    }
    if (!hasRoom(listener)) {
      listener.isUpToDate = false
      if (nowMs - listener.tookAtMs >= limits.streamStalledMs) end(listener)
      return
    }
    listener.tookAtMs = nowMs
    const isHeartbeatDue = nowMs - listener.heartbeatAtMs >= limits.streamHeartbeatMs
    if (isHeartbeatDue) listener.heartbeatAtMs = nowMs
    const news = snapshot === null ? null : newsFor(listener, snapshot)
    const text = `${news ?? ''}${isHeartbeatDue ? frame('heartbeat', { at_ms: nowMs }) : ''}`
    if (text !== '') listener.controller.enqueue(encoder.encode(text))
    if (news !== null && snapshot !== null) {
      listener.sentUpToMs = snapshot.at_ms
      listener.isUpToDate = true
    }
  }

  return {
    open(lastEventId) {
      if (listeners.size >= limits.streamsMax) return null
      let opened: Listener | null = null
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            const nowMs = clock.now()
            opened = {
              controller,
              openedAtMs: nowMs,
              sentUpToMs: lastEventId,
              isUpToDate: false,
              tookAtMs: nowMs,
              heartbeatAtMs: nowMs,
            }
            listeners.add(opened)
            controller.enqueue(encoder.encode(`retry: ${retryMs}\n\n`))
            tell(opened, source.snapshot())
          },
          cancel() {
            if (opened !== null) listeners.delete(opened)
          },
        },
        { highWaterMark: limits.streamBufferBytes, size: (chunk) => chunk?.byteLength ?? 0 },
      )
    },
    publish() {
      const snapshot = source.snapshot()
      for (const listener of [...listeners]) tell(listener, snapshot)
    },
    get count() {
      return listeners.size
    },
  }
}

function frame(event: StreamEventName, data: unknown, id?: number): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
