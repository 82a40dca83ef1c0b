import type { HubFrame } from '../../shared/contract/live.ts'
import { differenceOf } from '../../shared/live/difference.ts'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { livePing, livePong } from '../../shared/live/wire.ts'
import type { HttpAnswer, OpenSocket, Platform, SocketEvents } from '../../worker/client/platform.ts'

/** How much faster the clock of the page runs than the machine's. */
const haste = 120
const writesPerSecond = 5
const proofEveryMs = 30_000
const rowsMax = 2_000

/** A board on which somebody writes all the time, with its API, its hub and its clock, all within the page. */
export class BusyWorld {
  writes = 0
  readonly #startMs = Date.now()
  readonly #rows: JsonObject[] = Array.from({ length: rowsMax }, (_, index) => rowOf(`row-${index}`, index))
  readonly #sockets = new Set<BusySocket>()

  readonly nowMs = (): number => this.#startMs + (Date.now() - this.#startMs) * haste

  /** The browser's platform with this world in place of the network and the clock. */
  on(platform: Platform): Platform {
    return {
      ...platform,
      clock: {
        now: this.nowMs,
        schedule(callback, delayMs) {
          const timer = setTimeout(callback, delayMs / haste)
          return () => clearTimeout(timer)
        },
      },
      send: async (url) => this.#answer(url),
      openSocket: this.#open,
    }
  }

  get version(): number {
    return this.writes + 1
  }

  /** Writes as much as is due, tells it, and comes back. */
  run(): void {
    const due = Math.floor(((this.nowMs() - this.#startMs) / 1_000) * writesPerSecond)
    // A machine that is busy catches up little by little, so that frames are not all for the same moment.
    const until = Math.min(due, this.writes + 20)
    while (this.writes < until) {
      this.#write()
      for (const socket of this.#sockets) socket.tell()
    }
    setTimeout(() => this.run(), 1)
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
    const etag = `W/"${etagOf(data)}.user"`
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

/** The hub's side of a socket. */
class BusySocket {
  readonly #world: BusyWorld
  readonly #events: SocketEvents
  readonly #gone: () => void
  readonly #shown = new Map<number, { readonly path: string; data: JsonObject | null }>()
  #provedAtMs = 0

  constructor(world: BusyWorld, events: SocketEvents, gone: () => void) {
    this.#world = world
    this.#events = events
    this.#gone = gone
  }

  begin(): void {
    this.#events.opened()
    this.#say({ type: 'welcome', ledger: 'busy', tokenExpiresInMs: 86_400_000, ...this.#proof() })
  }

  /** Tells each question's difference, and a proof when one is due. */
  tell(): void {
    const { version } = this.#world
    for (const [id, shown] of this.#shown) {
      const data = this.#world.page(shown.path)
      const [from, to] = [shown.data === null ? null : etagOf(shown.data), etagOf(data)]
      if (shown.data !== null && from !== null && from !== to) {
        const difference = differenceOf(shown.data, data)
        this.#say({ type: 'changed', id, version, from, to, difference, dueInMs: null })
      }
      shown.data = data
    }
    if (this.#world.nowMs() - this.#provedAtMs < proofEveryMs) return
    this.#provedAtMs = this.#world.nowMs()
    this.#say({ type: 'proof', ledger: 'busy', ...this.#proof() })
  }

  send(text: string): void {
    if (text === livePing) this.#events.received(livePong)
    else this.#take(JSON.parse(text))
  }

  close(code: number): void {
    this.#gone()
    setTimeout(() => this.#events.closed(code))
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
    const isHeld = frame.etag === etagOf(data)
    this.#shown.set(id, { path, data: isHeld ? data : null })
    if (isHeld) this.#say({ type: 'shown', id, version, etag: etagOf(data), dueInMs: null })
    else this.#say({ type: 'moved', id, version })
  }

  #proof() {
    return { version: this.#world.version, asOfAgeMs: 20, provedAgeMs: 100 }
  }

  #say(frame: HubFrame): void {
    this.#events.received(JSON.stringify(frame))
  }
}

/** A digest of an answer (FNV-1a). */
function etagOf(data: JsonObject): string {
  let digest = 0x811c9dc5
  for (const character of JSON.stringify(data))
    digest = Math.imul(digest ^ character.charCodeAt(0), 0x01000193)
  return (digest >>> 0).toString(36)
}

function rowOf(id: string, index: number): JsonObject {
  return {
    ...{ id, workspace_id: '15213', board_id: 'board_123', board_column_id: 'col_1', name: `Row ${index}` },
    ...{ email: `${id}@example.com`, phone: null, status: 'open', priority: 'low', tags: ['some', 'tags'] },
    last_message: 'A message of an ordinary length, as people write them to each other on a working day.',
  }
}
