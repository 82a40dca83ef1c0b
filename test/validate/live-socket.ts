import { z } from 'zod'
import { liveProtocol, liveTokenPrefix } from '../../shared/live/wire.ts'
import { validateBounds as bounds } from './bounds.ts'
import type { Given } from './given.ts'

/** Of a hub's frames, what is looked at (shared/contract/live.ts). */
const frameSchema = z.looseObject({
  type: z.string(),
  id: z.number().nullish(),
  version: z.number().nullish(),
})

export interface SeenFrame {
  readonly type: string
  readonly version: number | null
  readonly text: string
  readonly atMs: number
}

export interface LiveSocket {
  show(question: string, etag: string | null): void
  /** The first frame after this call for which `isIt` holds; null if there is none within the bound. */
  next(isIt: (frame: SeenFrame) => boolean, withinMs: number): Promise<SeenFrame | null>
  close(): void
}

/** The hub refused the connection, or did not greet in time. */
export class NoConnection extends Error {}

/** Opens `GET /api/live` as a browser does, and waits for the hub's greeting. */
export async function openLive(
  { url, workspaceId }: Given,
  token: string,
  signal: AbortSignal,
): Promise<LiveSocket> {
  const address = `${url.replace(/^http/, 'ws')}/api/live?workspaceId=${encodeURIComponent(workspaceId)}`
  const socket = new WebSocket(address, [liveProtocol, `${liveTokenPrefix}${token}`])
  const waiting = new Set<(frame: SeenFrame) => void>()
  const close = () => socket.close()
  signal.addEventListener('abort', close, { once: true })
  socket.addEventListener('message', ({ data }) => {
    const atMs = performance.now()
    const text = String(data)
    const frame = parseFrame(text)
    if (frame === null) return
    for (const hear of waiting) hear({ type: frame.type, version: frame.version ?? null, text, atMs })
  })

  const next: LiveSocket['next'] = (isIt, withinMs) => {
    const { promise, resolve } = Promise.withResolvers<SeenFrame | null>()
    const hear = (frame: SeenFrame) => {
      if (isIt(frame)) resolve(frame)
    }
    waiting.add(hear)
    const end = () => resolve(null)
    const timer = setTimeout(end, withinMs)
    socket.addEventListener('close', end, { once: true })
    return promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(hear)
      socket.removeEventListener('close', end)
    })
  }

  const welcome = await next(({ type }) => type === 'welcome', bounds.socketDeadlineMs)
  signal.throwIfAborted()
  if (welcome === null) {
    socket.close()
    throw new NoConnection('the hub did not greet')
  }
  return {
    show: (question, etag) =>
      socket.send(JSON.stringify({ type: 'show', id: 1, question, etag, version: null })),
    next,
    close() {
      signal.removeEventListener('abort', close)
      socket.close()
    },
  }
}

function parseFrame(text: string): z.output<typeof frameSchema> | null {
  try {
    return frameSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
