import { joinBytes } from '../../shared/bytes.ts'
import type { UserId, Version } from '../../shared/ids.ts'
import { versionSchema, versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Difference } from '../../shared/live/difference.ts'
import { differenceOf } from '../../shared/live/difference.ts'
import type { Json, JsonObject } from '../../shared/live/json-value.ts'
import { isJsonObject } from '../../shared/live/json-value.ts'
import type { Served } from '../../shared/resources/served.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { Copy } from '../ledger/moved-tags.ts'
import { hasMovedPast, movedAt } from '../ledger/moved-tags.ts'
import type { HeldEntry } from './body-store.ts'
import type { ShownQuestion } from './shown-question.ts'
import { isLoadable } from './shown-question.ts'

/**
 * The older bodies of a question from which differences are computed. Clients come back over 30 seconds after a deploy, and each holds
 * what it was told before: those that hold an older body still have to ask for themselves.
 */
const olderMax = 32

interface LastMoved {
  readonly copy: Copy
  readonly generation: number
  readonly version: Version | null
}

interface OlderBody {
  readonly etag: string
  readonly body: Uint8Array
}

/**
 * One question that clients of a hub show. `generation` counts what there was to tell about it; a client that was told the last one knows
 * everything up to `knownTo`.
 *
 * If the hub may load the answer, it holds the entry and its tags. Otherwise the question's own tags say when it moved, and clients ask
 * for themselves. Until the first load the tags are unknown, and any write may have moved the answer.
 */
export class LiveQuestion<Client> {
  readonly shown: ShownQuestion
  readonly isLoadable: boolean
  /** The clients that show it. */
  readonly clients = new Set<Client>()
  generation = 0
  /** The version up to which the last generation is all that there is to tell. */
  knownTo: Version = versionZero
  /** The answer of the last generation; null if clients were told to ask for themselves. */
  entry: HeldEntry | null = null
  /** Whether something has moved that the last generation does not contain. */
  isStale = true
  isLoading = false
  /** The earliest instant of its next load. */
  retryAtMs = Number.NEGATIVE_INFINITY
  /** Whether the entry differs from what is stored. */
  isUnsaved = false
  private older: OlderBody[] = []
  private texts = new Map<string, string | null>()
  private parsed: JsonObject | null = null
  private lastMoved: LastMoved | null = null

  constructor(shown: ShownQuestion) {
    this.shown = shown
    this.isLoadable = isLoadable(shown)
  }

  /** The bytes of the bodies that it holds. */
  get heldBytes(): number {
    const older = this.older.reduce((sum, { body }) => sum + body.length, 0)
    return older + (this.entry?.body?.length ?? 0)
  }

  /** Whether the answer has moved past the last generation. */
  hasMoved(copy: Copy): boolean {
    return this.hasMovedSince(copy, this.knownTo)
  }

  /** Whether the answer has moved past a version at which some client had it. */
  hasMovedSince(copy: Copy, version: Version): boolean {
    const tags = this.ownTags()
    if (tags === null) return copy.version > version
    return tags.some((tag) => hasMovedPast(copy, tag, version))
  }

  /** The version that last moved the answer; null if its tags are not known. It is computed once for all clients that are told it. */
  lastMovedAt(copy: Copy): Version | null {
    const { generation } = this
    if (this.lastMoved?.copy === copy && this.lastMoved.generation === generation)
      return this.lastMoved.version
    const tags = this.ownTags()
    const version =
      tags === null ? null : versionSchema.parse(Math.max(0, ...tags.map((tag) => movedAt(copy, tag))))
    this.lastMoved = { copy, generation, version }
    return version
  }

  /** Takes a loaded answer, which is a new generation even if its bytes are the same. */
  settle(entry: HeldEntry): void {
    const before = this.entry
    const isSame = before?.etag === entry.etag && before.found === entry.found
    if (!isSame) {
      if (before !== null && before.body !== null)
        this.older = [{ etag: before.etag, body: before.body }, ...this.older].slice(0, olderMax)
      this.older = this.older.filter(({ etag }) => etag !== entry.etag)
      this.texts.clear()
      this.parsed = null
    }
    this.entry = isSame ? { ...entry, body: before.body ?? entry.body } : entry
    this.knownTo = entry.version
    this.generation += 1
    this.isUnsaved = true
  }

  /** Notes that nothing has moved past the last generation up to a version. */
  standsAt(version: Version): void {
    this.knownTo = version
    this.isStale = false
  }

  /** A new generation about which the hub knows no more than that clients have to ask, at least for this version. */
  giveUp(version: Version): void {
    this.forgetBodies()
    this.entry = null
    this.knownTo = version
    this.isStale = false
    this.generation += 1
  }

  /** Drops bodies to make room. Clients with another entry than the last one then have to ask for themselves. */
  forgetBodies(): void {
    this.older = []
    this.texts.clear()
    this.parsed = null
    if (this.entry !== null) this.entry = { ...this.entry, body: null }
  }

  /** Whether this user has an answer of their own, which the hub does not hold. */
  hasOwn(userId: UserId): boolean {
    const body = this.entry?.body ?? null
    return body !== null && this.shown.question.ownOf(body, userId) !== null
  }

  /**
   * The JSON text of the difference from an older entry to the last one, for a user; null if it cannot be computed or is too large. It is
   * computed once for all clients that need it. It starts from an entry that the hub held before: any other may be newer than the last one
   * here. A presented answer is small, so its difference sets every member.
   */
  differenceFrom(etag: string, userId: UserId): string | null {
    if (!this.older.some((older) => older.etag === etag)) return null
    const isPresented = this.shown.question.resource.form === 'presented'
    const name = isPresented ? userId : etag
    const known = this.texts.get(name)
    if (known !== undefined) return known
    const difference = isPresented ? this.presentedTo(userId) : this.storedSince(etag)
    const text = difference === null ? null : JSON.stringify(difference)
    const isSmall = text !== null && text.length <= limits.liveDifferenceBytesMax
    const kept = isSmall && byteLength(text) <= limits.liveDifferenceBytesMax ? text : null
    this.texts.set(name, kept)
    return kept
  }

  /** Null while the answer has not been loaded. */
  private ownTags(): readonly Tag[] | null {
    const { question, owner } = this.shown
    if (this.isLoadable && this.entry === null) return null
    return this.entry?.tags ?? question.tagsFor(owner)
  }

  private storedSince(etag: string): Difference | null {
    const before = this.older.find((older) => older.etag === etag)?.body ?? null
    const after = this.entry?.found ? this.entry.body : null
    if (before === null || after === null || this.shown.question.resource.form === 'changing') return null
    this.parsed ??= parsedObject(after)
    const parsedBefore = parsedObject(before)
    return parsedBefore === null || this.parsed === null ? null : differenceOf(parsedBefore, this.parsed)
  }

  /** The answer's data as a user gets it, without the members that say where it came from, whose names begin with `_`. */
  private presentedTo(userId: UserId): Difference | null {
    const body = this.entry?.found ? this.entry.body : null
    if (body === null) return null
    const parts = this.shown.question.resource.present(body, servedTo(userId))
    const answer = parsedObject(joinBytes([...parts]))
    if (answer === null) return null
    return { set: Object.fromEntries(Object.entries(answer).filter(([name]) => !name.startsWith('_'))) }
  }
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

function byteLength(text: string): number {
  return encoder.encode(text).length
}

function parsedObject(body: Uint8Array): JsonObject | null {
  try {
    const value: Json = JSON.parse(decoder.decode(body))
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

function servedTo(userId: UserId): Served {
  return {
    status: 'HIT',
    source: 'database',
    ttlSeconds: 0,
    ageSeconds: 0,
    provedAgeSeconds: 0,
    edgeLocation: '',
    responseTimeMs: 0,
    retrievedAtMs: 0,
    isCacheEnabled: true,
    userId,
  }
}
