import { z } from 'zod'
import { livePing, livePong, liveProtocol, liveTokenPrefix } from '../../shared/contract/live.ts'
import { limits } from '../../shared/limits.ts'
import { applyDifference } from '../../shared/live/apply-difference.ts'
import type { Difference } from '../../shared/live/difference.ts'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { createWatcher, machineMs, type Watch } from './live-arrivals.ts'
import {
  entryOf,
  type Ground,
  newestOf,
  shownPart,
  spread,
  type Viewer,
  type ViewerOptions,
} from './live-ground.ts'
import { type ClientSocket, openSocket } from './live-socket.ts'

const differenceSchema = z.custom<Difference>((value) => typeof value === 'object' && value !== null)
const frameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome'), version: z.number() }),
  z.object({ type: z.literal('shown'), id: z.int(), version: z.number(), etag: z.string() }),
  z.object({
    ...{ type: z.literal('changed'), id: z.int(), version: z.number() },
    ...{ from: z.string(), to: z.string(), difference: differenceSchema },
  }),
  z.object({ type: z.literal('moved'), id: z.int(), version: z.number() }),
  z.object({ type: z.literal('proof'), version: z.number() }),
  z.object({ type: z.literal('renewed') }),
  z.object({ type: z.literal('refused'), code: z.string() }),
])
type Frame = z.output<typeof frameSchema>
type Changed = Extract<Frame, { type: 'changed' }>

const pingEveryMs = 30_000
const currentWithinMs = 60_000
const framesRemembered = 64

/** Frames by their text. A hub sends the same text to all viewers of a question, so most need not be parsed again. */
const parsed = new Map<string, Frame>()

function frameOf(text: string): Frame {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const frame = frameSchema.parse(JSON.parse(text))
  parsed.set(text, frame)
  const [oldest] = parsed.keys()
  if (parsed.size > framesRemembered && oldest !== undefined) parsed.delete(oldest)
  return frame
}

/** A viewer of the live design. It believes only what a browser client may believe (shared/contract/live.ts), and counts each breach. */
export class HubViewer implements Viewer {
  readonly held = new Map<string, string>()
  readonly decoded: Map<string, JsonObject> | null
  private readonly unconfirmed = new Set<string>()
  private readonly userPart = new Map<string, string>()
  private socket: ClientSocket | null = null
  private version: number | null = null
  private frames = 0
  private pings: NodeJS.Timeout | undefined
  private watch: Watch | null = null
  private onCurrent: () => void = () => undefined

  private readonly ground: Ground
  private readonly options: ViewerOptions

  constructor(ground: Ground, options: ViewerOptions) {
    this.ground = ground
    this.options = options
    this.decoded = options.isDecoding ? new Map() : null
  }

  async open(): Promise<number | null> {
    const { ground, options } = this
    if (this.watch === null) await this.begin()
    const startedAtMs = machineMs()
    const current = Promise.withResolvers<number | null>()
    this.onCurrent = () => current.resolve(machineMs() - startedAtMs)
    const address = `${ground.worker}/api/live?workspaceId=${ground.workspaceId}`
    const { status, socket } = await openSocket({
      url: address,
      protocols: [liveProtocol, `${liveTokenPrefix}${options.token}`],
      onText: (text) => this.take(text),
      onEnd: () => this.ended(),
    })
    ground.note(`sockets ${status}`)
    this.socket = socket
    if (socket === null) return null
    this.frames = 0
    options.paths.forEach((question, id) => {
      this.unconfirmed.add(question)
      const etag = this.held.get(question) ?? null
      socket.send(JSON.stringify({ type: 'show', id, question, etag, version: this.version }))
    })
    this.pings = setInterval(() => socket.send(livePing), pingEveryMs)
    const late = setTimeout(() => current.resolve(null), currentWithinMs)
    return current.promise.finally(() => clearTimeout(late))
  }

  drop(): void {
    this.socket?.drop()
  }

  close(): void {
    this.drop()
  }

  private async begin(): Promise<void> {
    const { ground, options } = this
    const answers = await Promise.all(options.paths.map((path) => ground.first(path, options.token)))
    options.paths.forEach((path, index) => {
      const answer = answers[index]
      const etag = answer === undefined ? null : entryOf(answer)
      if (answer?.body === null || answer === undefined || etag === null) return
      this.hold(path, etag, answer.body)
    })
    this.watch = createWatcher(ground.arrivals, newestOf(answers))
  }

  private ended(): void {
    clearInterval(this.pings)
    this.socket = null
    this.ground.note('sockets ended')
  }

  private take(text: string): void {
    if (text === livePong) return
    this.frames += 1
    if (this.frames % limits.liveSeenEvery === 0)
      this.socket?.send(JSON.stringify({ type: 'seen', frames: this.frames }))
    const frame = this.decoded === null ? frameOf(text) : frameSchema.parse(JSON.parse(text))
    this.ground.note(`frames ${frame.type}`)
    if (frame.type === 'refused') this.ground.note(`lost: refused ${frame.code}`)
    if (!('id' in frame)) return
    const path = this.options.paths[frame.id] ?? ''
    this.version = Math.max(this.version ?? 0, frame.version)
    if (frame.type === 'shown') {
      if (frame.etag === this.held.get(path)) this.confirm(path)
      else this.lose('shown with an ETag that is not held', path)
    } else if (frame.type === 'changed') this.change(path, frame, text)
    else void this.ask(path, frame.version)
  }

  private change(path: string, frame: Changed, text: string): void {
    const { from, to, difference } = frame
    const { bodies } = this.ground
    if (this.held.get(path) !== from) {
      // The answer that it asked for meanwhile was newer than the hub knew.
      this.ground.note('differences from another entry')
      void this.ask(path, frame.version)
      return
    }
    const own = this.decoded?.get(path)
    const before = own ?? bodies.get(path, from)
    const known = own === undefined ? bodies.get(path, to) : null
    const after = known ?? (before === null ? null : applyDifference(before, difference))
    if (after === null) {
      this.lose('a difference that does not fit', path)
      return
    }
    this.hold(path, to, after)
    this.watch?.(text)
    this.confirm(path)
  }

  private hold(path: string, etag: string, body: JsonObject): void {
    const shown = shownPart(body)
    this.held.set(path, etag)
    this.decoded?.set(path, shown)
    this.ground.bodies.put(path, etag, shown)
  }

  /** Notes a breach, and asks as a client does that has lost a frame. */
  private lose(what: string, path: string): void {
    this.ground.note(`lost: ${what}`)
    void this.ask(path, this.version)
  }

  private async ask(path: string, version: number | null): Promise<void> {
    await spread()
    const { ground, options } = this
    const [etag, user] = [this.held.get(path), this.userPart.get(path)]
    const known = etag === undefined || user === undefined ? null : `W/"${etag}.${user}"`
    const answer = await ground.ask(path, { token: options.token, etag: known, version })
    const entry = entryOf(answer)
    if (answer.status === 200 && answer.body !== null && entry !== null) {
      this.userPart.set(path, /\.([^."]+)"$/.exec(answer.etag ?? '')?.[1] ?? '')
      this.hold(path, entry, answer.body)
      this.watch?.(answer.text)
    }
    if (answer.status === 200 || answer.status === 304) this.confirm(path)
  }

  private confirm(path: string): void {
    if (this.unconfirmed.delete(path) && this.unconfirmed.size === 0) this.onCurrent()
  }
}
