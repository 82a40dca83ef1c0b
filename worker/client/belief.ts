import type { JsonObject } from '../../shared/live/json-value.ts'
import type { AnswerStatus } from './answer.ts'
import type { BoardcacheError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import { keepEqualParts } from './equal-parts.ts'

/** An answer that a client holds. */
export interface Held {
  /** Null if the thing does not exist. */
  readonly data: JsonObject | null
  readonly absence: BoardcacheError | null
  /** The parts of the ETag: the entry, and what follows it up to the end. Null if the answer had none. */
  readonly entry: string | null
  readonly etagRest: string
  /** It contains every change up to this version; null if that is not known. */
  readonly version: number | null
  /** The ledger that the version is of; null until a hub names it. */
  readonly ledger: string | null
  readonly asOfMs: number
  /** The API could not prove it. */
  readonly isStale: boolean
}

/** An answer of the API, as far as beliefs depend on it. */
interface Heard {
  /** The version that was demanded; null if none was. */
  readonly asked: number | null
  /** Undefined if what is held still holds (304). */
  readonly data: JsonObject | null | undefined
  readonly absence: BoardcacheError | null
  readonly entry: string | null
  readonly etagRest: string
  readonly sentAtMs: number
  readonly isStale: boolean
}

/** The knowledge of the connection at one moment. */
export interface LiveKnowledge {
  readonly provedUntilMs: number | null
  readonly provedAsOfMs: number | null
}

/**
 * The belief of a client about one question, and its reasons. It has no timers and sends nothing.
 *
 * The rule: it is current while the socket on which the hub has answered for it is proved, and every frame about it has been heeded. A
 * frame is heeded when what is held equals what it names, or when an answer of the API is at least as new. Besides, an answer of the API
 * is current for a short time. Frames that are older than what is held say nothing new, so a repeated one does no harm.
 */
export class Belief {
  held: Held | null = null
  /** An answer must have this version at least, since the hub said that something moved. */
  needed: number | null = null
  neededSinceMs = 0
  /** Whether the hub has answered for this question on the socket that is open. */
  isTold = false
  /** The entry that the hub thinks is held. */
  hubEntry: string | null = null
  /** The hub cannot hold this question, so showing it again with another entry is of no use. */
  isUnheld = false
  dueAtMs: number | null = null
  heardAtMs: number | null = null
  dueEveryMs: number | null = null
  movesInARow = 0

  /** Takes an answer of the API. Answers whether it counts: one that is older than what the hub told meanwhile does not. */
  answered(heard: Heard, nowMs: number): boolean {
    const { held } = this
    const { asked } = heard
    this.renewDue(nowMs)
    if (held !== null && held.version !== null && (asked === null || asked < held.version)) return false
    if (heard.data === undefined && held === null) return false
    const data = heard.data === undefined ? (held?.data ?? null) : heard.data
    this.held = {
      data: data === null ? null : keepEqualParts(held?.data ?? undefined, data),
      absence: heard.data === undefined ? (held?.absence ?? null) : heard.absence,
      entry: heard.entry,
      etagRest: heard.etagRest,
      version: asked,
      ledger: held?.ledger ?? null,
      asOfMs: heard.sentAtMs,
      isStale: heard.isStale,
    }
    if (heard.isStale) return true
    this.heardAtMs = heard.sentAtMs
    if (this.needed !== null && asked !== null && asked >= this.needed) this.needed = null
    return true
  }

  /** The answer that is held may be wrong at this version, which is to be asked for. */
  need(version: number, nowMs: number): void {
    if (this.held?.version != null && this.held.version >= version) return
    if (this.needed === null) this.neededSinceMs = nowMs
    this.needed = greater(this.needed, version)
  }

  /** The socket is gone, or the hub does not tell about this question. */
  lost(asOfMs: number | null): void {
    if (this.held !== null && this.isTold && this.needed === null && asOfMs !== null) {
      this.held = { ...this.held, asOfMs: Math.max(this.held.asOfMs, asOfMs) }
      this.heardAtMs = Math.max(this.heardAtMs ?? 0, asOfMs)
    }
    this.isTold = false
    this.isUnheld = false
    this.movesInARow = 0
    this.hubEntry = null
  }

  /** The API does not know the version, so all that are known are of a ledger that is no more. */
  forgetVersions(): void {
    this.needed = null
    if (this.held !== null) this.held = { ...this.held, version: null }
  }

  forget(): void {
    this.lost(null)
    this.held = null
    this.needed = null
    this.dueAtMs = null
    this.heardAtMs = null
  }

  isToldNow({ provedUntilMs }: LiveKnowledge, nowMs: number): boolean {
    const isOverdue = nowMs >= this.dueMostMs()
    return (
      this.isTold && provedUntilMs !== null && nowMs < provedUntilMs && this.needed === null && !isOverdue
    )
  }

  /** The instant up to which it is current if nothing more is heard; null if it is not. */
  currentUntilMs(live: LiveKnowledge, heardForMs: number, nowMs: number): number | null {
    const { held } = this
    if (held === null || this.needed !== null) return null
    const untilMs = Math.max(
      this.isToldNow(live, nowMs) ? Math.min(live.provedUntilMs ?? 0, this.dueMostMs()) : 0,
      held.isStale || this.heardAtMs === null ? 0 : this.heardAtMs + heardForMs,
    )
    return nowMs < untilMs ? untilMs : null
  }

  status(isCurrent: boolean, failure: BoardcacheError | null): AnswerStatus {
    if (this.held === null) return failure === null ? 'loading' : 'failed'
    if (isCurrent) return 'current'
    return this.held.isStale || failure !== null ? 'stale' : 'unproved'
  }

  asOfMs(live: LiveKnowledge, nowMs: number): number | null {
    if (this.held === null) return null
    return this.isToldNow(live, nowMs) ? Math.max(this.held.asOfMs, live.provedAsOfMs ?? 0) : this.held.asOfMs
  }

  /** An answer that time changes is asked again when it is due, and counts as current for the time that this may take. */
  private dueMostMs(): number {
    return this.dueAtMs === null ? Number.POSITIVE_INFINITY : this.dueAtMs + clientLimits.pollGraceMs
  }

  /** An answer of this time was received or confirmed. */
  renewDue(nowMs: number): void {
    this.dueAtMs =
      this.dueEveryMs === null ? null : nowMs + Math.max(this.dueEveryMs, clientLimits.pollEveryLeastMs)
  }
}

export function greater(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.max(one, other)
}
