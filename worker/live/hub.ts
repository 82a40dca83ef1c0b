import type { ClientFrame, LiveRefusal } from '../../shared/contract/live.ts'
import { clientFrameSchema, liveCloseCodes } from '../../shared/contract/live.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { membershipTags } from '../../shared/tags/tags.ts'
import { ChangeTimes } from '../ledger/change-times.ts'
import type { HubAnswer, Told } from '../ledger/hub-messages.ts'
import type { Copy } from '../ledger/moved-tags.ts'
import { hasMovedPast } from '../ledger/moved-tags.ts'
import { Connection, parseAttachment } from './connection.ts'
import { Delivery, dueAt } from './delivery.ts'
import type { Admission, HubParts, HubSocket, Joining } from './hub-parts.ts'
import type { LiveQuestion } from './live-question.ts'
import { Loads } from './loads.ts'
import { Position } from './position.ts'
import { Questions } from './questions.ts'
import { Rounds } from './rounds.ts'
import { Saver } from './saver.ts'

/** The pause before a comparison that failed is tried again. */
const retryMs = 5_000
/** An answer that time changes is loaded this long before the comparison after which it would be due. */
const dueMarginMs = 5_000
/** The connections that are saved at once. */
const savedAtOnce = 50

/**
 * The connections of one workspace, or a share of them: see README.md. It knows the workspace's ledger up to a version, holds the answers
 * that its clients show, and tells each client what changes in them.
 *
 * It guarantees that a client was told everything up to the version of its last `proof`, and that after hibernation, a lost call or a
 * restart of its ledger nothing is skipped: what is not certain counts as moved. It does not guarantee that nothing is told twice.
 */
export class Hub {
  private readonly parts: HubParts
  private readonly connections = new Map<HubSocket, Connection>()
  private readonly position: Position
  private readonly questions: Questions
  private readonly delivery: Delivery
  private readonly loads: Loads<Connection>
  private readonly rounds: Rounds<Connection>
  private readonly saver: Saver
  private readonly times = new ChangeTimes()
  private alarmAtMs = Number.POSITIVE_INFINITY
  private comparesAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: HubParts) {
    const { clock, recorder } = parts
    const keepAlive = (work: Promise<unknown>) => parts.keepAlive(work)
    this.parts = parts
    this.position = new Position({
      clock,
      watch: (ledgerId, version) => parts.watch(ledgerId, version),
      onAdvance: (copy) => this.advance(copy),
      onAnotherLedger: () => this.giveUpAll(),
    })
    this.questions = new Questions(parts.bodies)
    this.delivery = new Delivery({ clock, recorder, position: this.position, times: this.times })
    this.rounds = new Rounds({ clock, keepAlive, work: (connection) => this.bringUpToDate(connection) })
    this.saver = new Saver({ clock, keepAlive, saveSome: () => this.saveSome() })
    this.loads = new Loads({
      parts,
      position: this.position,
      onGeneration: (question) => this.spread(question),
    })
    for (const socket of parts.sockets) this.restore(socket)
    // It knows nothing of its ledger any more, and not when its alarm is due.
    if (this.connections.size > 0) this.wakeAt(clock.now())
  }

  /** The number of connections. */
  get size(): number {
    return this.connections.size
  }

  /** Whether a user may connect now. To be asked before the connection is accepted, and followed by `connected` without a wait. */
  async admit({ userId, memberAt }: Joining): Promise<Admission> {
    const { position } = this
    const isKnown = position.copy?.ledgerId === memberAt.ledgerId
    if (!isKnown || position.proven === null) await position.ask()
    await position.reach(position.copy?.ledgerId === memberAt.ledgerId ? memberAt.version : versionZero)
    const { copy } = position
    if (copy === null || position.proven === null) return { kind: 'ledger-away' }
    if (!isStillMember(copy, { tags: membershipTags(userId), memberAt }))
      return { kind: 'membership-moved', version: copy.version }
    if (this.connections.size >= limits.liveSocketsMax) return { kind: 'full' }
    const own = [...this.connections.values()].filter((connection) => connection.userId === userId)
    return own.length < limits.liveUserSocketsMax ? { kind: 'admitted' } : { kind: 'user-full' }
  }

  /** Takes a connection that was admitted. */
  connected(socket: HubSocket, joining: Joining): void {
    const connection = new Connection(socket, joining)
    this.connections.set(socket, connection)
    const { copy, proven } = this.position
    if (copy === null || proven === null) {
      this.close(connection, 'comeBack')
      return
    }
    const nowMs = this.parts.clock.now()
    this.delivery.send(connection, {
      type: 'welcome',
      ledger: copy.ledgerId,
      ...this.delivery.proofOf(proven),
      tokenExpiresInMs: Math.max(0, joining.tokenExpiresAtMs - nowMs),
    })
    connection.save()
    if (this.connections.size === 1) this.comparesAtMs = nowMs + limits.liveCompareEveryMs
    this.wakeAt(Math.min(this.comparesAtMs, joining.tokenExpiresAtMs))
  }

  /** Takes a frame of a client. Frames of one client are taken one after the other. */
  async message(socket: HubSocket, text: string): Promise<void> {
    const connection = this.connections.get(socket)
    if (connection === undefined) return
    this.saver.touch()
    const isTooLarge = text.length > limits.liveClientFrameBytesMax
    if (isTooLarge || connection.countFrame(this.parts.clock.now())) return this.close(connection, 'tooMuch')
    const frame = parseFrame(text)
    connection.work = connection.work.then(async () => {
      if (connection.isClosed) return
      if (frame === null) this.refuse(connection, null, 'frame_invalid')
      else await this.take(connection, frame)
      this.rounds.run()
    })
    await connection.work
  }

  /** Forgets a connection that has ended. */
  closed(socket: HubSocket): void {
    const connection = this.connections.get(socket)
    if (connection !== undefined) this.forget(connection)
  }

  /** Takes changes that the ledger tells. */
  tell(told: Told): HubAnswer {
    if (this.connections.size === 0) {
      this.position.forget()
      return 'gone'
    }
    this.saver.touch()
    this.times.take(told.times ?? [])
    return this.position.tell(told)
  }

  /** For the object's alarm: compares the hub with its ledger, and ends connections whose tokens have expired. */
  async alarm(): Promise<void> {
    this.alarmAtMs = Number.POSITIVE_INFINITY
    this.saver.touch()
    const { clock } = this.parts
    for (const connection of this.connections.values()) this.endIfExpired(connection)
    if (this.connections.size > 0 && clock.now() >= this.comparesAtMs) {
      const isCompared = await this.position.ask()
      this.comparesAtMs = clock.now() + (isCompared ? limits.liveCompareEveryMs : retryMs)
      if (isCompared) this.prove()
    }
    const expiries = [...this.connections.values()].map(({ tokenExpiresAtMs }) => tokenExpiresAtMs)
    if (expiries.length > 0)
      this.wakeAt(expiries.reduce((one, other) => Math.min(one, other), this.comparesAtMs))
  }

  private async take(connection: Connection, frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case 'show':
        return this.show(connection, frame)
      case 'hide':
        this.questions.hide(connection, frame.id)
        return connection.save()
      case 'seen':
        connection.acknowledge(frame.frames)
        return this.rounds.add(connection)
      case 'renew':
        return this.renew(connection, frame.token)
    }
  }

  private async show(connection: Connection, frame: Extract<ClientFrame, { type: 'show' }>): Promise<void> {
    const { id, question: text, etag, version } = frame
    const { position, questions } = this
    const shown = questions.parse(text, this.parts.workspaceId, connection.userId)
    if (shown === null || !connection.hasRoomFor(id, text)) {
      questions.hide(connection, id)
      return this.refuse(connection, id, shown === null ? 'question_invalid' : 'too_many_questions')
    }
    const isBehind = position.copy === null || position.copy.version < (version ?? 0)
    const isReached = !isBehind || (await position.reach(version ?? versionZero))
    const { copy } = position
    if (connection.isClosed) return
    if (copy === null || !isReached) return this.refuse(connection, id, 'overloaded')
    const show = questions.show(connection, { id, text, etag, shown }, copy)
    if (show === null) return this.refuse(connection, id, 'overloaded')
    const { question } = show
    const dueAtMs = dueAt(question)
    if (dueAtMs !== null && dueAtMs <= this.parts.clock.now()) {
      // Time may have changed the answer, so what the hub holds confirms nothing.
      question.isStale = true
      show.generation = question.generation
    }
    // A client that holds nothing need not wait for the hub's load.
    if (question.isStale && etag === null) this.delivery.askAgain(connection, show, copy.version)
    connection.save()
    this.loads.refresh(question)
    this.rounds.add(connection)
  }

  private async renew(connection: Connection, token: string): Promise<void> {
    const principal = await this.parts.verify(token)
    if (connection.isClosed) return
    if (!principal.ok || principal.value.userId !== connection.userId)
      return this.refuse(connection, null, 'token_invalid')
    const { workspaces, expiresAtMs } = principal.value
    if (workspaces !== null && !workspaces.has(this.parts.workspaceId))
      return this.close(connection, 'membershipMoved')
    connection.tokenExpiresAtMs = expiresAtMs
    const tokenExpiresInMs = Math.max(0, expiresAtMs - this.parts.clock.now())
    this.delivery.send(connection, { type: 'renewed', tokenExpiresInMs })
    connection.save()
    this.wakeAt(expiresAtMs)
  }

  private refuse(connection: Connection, id: number | null, code: LiveRefusal): void {
    this.delivery.send(connection, { type: 'refused', id, code, message: refusals[code] })
  }

  /** Everything that follows from what the ledger has written. */
  private advance(copy: Copy): void {
    for (const connection of this.connections.values())
      if (!isStillMember(copy, connection)) this.close(connection, 'membershipMoved')
    for (const question of this.questions.all()) {
      if (!question.isStale && !question.hasMoved(copy)) question.standsAt(copy.version)
      else if (question.isLoadable) question.isStale = true
      else {
        question.giveUp(copy.version)
        this.spread(question)
      }
      this.loads.refresh(question)
    }
  }

  /** Brings everybody who shows a question up to date. */
  private spread(question: LiveQuestion<Connection>): void {
    for (const connection of question.clients) this.rounds.add(connection)
    this.questions.makeRoom(question)
    this.saver.touch()
    this.rounds.run()
  }

  /** After a comparison: every client gets its proof, behind everything that it was not told yet. */
  private prove(): void {
    const soonMs = this.parts.clock.now() + limits.liveCompareEveryMs + dueMarginMs
    for (const question of this.questions.all()) {
      const dueAtMs = dueAt(question)
      if (dueAtMs === null || dueAtMs > soonMs) continue
      question.isStale = true
      this.loads.refresh(question)
    }
    for (const connection of this.connections.values()) {
      connection.isProofDue = true
      this.rounds.add(connection)
    }
    this.rounds.run()
  }

  /** Answers how many frames it took. */
  private bringUpToDate(connection: Connection): number {
    if (connection.isClosed || this.endIfExpired(connection)) return 0
    const { framesSent } = connection
    this.delivery.bringUpToDate(connection)
    return connection.framesSent - framesSent
  }

  private endIfExpired(connection: Connection): boolean {
    if (connection.tokenExpiresAtMs > this.parts.clock.now()) return false
    this.close(connection, 'tokenExpired')
    return true
  }

  /** The ledger began again, so no version that a client knows means anything. They come back over a while. */
  private giveUpAll(): void {
    for (const connection of this.connections.values()) this.close(connection, 'comeBack')
    this.parts.bodies.clear()
    this.times.clear()
  }

  private close(connection: Connection, reason: keyof typeof liveCloseCodes): void {
    this.forget(connection)
    connection.socket.close(liveCloseCodes[reason], reason)
    this.parts.recorder.record({ kind: 'live-close', reason })
  }

  private forget(connection: Connection): void {
    connection.isClosed = true
    this.connections.delete(connection.socket)
    this.rounds.remove(connection)
    this.questions.hideAll(connection)
    if (this.connections.size === 0) this.position.forget()
  }

  private wakeAt(atMs: number): void {
    if (atMs >= this.alarmAtMs) return
    this.alarmAtMs = atMs
    this.parts.setAlarm(atMs)
  }

  private saveSome(): boolean {
    if (this.questions.saveOne()) return true
    const unsaved = [...this.connections.values()].filter(({ isUnsaved }) => isUnsaved)
    for (const connection of unsaved.slice(0, savedAtOnce)) connection.save()
    return unsaved.length > savedAtOnce
  }

  /** Takes a connection over from before hibernation. The hub knows the last frame about each question, and everything else counts as moved. */
  private restore(socket: HubSocket): void {
    const attachment = parseAttachment(socket.attached())
    if (attachment === null) {
      socket.close(liveCloseCodes.comeBack, 'comeBack')
      return
    }
    const { user, ledger, member, expires, sent, seen, shows } = attachment
    const memberAt = { ledgerId: ledger, version: member }
    const joining = { userId: user, tokenExpiresAtMs: expires, memberAt }
    const connection = new Connection(socket, joining, { sent, seen })
    this.connections.set(socket, connection)
    for (const [id, text, etag, toldTo] of shows) {
      const shown = this.questions.parse(text, this.parts.workspaceId, user)
      if (shown !== null)
        this.questions.restore(connection, { id, text, etag, shown, toldTo, ledgerId: ledger })
    }
  }
}

const refusals: Readonly<Record<LiveRefusal, string>> = {
  frame_invalid: 'The frame is not one that clients send.',
  question_invalid: 'The question is not a GET of a resource that members of this workspace read.',
  too_many_questions: 'The connection shows as many questions as it may. Hide one first.',
  token_invalid: "The token is not a valid one of this connection's user.",
  overloaded: 'The hub is at its limit. Try again in a moment.',
}

function parseFrame(text: string): ClientFrame | null {
  try {
    return clientFrameSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Whether nothing has moved that a user's membership depends on since it was judged. */
function isStillMember(copy: Copy, { tags, memberAt }: Pick<Connection, 'tags' | 'memberAt'>): boolean {
  if (memberAt.ledgerId !== copy.ledgerId) return false
  return !tags.some((tag) => hasMovedPast(copy, tag, memberAt.version))
}
