import type { z } from 'zod'
import type { clientFrameSchema, HubFrame } from '../../../shared/contract/live.ts'
import { liveLimits } from '../../../shared/limits/live-limits.ts'
import {
  liveCloseCodes,
  livePing,
  livePong,
  liveProtocol,
  liveTokenPrefix,
} from '../../../shared/live/wire.ts'
import type { Socket } from '../platform.ts'
import type { ConnectionStatus } from './connection-status.ts'
import type { LiveConnection, LiveListener, LiveSurroundings } from './live-connection.ts'
import { liveTiming, returnDelayMs } from './live-timing.ts'
import { readFrame } from './read-frame.ts'
import { ShownIds } from './shown-ids.ts'

type SentFrame = z.input<typeof clientFrameSchema>

/** One attempt to have a socket. Events of an earlier one are ignored. */
interface Attempt {
  socket: Socket | null
  token: string | null
  welcomedAtMs: number | null
  /** The frames since the welcome, which is the first. */
  received: number
  readonly ids: ShownIds
  /** When the latest ping was sent that has been answered. Every later frame was sent after that instant. */
  heardSinceMs: number
  pingSentAtMs: number | null
}

/** Opens the connection at once, if there are WebSockets. `url` is the Worker's. */
export function openLive(
  { url, workspaceId }: { readonly url: string; readonly workspaceId: string },
  surroundings: LiveSurroundings,
  listener: LiveListener,
): LiveConnection {
  const address = `${url.replace(/^http/, 'ws')}/api/live?workspaceId=${encodeURIComponent(workspaceId)}`
  const link = new LiveLink(address, surroundings, listener)
  link.resume()
  return link
}

/**
 * The connection to the hub of a workspace, as a state machine: it connects, shows what is wanted, renews the token, and comes back.
 *
 * A frame may lie in a buffer while the machine sleeps or the network hangs. So a proof counts from the latest ping before it that was
 * answered, not from its arrival. TCP brings the frames of a socket once and in order. If the hub counts them, a lost
 * one is noticed with the next proof.
 */
class LiveLink implements LiveConnection {
  readonly #address: string
  readonly #around: LiveSurroundings
  readonly #listener: LiveListener
  readonly #wanted = new Set<string>()
  /** Questions that are to be shown, shown again or hidden on the socket. */
  readonly #unsent = new Set<string>()
  #attempt: Attempt | null = null
  #resting: 'paused' | 'offline' | 'closed' | null = null
  #failures = 0
  #refusedToken: string | null = null
  /** When the last token expires, by the hub that took it. One that no hub has taken may expire at any time. */
  #expiry: { readonly token: string | null; readonly atMs: number } = { token: null, atMs: 0 }
  #known: { version: number; ledger: string; asOfMs: number; provedAtMs: number | null } | null = null
  readonly #counted = { sent: 0, received: 0 }
  #frameWindow = { startedAtMs: 0, sent: 0 }
  #cancelReturn = () => {}
  #cancelBeat = () => {}
  #cancelRenewal = () => {}
  #cancelFlush = () => {}

  constructor(address: string, around: LiveSurroundings, listener: LiveListener) {
    this.#address = address
    this.#around = around
    this.#listener = listener
  }

  show(path: string): void {
    this.#wanted.add(path)
    this.#unsent.add(path)
    this.#flush()
  }

  hide(path: string): void {
    this.#wanted.delete(path)
    this.#unsent.add(path)
    this.#flush()
  }

  pause(mode: 'paused' | 'offline'): void {
    if (this.#resting === 'closed') return
    this.#resting = mode
    this.#end()
    this.#listener.statusChanged()
  }

  resume(): void {
    if (this.#resting === 'closed') return
    this.#resting = null
    if (this.#attempt === null) this.#connect()
    this.#listener.statusChanged()
  }

  provedUntilMs(): number | null {
    return this.#known === null ? null : this.#known.asOfMs + liveLimits.liveProofLifetimeMs
  }

  status(): ConnectionStatus {
    const known = this.#known
    const nowMs = this.#around.clock.now()
    return {
      mode: this.#mode(nowMs),
      asOfAgeMs: known === null ? null : nowMs - known.asOfMs,
      provedAgeMs: known?.provedAtMs == null ? null : nowMs - known.provedAtMs,
      version: known?.version ?? null,
      ledger: known?.ledger ?? null,
    }
  }

  frames() {
    return this.#counted
  }

  close(): void {
    this.#resting = 'closed'
    this.#end()
  }

  #mode(nowMs: number): ConnectionStatus['mode'] {
    if (this.#resting === 'paused' || this.#resting === 'offline') return this.#resting
    const untilMs = this.provedUntilMs()
    if (untilMs !== null && nowMs < untilMs) return 'live'
    const isConnecting = this.#attempt !== null && this.#known === null && this.#failures === 0
    return isConnecting && this.#resting === null ? 'connecting' : 'polling'
  }

  /** Takes the socket away and everything that waits, without a return. */
  #end(): void {
    const attempt = this.#attempt
    this.#attempt = null
    this.#cancelReturn()
    this.#cancelBeat()
    this.#cancelRenewal()
    this.#cancelFlush()
    if (attempt === null) return
    attempt.socket?.close()
    this.#forget(attempt)
  }

  #forget({ welcomedAtMs }: Attempt): void {
    const asOfMs = this.#known?.asOfMs ?? null
    this.#known = null
    if (welcomedAtMs !== null) this.#listener.lost(asOfMs)
  }

  #connect(): void {
    const { openSocket, clock, hasHeard } = this.#around
    if (openSocket === null) return
    const attempt: Attempt = {
      socket: null,
      token: null,
      welcomedAtMs: null,
      received: 0,
      ids: new ShownIds(liveLimits.liveQuestionsMax),
      heardSinceMs: clock.now(),
      pingSentAtMs: null,
    }
    this.#cancelReturn()
    this.#attempt = attempt
    // A door that refuses a token does not say why, but one that the API has taken of late is good.
    const nowMs = clock.now()
    const isOver = nowMs >= this.#expiry.atMs && !hasHeard(nowMs - liveTiming.retryMostMs)
    const refused = this.#refusedToken ?? (isOver ? this.#expiry.token : null)
    this.#refusedToken = null
    this.#beatAfter(liveTiming.welcomeDeadlineMs)
    this.#around.token(refused).then(
      (token) => {
        if (this.#attempt !== attempt) return
        attempt.token = token
        attempt.heardSinceMs = clock.now()
        if (token !== this.#expiry.token) {
          this.#expiry = { token, atMs: clock.now() + liveTiming.retryMostMs }
        }
        attempt.socket = openSocket(this.#address, [liveProtocol, `${liveTokenPrefix}${token}`], {
          received: (text) => this.#attempt === attempt && this.#receive(attempt, text),
          closed: (code) => this.#attempt === attempt && this.#returnAfter(attempt, code),
        })
      },
      () => this.#attempt === attempt && this.#returnAfter(attempt, 1006),
    )
  }

  /** The socket is gone, or is given up. */
  #returnAfter(attempt: Attempt, code: number, withinMs?: number): void {
    const { clock } = this.#around
    const { welcomedAtMs, token } = attempt
    const wasSteady = welcomedAtMs !== null && clock.now() - welcomedAtMs >= liveTiming.steadyAfterMs
    const failuresBefore = wasSteady ? 0 : this.#failures
    this.#failures = wasSteady ? 0 : this.#failures + 1
    if (code === liveCloseCodes.tokenExpired) this.#refusedToken = token
    const random = () => this.#around.random()
    const wasWelcomed = welcomedAtMs !== null
    const failures = wasWelcomed ? failuresBefore : this.#failures
    const delayMs =
      withinMs === undefined ? returnDelayMs({ code, wasWelcomed, failures }, random) : random() * withinMs
    this.#end()
    this.#cancelReturn = clock.schedule(() => this.#connect(), delayMs)
    this.#listener.statusChanged()
  }

  #receive(attempt: Attempt, text: string): void {
    if (text === livePong) {
      attempt.heardSinceMs = attempt.pingSentAtMs ?? attempt.heardSinceMs
      attempt.pingSentAtMs = null
      return
    }
    const frame = readFrame(text)
    const mayFollow =
      frame !== null && (attempt.welcomedAtMs !== null || frame === 'later' || frame.type === 'welcome')
    if (!mayFollow) {
      this.#returnAfter(attempt, 1002)
      return
    }
    if (frame !== 'later') this.#take(attempt, frame)
    if (this.#attempt !== attempt) return
    attempt.received += 1
    this.#counted.received += 1
    if (attempt.received % liveLimits.liveSeenEvery === 0)
      this.#send(attempt, { type: 'seen', frames: attempt.received })
  }

  #take(attempt: Attempt, frame: HubFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#welcome(attempt, frame)
        break
      case 'proof':
        this.#takeProof(attempt, frame)
        break
      case 'renewed':
        this.#renewAfter(attempt, frame.tokenExpiresInMs)
        break
      case 'refused':
        this.#takeRefusal(attempt, frame)
        break
      default: {
        const path = attempt.ids.path(frame.id)
        if (this.#known !== null) this.#known.version = Math.max(this.#known.version, frame.version)
        if (path !== undefined && this.#wanted.has(path)) this.#listener.told(path, frame)
      }
    }
  }

  #welcome(attempt: Attempt, frame: Extract<HubFrame, { type: 'welcome' }>): void {
    attempt.welcomedAtMs = this.#around.clock.now()
    this.#learn(attempt, frame)
    this.#renewAfter(attempt, frame.tokenExpiresInMs)
    this.#beatAfter(liveTiming.pingEveryMs)
    this.#listener.welcomed(frame.ledger)
    for (const path of this.#wanted) this.#unsent.add(path)
    this.#flush()
    this.#listener.statusChanged()
  }

  #takeProof(attempt: Attempt, frame: Extract<HubFrame, { type: 'proof' }>): void {
    const isFrameLost = frame.sent !== undefined && frame.sent !== attempt.received
    // With another ledger all versions are others. The next welcome begins with them.
    if (isFrameLost || frame.ledger !== this.#known?.ledger) {
      this.#returnAfter(attempt, 1002, liveTiming.returnSoonMs)
      return
    }
    this.#learn(attempt, frame)
    // The next proof may come at any time, for example when the hub wakes up, and it counts from the last ping before it.
    this.#beatAfter(attempt.pingSentAtMs === null ? 0 : liveTiming.pingEveryMs)
    this.#listener.proved(frame.version)
    this.#listener.statusChanged()
  }

  #learn(attempt: Attempt, frame: Extract<HubFrame, { type: 'welcome' | 'proof' }>): void {
    const sentAtMs = attempt.heardSinceMs
    const asOfMs = sentAtMs - frame.asOfAgeMs
    this.#known = {
      version: Math.max(frame.version, this.#known?.version ?? 0),
      ledger: frame.ledger,
      asOfMs: Math.max(asOfMs, this.#known?.asOfMs ?? asOfMs),
      provedAtMs: frame.provedAgeMs === null ? null : sentAtMs - frame.provedAgeMs,
    }
  }

  #takeRefusal(attempt: Attempt, { id, code }: Extract<HubFrame, { type: 'refused' }>): void {
    if (code === 'token_invalid') this.#renewIn(attempt, liveTiming.renewAgainMs)
    const path = id === null ? undefined : attempt.ids.path(id)
    if (path === undefined) return
    if (code === 'overloaded') {
      // Not for ever: for example, the hub's ledger did not answer in time.
      attempt.ids.free(path)
      const isStillWanted = () => this.#attempt === attempt && this.#wanted.has(path)
      const delayMs = liveTiming.showAgainMs * (1 + this.#around.random())
      this.#around.clock.schedule(() => isStillWanted() && this.show(path), delayMs)
    } else attempt.ids.refuse(path)
    this.#listener.untold(path)
  }

  /** Sends a ping now and then. Nothing heard since the last one, or no proof in time, means that the socket is of no use. */
  #beatAfter(delayMs: number): void {
    this.#cancelBeat()
    this.#cancelBeat = this.#around.clock.schedule(() => {
      const attempt = this.#attempt
      if (attempt === null) return
      const nowMs = this.#around.clock.now()
      const isLate = nowMs >= (this.provedUntilMs() ?? nowMs)
      if (isLate || attempt.pingSentAtMs !== null)
        return this.#returnAfter(attempt, 1006, liveTiming.returnSoonMs * 10)
      attempt.pingSentAtMs = nowMs
      attempt.socket?.send(livePing)
      this.#beatAfter(liveTiming.pingEveryMs)
    }, delayMs)
  }

  #renewAfter(attempt: Attempt, expiresInMs: number): void {
    const { renewBeforeMs, renewLatestMs } = liveTiming
    const atMs = this.#around.clock.now() + expiresInMs
    this.#expiry = { token: attempt.token, atMs }
    const delayMs = Math.max(expiresInMs - renewBeforeMs, expiresInMs / 2)
    this.#renewIn(attempt, Math.min(delayMs, renewLatestMs))
  }

  #renewIn(attempt: Attempt, delayMs: number): void {
    this.#cancelRenewal()
    this.#cancelRenewal = this.#around.clock.schedule(() => {
      const again = () => this.#attempt === attempt && this.#renewIn(attempt, liveTiming.renewAgainMs)
      this.#around.token(attempt.token).then((token) => {
        if (this.#attempt !== attempt || token === attempt.token) return void again()
        attempt.token = token
        this.#send(attempt, { type: 'renew', token })
      }, again)
    }, delayMs)
  }

  /** Shows and hides what is wanted otherwise than the hub knows, as far as the rate of frames and the socket's questions allow. */
  #flush(): void {
    const attempt = this.#attempt
    if (attempt === null || attempt.welcomedAtMs === null) return
    const framesMax = liveLimits.liveClientFramesMax - liveTiming.framesReserved
    for (const path of [...this.#unsent]) {
      const nowMs = this.#around.clock.now()
      const { startedAtMs, sent } = this.#frameWindow
      const endsInMs = startedAtMs + liveLimits.liveClientWindowMs - nowMs
      if (endsInMs > 0 && sent >= framesMax) {
        this.#cancelFlush()
        this.#cancelFlush = this.#around.clock.schedule(() => this.#flush(), endsInMs)
        return
      }
      this.#unsent.delete(path)
      if (this.#wanted.has(path)) this.#sendShow(attempt, path)
      else this.#sendHide(attempt, path)
    }
  }

  #sendShow(attempt: Attempt, path: string): void {
    const id = path.length > liveLimits.liveQuestionCharactersMax ? null : attempt.ids.take(path)
    if (id === null) this.#listener.untold(path)
    else this.#send(attempt, { type: 'show', id, question: path, ...this.#listener.held(path) })
  }

  #sendHide(attempt: Attempt, path: string): void {
    const id = attempt.ids.free(path)
    if (id === null) return
    this.#send(attempt, { type: 'hide', id })
    const waiting = [...this.#wanted].find((each) => !attempt.ids.has(each))
    if (waiting !== undefined) this.#sendShow(attempt, waiting)
  }

  #send({ socket }: Attempt, frame: SentFrame): void {
    const nowMs = this.#around.clock.now()
    if (nowMs - this.#frameWindow.startedAtMs >= liveLimits.liveClientWindowMs) {
      this.#frameWindow = { startedAtMs: nowMs, sent: 0 }
    }
    this.#frameWindow.sent += 1
    this.#counted.sent += 1
    socket?.send(JSON.stringify(frame))
  }
}
