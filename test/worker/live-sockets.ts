import { exports } from 'cloudflare:workers'
import { vi } from 'vitest'
import { z } from 'zod'
import type { ClientFrame, HubFrame } from '../../shared/contract/live.ts'
import { liveProtocol } from '../../shared/contract/live.ts'
import { shownMoves } from '../../shared/tags/moves.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

/** A token of a user who is a member of one workspace. */
export async function tokenFor(workspace: string, user = 'ann'): Promise<string> {
  return workerTokenFor({ [workspace]: 'member' }, user)
}

export function request(path: string, headers: Record<string, string>): Promise<Response> {
  return exports.default.fetch(`https://boardcache.test${path}`, { headers })
}

export async function upgrade(workspace: string, token: string, more: Record<string, string> = {}) {
  return request(`/api/live?workspaceId=${workspace}`, {
    Upgrade: 'websocket',
    'Sec-WebSocket-Protocol': `${liveProtocol}, bearer.${token}`,
    ...more,
  })
}

/** One end of a real WebSocket. */
export class LiveSocket {
  readonly texts: string[] = []
  readonly frames: HubFrame[] = []
  closedWith: number | null = null
  private readonly socket: WebSocket
  private waiting: (() => void)[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.addEventListener('message', ({ data }) => {
      this.texts.push(String(data))
      if (data !== 'pong') this.frames.push(JSON.parse(String(data)))
      this.wake()
    })
    socket.addEventListener('close', ({ code }) => {
      this.closedWith = code
      this.wake()
    })
    socket.accept()
  }

  static async open(workspace: string, user = 'ann'): Promise<LiveSocket> {
    const { status, webSocket } = await upgrade(workspace, await tokenFor(workspace, user))
    if (status !== 101 || webSocket === null) throw new Error(`the upgrade was answered ${status}`)
    const opened = new LiveSocket(webSocket)
    await opened.until(() => opened.frames.length > 0)
    return opened
  }

  send(frame: ClientFrame | string): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  close(): void {
    this.socket.close(1_000, '')
  }

  /** Waits until something holds, which only a frame or the end of the connection can bring about. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  /** Shows a question and waits for the first frame about it. */
  async show(id: number, question: string, etag: string | null = null): Promise<HubFrame> {
    const before = this.frames.length
    const answers = () => this.frames.slice(before).filter((frame) => 'id' in frame && frame.id === id)
    this.send({ type: 'show', id, question, etag, version: null } as ClientFrame)
    await this.until(() => answers().length > 0 || this.closedWith !== null)
    const [answer] = answers()
    if (answer === undefined) throw new Error('the connection ended')
    return answer
  }

  private wake(): void {
    const woken = this.waiting
    this.waiting = []
    for (const wake of woken) wake()
  }
}

const loadSchema = z.object({ workspaceId: z.string(), params: z.object({ boardId: z.string() }) })

/** An origin whose boards have one contact. Its name says whose it is, and how often it was written. */
export class FakeOrigin {
  readonly loads: string[] = []
  private readonly writes = new Map<string, number>()

  constructor() {
    vi.stubGlobal('fetch', (input: RequestInfo, init?: RequestInit) => this.answer(new Request(input, init)))
  }

  nameIn(workspace: string): string {
    return `of ${workspace}, ${this.writes.get(workspace) ?? 0}`
  }

  bodyIn(workspace: string): string {
    const contacts = [{ id: 'c1', name: this.nameIn(workspace) }]
    return JSON.stringify({ contacts, pagination: { next_cursor: null } })
  }

  /** Changes the contact, and tells the Worker as the relay does. */
  async write(workspace: string, tags: readonly string[] = shownMoves('c1')): Promise<void> {
    this.writes.set(workspace, (this.writes.get(workspace) ?? 0) + 1)
    const event = { eventId: crypto.randomUUID(), workspaceId: workspace, tags }
    const response = await exports.default.fetch('https://boardcache.test/api/cache/invalidate', {
      method: 'POST',
      headers: { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` },
      body: JSON.stringify({ outbox: [event] }),
    })
    if (response.status !== 200) throw new Error(`the write was answered ${response.status}`)
    await response.body?.cancel()
  }

  private async answer(asked: Request): Promise<Response> {
    const { pathname } = new URL(asked.url)
    if (pathname !== '/load/contact-list') return new Response('nothing else is here', { status: 502 })
    const { workspaceId } = loadSchema.parse(await asked.json())
    this.loads.push(workspaceId)
    return new Response(this.bodyIn(workspaceId))
  }
}
