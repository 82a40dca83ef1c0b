import type { HubFrame } from '../../../shared/contract/live.ts'
import { clientFrameSchema } from '../../../shared/contract/live.ts'
import { liveLimits } from '../../../shared/limits/live-limits.ts'
import { differenceOf } from '../../../shared/live/difference.ts'
import type { JsonObject } from '../../../shared/live/json-value.ts'
import { livePing, livePong } from '../../../shared/live/wire.ts'
import type { OpenSocket, SocketEvents } from '../../../worker/client/platform.ts'
import type { Dice } from '../../support/dice.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import type { FakeApi } from './fake-api.ts'

interface Shown {
  readonly path: string
  /** The data that the client holds, as far as the hub knows. */
  data: JsonObject | null
}

interface Connected {
  readonly events: SocketEvents
  readonly shown: Map<number, Shown>
  readonly tokens: string[]
  isOpen: boolean
  sent: number
  /** No frame arrives before this instant. */
  arrivesAtMs: number
}

export interface HubFaults {
  /** No connection is accepted. */
  isAway: boolean
  /** The next frames are lost, sent twice, or arrive after their successor. */
  lose: number
  repeat: number
  swap: number
  /** Every change is told as `moved`. */
  isVague: boolean
}

/** A hub that speaks the real frames, over sockets whose faults the test chooses. */
export class FakeHub {
  readonly faults: HubFaults = { isAway: false, lose: 0, repeat: 0, swap: 0, isVague: false }
  readonly sockets = new Set<Connected>()
  readonly frames: { readonly type: string }[] = []
  readonly received: { readonly type: string }[] = []
  tokenExpiresInMs = 3_600_000
  readonly #clock: FakeClock
  readonly #dice: Dice
  readonly #api: FakeApi
  #stalledUntilMs = 0
  #tellAtMs = 0

  constructor(clock: FakeClock, dice: Dice, api: FakeApi) {
    this.#clock = clock
    this.#dice = dice
    this.#api = api
    api.onMoment = () => {
      this.#tellAtMs = Math.max(this.#tellAtMs, clock.now() + dice.between(5, 60))
      clock.schedule(() => this.#tellAll(), this.#tellAtMs - clock.now())
    }
    this.#beat()
  }

  openSocket: OpenSocket = (_url, protocols, events) => {
    const token = (protocols[1] ?? '').slice('bearer.'.length)
    const socket: Connected = {
      events,
      shown: new Map(),
      tokens: [token],
      isOpen: false,
      sent: 0,
      arrivesAtMs: 0,
    }
    this.#clock.schedule(
      () => {
        if (this.faults.isAway || this.#api.refusedTokens.has(token)) return events.closed(1006)
        socket.isOpen = true
        this.sockets.add(socket)
        this.#send(socket, {
          type: 'welcome',
          ...this.#proof(),
          ledger: this.#api.now.ledger,
          tokenExpiresInMs: this.tokenExpiresInMs,
        })
      },
      this.#dice.between(5, 80),
    )
    return {
      send: (text) => void this.#clock.schedule(() => this.#receive(socket, text), this.#dice.between(1, 30)),
      close: () => this.#end(socket, 1000),
    }
  }

  /** Closes every socket. Frames on their way are lost. */
  closeAll(code: number): void {
    for (const socket of [...this.sockets]) this.#end(socket, code)
  }

  /** Nothing arrives for so long; then everything does. */
  stall(forMs: number): void {
    this.#stalledUntilMs = this.#clock.now() + forMs
  }

  #end(socket: Connected, code: number): void {
    if (!socket.isOpen) return
    socket.isOpen = false
    this.sockets.delete(socket)
    this.#clock.schedule(() => socket.events.closed(code), 1)
  }

  #proof() {
    return { version: this.#api.now.version, asOfAgeMs: 0, provedAgeMs: null }
  }

  #beat(): void {
    this.#clock.schedule(() => {
      this.#tellAll()
      for (const socket of this.sockets) {
        const { sent } = socket
        this.#send(socket, { type: 'proof', ...this.#proof(), ledger: this.#api.now.ledger, sent })
      }
      this.#beat()
    }, liveLimits.liveCompareEveryMs)
  }

  #receive(socket: Connected, text: string): void {
    if (!socket.isOpen) return
    if (text === livePing) {
      this.#deliver(socket, livePong)
      return
    }
    const frame = clientFrameSchema.parse(JSON.parse(text))
    this.received.push(frame)
    if (frame.type === 'hide') socket.shown.delete(frame.id)
    if (frame.type === 'renew') {
      socket.tokens.push(frame.token)
      this.#send(socket, { type: 'renewed', tokenExpiresInMs: this.tokenExpiresInMs })
    }
    if (frame.type !== 'show') return
    const { version } = this.#api.now
    if ((frame.version ?? 0) > version) throw new Error('a client showed a version that no ledger has given')
    const now = this.#api.dataAt(frame.question, this.#api.now)
    const etag = this.#api.etagOf(now)
    const isHeld = frame.etag === etag && now !== null && !this.#isPersonal(frame.question)
    socket.shown.set(frame.id, { path: frame.question, data: isHeld ? now : null })
    this.#send(
      socket,
      isHeld
        ? { type: 'shown', id: frame.id, version, etag, dueInMs: null }
        : { type: 'moved', id: frame.id, version },
    )
  }

  #isPersonal(path: string): boolean {
    return path.endsWith('/counts')
  }

  #tellAll(): void {
    for (const socket of this.sockets) {
      for (const [id, shown] of socket.shown) this.#tell(socket, id, shown)
    }
  }

  #told = new Map<Shown, string>()

  #tell(socket: Connected, id: number, shown: Shown): void {
    const { version } = this.#api.now
    const after = this.#api.dataAt(shown.path, this.#api.now)
    const before = shown.data
    const to = this.#api.etagOf(after)
    const from = before === null ? null : this.#api.etagOf(before)
    if (from === to || this.#told.get(shown) === to) return
    this.#told.set(shown, to)
    const isDifference = before !== null && after !== null && !this.faults.isVague && from !== null
    shown.data = isDifference ? after : null
    this.#send(
      socket,
      isDifference
        ? { type: 'changed', id, version, from, to, difference: differenceOf(before, after), dueInMs: null }
        : { type: 'moved', id, version },
    )
    if (!isDifference) this.#told.delete(shown)
  }

  #send(socket: Connected, frame: HubFrame): void {
    socket.sent += 1
    this.frames.push(frame)
    const { faults } = this
    const text = JSON.stringify(frame)
    const isFaulty = frame.type !== 'welcome'
    if (isFaulty && faults.lose > 0) {
      faults.lose -= 1
      return
    }
    if (isFaulty && faults.swap > 0) {
      faults.swap -= 1
      this.#clock.schedule(() => this.#deliver(socket, text), this.#dice.between(1, 400))
      return
    }
    this.#deliver(socket, text)
    if (isFaulty && faults.repeat > 0) {
      // It is the hub that says something twice, and it counts it: TCP repeats nothing.
      faults.repeat -= 1
      socket.sent += 1
      this.#deliver(socket, text)
    }
  }

  /** In order, after a time that differs. */
  #deliver(socket: Connected, text: string): void {
    const nowMs = this.#clock.now()
    socket.arrivesAtMs = Math.max(socket.arrivesAtMs, this.#stalledUntilMs, nowMs + this.#dice.between(1, 60))
    this.#clock.schedule(() => socket.isOpen && socket.events.received(text), socket.arrivesAtMs - nowMs)
  }
}
