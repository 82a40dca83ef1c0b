import type { UserId, Version, WorkspaceId } from '../../shared/ids.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Copy } from '../ledger/moved-tags.ts'
import type { BodyStore } from './body-store.ts'
import type { Connection, Show } from './connection.ts'
import { LiveQuestion } from './live-question.ts'
import type { ShownQuestion } from './shown-question.ts'
import { parseShown, shownBy } from './shown-question.ts'

/** A question that a client begins to show. */
interface Shown {
  readonly id: number
  readonly text: string
  readonly etag: string | null
  readonly shown: ShownQuestion
}

/** A question that a client showed before the hub hibernated. */
interface Restored extends Shown {
  readonly toldTo: Version | null
  readonly ledgerId: string
}

/** All questions that the clients of a hub show, each once, and the bounds on them. */
export class Questions {
  private readonly bodies: BodyStore
  /** By key, the one that settled last at the end. */
  private readonly byKey = new Map<string, LiveQuestion<Connection>>()

  private readonly parsed = new Map<string, Question>()

  constructor(bodies: BodyStore) {
    this.bodies = bodies
  }

  all(): Iterable<LiveQuestion<Connection>> {
    return [...this.byKey.values()]
  }

  /** Parses a question, once for all clients that write it in the same way. */
  parse(text: string, workspaceId: WorkspaceId, userId: UserId): ShownQuestion | null {
    const question = this.parsed.get(text) ?? parseShown(text, workspaceId)
    if (question === null) return null
    if (this.parsed.size >= limits.liveHubQuestionsMax) this.parsed.clear()
    this.parsed.set(text, question)
    return shownBy(question, userId)
  }

  /** Shows a question on a connection, in place of the one with the same id; null if the hub has too many. */
  show(connection: Connection, { id, text, etag, shown }: Shown, copy: Copy): Show | null {
    const question = this.questionOf(shown, copy)
    if (question === null) return null
    const before = connection.shows.get(id)
    const show: Show = { id, text, question, since: copy.version, etag, generation: 0, toldTo: null }
    put(connection, show)
    if (before !== undefined) this.release(connection, before.question)
    return show
  }

  /** Shows a question again after hibernation. The client is believed to hold the entry that it was told last. */
  restore(connection: Connection, { id, text, etag, shown, toldTo, ledgerId }: Restored): void {
    const known = this.byKey.get(shown.key)
    const question = known ?? this.add(shown)
    if (question.isLoadable && known === undefined) this.takeStored(question, ledgerId)
    if (!question.isLoadable && toldTo !== null) {
      // Several connections of a user may have been told it at different versions. The oldest counts for all of them.
      const isOldest = question.generation === 0 || toldTo < question.knownTo
      question.generation = 1
      if (isOldest) question.standsAt(toldTo)
    }
    const isSame = question.entry !== null && question.entry.etag === etag
    const isTold = isSame || (!question.isLoadable && toldTo !== null)
    const generation = isTold ? question.generation : 0
    put(connection, { id, text, question, since: toldTo ?? versionZero, etag, toldTo, generation })
  }

  hide(connection: Connection, id: number): void {
    const show = connection.shows.get(id)
    if (show === undefined) return
    connection.shows.delete(id)
    this.release(connection, show.question)
  }

  /** Forgets a question if the connection shows it no more, and altogether if nobody does. */
  private release(connection: Connection, question: LiveQuestion<Connection>): void {
    if ([...connection.shows.values()].some((show) => show.question === question)) return
    question.clients.delete(connection)
    if (question.clients.size > 0) return
    this.save(question)
    if (this.byKey.get(question.shown.key) === question) this.byKey.delete(question.shown.key)
  }

  hideAll(connection: Connection): void {
    for (const id of [...connection.shows.keys()]) this.hide(connection, id)
  }

  /** Drops bodies of the questions that have changed longest ago, until all of them stay within their bound. */
  makeRoom(settled: LiveQuestion<Connection>): void {
    const { key } = settled.shown
    if (this.byKey.get(key) !== settled) return
    this.byKey.delete(key)
    this.byKey.set(key, settled)
    let bytes = 0
    for (const question of this.byKey.values()) bytes += question.heldBytes
    for (const question of this.byKey.values()) {
      if (bytes <= limits.liveBodiesBytesMax) break
      bytes -= question.heldBytes
      question.forgetBodies()
    }
  }

  /** Saves one entry that differs from what is stored. Answers whether there was one. */
  saveOne(): boolean {
    for (const question of this.byKey.values()) if (this.save(question)) return true
    return false
  }

  private save(question: LiveQuestion<Connection>): boolean {
    const { entry, isUnsaved } = question
    question.isUnsaved = false
    if (entry === null || !isUnsaved) return false
    this.bodies.write(question.shown.key, entry)
    return true
  }

  private questionOf(shown: ShownQuestion, copy: Copy): LiveQuestion<Connection> | null {
    const known = this.byKey.get(shown.key)
    if (known !== undefined) return known
    if (this.byKey.size >= limits.liveHubQuestionsMax) return null
    const question = this.add(shown)
    if (question.isLoadable) this.takeStored(question, copy.ledgerId)
    else question.giveUp(copy.version)
    if (question.entry !== null && question.hasMoved(copy)) question.isStale = true
    else if (question.entry !== null) question.standsAt(copy.version)
    return question
  }

  private add(shown: ShownQuestion): LiveQuestion<Connection> {
    const question = new LiveQuestion<Connection>(shown)
    this.byKey.set(shown.key, question)
    return question
  }

  /** Takes the entry that was stored last, if it is of this ledger. A copy of the ledger says whether it has moved since. */
  private takeStored(question: LiveQuestion<Connection>, ledgerId: string): void {
    const stored = this.bodies.read(question.shown.key)
    if (stored === null || stored.ledgerId !== ledgerId) return
    question.settle(stored)
    question.isUnsaved = false
    question.isStale = false
  }
}

function put(connection: Connection, show: Show): Show {
  connection.shows.set(show.id, show)
  show.question.clients.add(connection)
  return show
}
