import { z } from 'zod'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/question.ts'
import { moveSchema, tagsMovedBy } from '../../shared/tags/moves.ts'
import { partsOf, type Tag } from '../../shared/tags/tags.ts'
import { createWatcher, machineMs, type Watch } from './live-arrivals.ts'
import {
  type Asked,
  entryOf,
  type Ground,
  newestOf,
  spread,
  type Viewer,
  type ViewerOptions,
} from './live-ground.ts'
import { type ClientSocket, openSocket } from './live-socket.ts'

export const pollEveryMs = 10_000

/** The parts of a viewer that only asks over HTTP. */
abstract class AskingViewer implements Viewer {
  readonly held = new Map<string, string>()
  readonly decoded = null
  private readonly etags = new Map<string, string>()
  private watch: Watch | null = null

  protected readonly ground: Ground
  protected readonly options: ViewerOptions

  constructor(ground: Ground, options: ViewerOptions) {
    this.ground = ground
    this.options = options
  }

  abstract open(): Promise<number | null>
  abstract drop(): void
  abstract close(): void

  /** Called for each answer with a body. */
  protected abstract took(path: string, body: JsonObject): void

  protected async begin(): Promise<void> {
    const { paths, token } = this.options
    const answers = await Promise.all(paths.map((path) => this.ground.first(path, token)))
    this.watch = createWatcher(this.ground.arrivals, newestOf(answers))
    for (const [index, path] of paths.entries()) this.takeAnswer(path, answers[index])
  }

  protected async ask(path: string, version: number | null): Promise<void> {
    const { token } = this.options
    this.takeAnswer(path, await this.ground.ask(path, { token, etag: this.etags.get(path) ?? null, version }))
  }

  private takeAnswer(path: string, answer: Asked | undefined): void {
    const entry = answer === undefined ? null : entryOf(answer)
    if (answer === undefined || answer.body === null || answer.etag === null || entry === null) return
    this.held.set(path, entry)
    this.etags.set(path, answer.etag)
    this.took(path, answer.body)
    this.watch?.(answer.text)
  }
}

/** A viewer that asks for all that it shows every ten seconds, with the ETag that it has. */
export class PollingViewer extends AskingViewer {
  private timer: NodeJS.Timeout | undefined
  private start: NodeJS.Timeout | undefined

  override async open(): Promise<number | null> {
    const startedAtMs = machineMs()
    await this.begin()
    const poll = () => {
      for (const path of this.options.paths) void this.ask(path, null)
    }
    const begin = () => {
      poll()
      this.timer = setInterval(poll, pollEveryMs)
    }
    this.start = setTimeout(begin, Math.random() * pollEveryMs)
    return machineMs() - startedAtMs
  }

  override drop(): void {
    clearTimeout(this.start)
    clearInterval(this.timer)
  }

  override close(): void {
    this.drop()
  }

  protected override took(): void {}
}

const pushSchema = z.object({ moves: z.array(moveSchema), version: z.number() })

/** A viewer whose socket says which tags moved, and that asks over HTTP for what it shows of them. */
export class RefetchViewer extends AskingViewer {
  private socket: ClientSocket | null = null
  private readonly tags = new Map<string, readonly Tag[]>()
  /** The tags that moved since the last question, by path. */
  private readonly moved = new Map<string, Set<number>>()
  /** The versions that are to be asked for, by path. Pushes that come meanwhile need no request of their own. */
  private readonly wanted = new Map<string, number>()

  override async open(): Promise<number | null> {
    const { ground } = this
    const startedAtMs = machineMs()
    const { status, socket } = await openSocket({
      url: `${ground.pusher}/?workspaceId=${ground.workspaceId}`,
      protocols: [],
      onText: (text) => this.take(text),
      onEnd: () => ground.note('sockets ended'),
    })
    ground.note(`sockets ${status}`)
    this.socket = socket
    await this.begin()
    return socket === null ? null : machineMs() - startedAtMs
  }

  override drop(): void {
    this.socket?.drop()
  }

  override close(): void {
    this.drop()
  }

  protected override took(path: string, body: JsonObject): void {
    this.tags.set(path, tagsOf(path, this.ground.workspaceId, body))
  }

  private take(text: string): void {
    this.ground.note('frames pushed')
    const { moves, version } = pushSchema.parse(JSON.parse(text))
    const offsets = moves.flatMap(tagsMovedBy)
    for (const path of this.options.paths) {
      const moved = this.moved.get(path) ?? new Set()
      this.moved.set(path, moved)
      for (const offset of offsets) moved.add(offset)
      const areMoved = (tag: Tag) => partsOf(tag).every((part) => moved.has(part))
      if (this.tags.get(path)?.some(areMoved) === true) void this.askSoon(path, version)
    }
  }

  private async askSoon(path: string, version: number): Promise<void> {
    const isWaiting = this.wanted.has(path)
    this.wanted.set(path, version)
    if (isWaiting) return
    await spread()
    const newest = this.wanted.get(path) ?? version
    this.wanted.delete(path)
    this.moved.delete(path)
    await this.ask(path, newest)
  }
}

const encoder = new TextEncoder()

/** The tags of a shown question, for which a client of this design needs the rules of the server. */
function tagsOf(path: string, workspaceId: string, body: JsonObject): readonly Tag[] {
  const question = questionOf(path, workspaceId)
  return [...question.tagsFor(null), ...question.embeddedTags(encoder.encode(JSON.stringify(body)))]
}

function questionOf(path: string, workspaceId: string): Question {
  const { pathname, searchParams } = new URL(path, 'http://bench')
  const [, boardId] = /^\/api\/boards\/([^/]+)\/contacts$/.exec(pathname) ?? []
  const parsed =
    boardId === undefined
      ? contactCounts.parse({ workspaceId }, {})
      : contactList.parse({ boardId }, Object.fromEntries(searchParams))
  if (!parsed.ok) throw new Error(`live-asking-viewers.ts: no question is ${path}`)
  return parsed.value
}
