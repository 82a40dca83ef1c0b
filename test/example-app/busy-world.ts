import type { HubFrame } from '../../shared/contract/live.ts'
import { differenceOf } from '../../shared/live/difference.ts'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { livePing, livePong } from '../../shared/live/wire.ts'
import type { HttpAnswer, OpenSocket, Platform, SocketEvents } from '../../worker/client/platform.ts'

/** The page's clock goes from write to write, as fast as the page can follow. */
const writeEveryMs = 200
const proofEveryMs = 30_000
const restMs = 20
const rowsMax = 2_000

/** A board on which somebody writes all the time, with its API, its hub and its clock, all within the page. */
export class BusyWorld {
  writes = 0
  readonly #rows: JsonObject[] = Array.from({ length: rowsMax }, (_, index) => rowOf(`row-${index}`, index))
  readonly #sockets = new Set<BusySocket>()
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  readonly #entries = new Map<string, { readonly text: string; readonly etag: string }>()
  nowMs = Date.now()

  /** The browser's platform with this world in place of the network and the clock. */
  on(platform: Platform): Platform {
    return {
      ...platform,
      clock: {
        now: () => this.nowMs,
        schedule: (callback, delayMs) => {
          const timer = { atMs: this.nowMs + delayMs, callback }
          this.#timers.add(timer)
          return () => this.#timers.delete(timer)
        },
      },
      send: async (url) => this.#answer(url),
      openSocket: this.#open,
    }
  }

  get version(): number {
    return this.writes + 1
  }

  /** Writes, tells it, and lets the time pass until the next write, again and again. */
  async run(writes: number): Promise<void> {
    const until = this.writes + writes
    while (this.writes < until) {
      this.#write()
      for (const socket of this.#sockets) socket.tell()
      this.nowMs += writeEveryMs
      const due = [...this.#timers].filter(({ atMs }) => atMs <= this.nowMs)
      for (const timer of due) if (this.#timers.delete(timer)) timer.callback()
      await otherWork()
    }
    // The disk is no faster than it is.
    await new Promise((resolve) => setTimeout(resolve, restMs))
  }

  page(path: string): JsonObject {
    const { searchParams } = new URL(path, 'http://busy')
    const page = Number(searchParams.get('page') ?? 1)
    const per_page = Number(searchParams.get('per_page') ?? 50)
    const contacts = this.#rows.slice((page - 1) * per_page, page * per_page)
    const total = this.#rows.length
    const next_cursor = page * per_page < total ? 'next' : null
    const total_pages = Math.ceil(total / per_page)
    return { contacts, pagination: { page, per_page, total, total_pages, next_cursor } }
  }

  /** A number for each text that the answer to a path has had. */
  etagOf(path: string, data: JsonObject): string {
    const text = JSON.stringify(data)
    const known = this.#entries.get(path)
    const etag = known?.text === text ? known.etag : String(this.writes)
    this.#entries.set(path, { text, etag })
    return etag
  }

  #write(): void {
    this.writes += 1
    const at = (this.writes * 7_919) % 200
    const [row = rowOf('new', 0)] = this.#rows.splice(at, 1)
    if (this.writes % 3 === 0) this.#rows.unshift(rowOf(`new-${this.writes}`, this.writes))
    else this.#rows.splice((this.writes * 31) % 200, 0, { ...row, name: `Written ${this.writes}` })
  }

  #answer(url: string): HttpAnswer {
    const path = url.slice(url.indexOf('/api/'))
    const isPage = /^\/api\/boards\/[^/]+\/contacts/.test(path)
    const data = isPage ? this.page(path) : { total: this.#rows.length, open: this.writes }
    const etag = `W/"${this.etagOf(path, data)}.user"`
    return {
      status: 200,
      headers: new Headers({ ETag: etag, 'Content-Type': 'application/json' }),
      text: async () => JSON.stringify({ success: true, data }),
    }
  }

  #open: OpenSocket = (_url, _protocols, events) => {
    const socket = new BusySocket(this, events, () => this.#sockets.delete(socket))
    this.#sockets.add(socket)
    setTimeout(() => socket.begin())
    return socket
  }
}

/** A question of a socket, and what its client holds; null while the client asks over HTTP. */
interface Shown {
  readonly path: string
  held: { readonly data: JsonObject; readonly etag: string } | null
}

/** The hub's side of a socket. */
class BusySocket {
  readonly #world: BusyWorld
  readonly #events: SocketEvents
  readonly #gone: () => void
  readonly #shown = new Map<number, Shown>()
  #provedAtMs = 0

  constructor(world: BusyWorld, events: SocketEvents, gone: () => void) {
    this.#world = world
    this.#events = events
    this.#gone = gone
  }

  begin(): void {
    this.#say({ type: 'welcome', ledger: 'busy', tokenExpiresInMs: 86_400_000, ...this.#proof() })
  }

  /** Tells each question's difference, and a proof when one is due. */
  tell(): void {
    const { version } = this.#world
    for (const [id, shown] of this.#shown) {
      const data = this.#world.page(shown.path)
      const to = this.#world.etagOf(shown.path, data)
      const { held } = shown
      if (held !== null && held.etag !== to) {
        const difference = differenceOf(held.data, data)
        this.#say({ type: 'changed', id, version, from: held.etag, to, difference, dueInMs: null })
      }
      if (held !== null) shown.held = { data, etag: to }
    }
    if (this.#world.nowMs - this.#provedAtMs < proofEveryMs) return
    this.#provedAtMs = this.#world.nowMs
    this.#say({ type: 'proof', ledger: 'busy', ...this.#proof() })
  }

  send(text: string): void {
    if (text === livePing) this.#events.received(livePong)
    else this.#take(JSON.parse(text))
  }

  close(): void {
    this.#gone()
    setTimeout(() => this.#events.closed(1000))
  }

  #take(frame: {
    readonly type: string
    readonly id: number
    readonly question: string
    readonly etag: string | null
  }): void {
    if (frame.type === 'hide') this.#shown.delete(frame.id)
    if (frame.type !== 'show') return
    const { id, question: path } = frame
    const { version } = this.#world
    if (!path.startsWith('/api/boards/')) {
      this.#say({
        type: 'refused',
        id,
        code: 'question_invalid',
        message: 'This board has no such question.',
      })
      return
    }
    const data = this.#world.page(path)
    const etag = this.#world.etagOf(path, data)
    const isHeld = frame.etag === etag
    this.#shown.set(id, { path, held: isHeld ? { data, etag } : null })
    if (isHeld) this.#say({ type: 'shown', id, version, etag, dueInMs: null })
    else this.#say({ type: 'moved', id, version })
  }

  #proof() {
    return { version: this.#world.version, asOfAgeMs: 20, provedAgeMs: 100 }
  }

  #say(frame: HubFrame): void {
    this.#events.received(JSON.stringify(frame))
  }
}

/** Lets messages arrive and the page render. Timers of the browser would take 4 ms. */
function otherWork(): Promise<void> {
  return new Promise((resolve) => {
    near.onmessage = () => resolve()
    far.postMessage(null)
  })
}
const { port1: near, port2: far } = new MessageChannel()

function rowOf(id: string, index: number): JsonObject {
  return {
    ...{ id, workspace_id: '15213', board_id: 'board_123', board_column_id: 'col_1', name: `Row ${index}` },
    ...{ email: `${id}@example.com`, phone: null, status: 'open', priority: 'low', tags: ['some', 'tags'] },
    last_message: 'A message of an ordinary length, as people write them to each other on a working day.',
  }
}
