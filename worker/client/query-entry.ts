import type { JsonObject } from '../../shared/live/json-value.ts'
import { entryEtagOf } from '../../shared/live/wire.ts'
import type { Answer } from './answer.ts'
import { Belief, greater, type Held, type LiveKnowledge } from './belief.ts'
import { BoardcacheError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import type { Platform } from './platform.ts'
import type { Fetched, ReadDemand } from './requests.ts'

/** Everything that the entries of a client share. */
export interface Shared {
  readonly platform: Pick<Platform, 'clock' | 'random'>
  readonly pollEveryMs: number
  /** The newest version that a write of this client has; every read is to have it. */
  writtenVersion: number | null
  /** Lays the writes over an answer that does not contain them yet; null while there are none. */
  readonly overlay: Overlay | null
  fetch(path: string, demand: ReadDemand): Promise<Fetched>
  /** The live side; null if there is none, or it is not loaded yet. */
  readonly live: LiveTelling | null
  /** Whether the live side is still being loaded. */
  readonly isLiveExpected: boolean
  /** Whether the page is seen and there is a network. */
  mayAsk(): boolean
  isOnline(): boolean
  restore(path: string): Promise<Held | null>
  /** No version that is known is of the ledger that is there now. */
  forgetVersions(): void
  /** What is held has changed. */
  keep(entry: QueryEntry): void
  published(entry: QueryEntry): void
}

/** What tells queries that are shown of their changes. */
export interface LiveTelling {
  /** Whether the first connection may still come. */
  isConnecting(): boolean
  knowledge(): LiveKnowledge
  show(path: string): void
  hide(path: string): void
}

/** What an answer looks like with the writes that it does not contain. */
export type Overlay = (
  path: string,
  data: JsonObject | null,
  version: number | null,
) => { readonly data: JsonObject | null; readonly isPending: boolean }

export type AnswerOfEntry = Answer<JsonObject>

const unconnected: LiveKnowledge = { provedUntilMs: null, provedAsOfMs: null }

const nothing: AnswerOfEntry = {
  data: undefined,
  status: 'loading',
  asOfMs: null,
  version: null,
  isPending: false,
  error: null,
}

/** One query: what is believed of it, everybody who listens, and when it is asked again. */
export class QueryEntry {
  readonly path: string
  readonly belief = new Belief()
  usedAtMs: number
  bytes = 0
  isShown = false
  readonly #shared: Shared
  readonly #listeners = new Set<(answer: AnswerOfEntry) => void>()
  #answer = nothing
  #asking: Promise<void> | null = null
  #restoring: Promise<void> | null = null
  #failure: BoardcacheError | null = null
  #failures = 0
  #retryAtMs = 0
  #shownAtMs = 0
  #spreadMs = 0
  /** Whether the connection has been asked to show it. */
  isOffered = false
  /** The hub refused to tell about this question, or has no room for it. */
  #isUntold = false
  #proofDemandedAtMs: number | null = null
  #toldBy: { readonly atMs: number; readonly version: number } | null = null
  /** The version at which the hub is to confirm what is held. */
  confirmedVersion: number | null = null
  #cancelTimer = () => {}
  #cancelHiding = () => {}

  constructor(path: string, shared: Shared) {
    this.path = path
    this.#shared = shared
    this.usedAtMs = shared.platform.clock.now()
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0
  }

  peek(): AnswerOfEntry {
    this.#update()
    return this.#answer
  }

  subscribe(listener: (answer: AnswerOfEntry) => void): () => void {
    const own = (answer: AnswerOfEntry) => listener(answer)
    this.#listeners.add(own)
    this.#cancelHiding()
    if (!this.isShown) this.#beginShowing()
    return () => {
      if (!this.#listeners.delete(own) || this.#listeners.size > 0) return
      this.#cancelHiding()
      this.#cancelHiding = this.#shared.platform.clock.schedule(
        () => this.#endShowing(),
        clientLimits.lingerMs,
      )
    }
  }

  /** Resolves with an answer that was right at this call, or with what is known if there is no network. */
  async read(): Promise<AnswerOfEntry> {
    await this.#restored()
    this.usedAtMs = this.#nowMs()
    for (let asks = 0; asks < clientLimits.attemptsMax && !this.#isProvedForRead(); asks += 1) {
      if (!this.#shared.isOnline()) {
        this.#failure = new BoardcacheError({ code: 'offline', message: 'There is no network.' })
        break
      }
      await this.#ask()
      if (this.#failure !== null) break
    }
    this.refresh()
    const answer = this.#answer
    const failure = this.#failure
    if (this.belief.held === null)
      throw failure ?? new BoardcacheError({ code: 'network', message: 'Nothing is known.' })
    return answer
  }

  /** Takes what the hub says. */
  learn(take: (belief: Belief, nowMs: number) => void): void {
    const hadNeed = this.belief.needed !== null
    take(this.belief, this.#nowMs())
    if (!hadNeed && this.belief.needed !== null) this.#spreadMs = this.#random() * clientLimits.movedSpreadMs
    this.#isUntold = false
    this.#shared.keep(this)
    this.refresh()
  }

  /** The hub does not tell about this question. */
  untold(asOfMs: number | null): void {
    this.#isUntold = true
    this.belief.lost(asOfMs)
    this.refresh()
  }

  lost(asOfMs: number | null): void {
    this.belief.lost(asOfMs)
    this.#isUntold = false
    // All clients of a hub lose it together.
    this.#spreadMs = this.#random() * this.#shared.pollEveryMs
    this.refresh()
  }

  /**
   * A write of this client is committed, or its outcome is unknown (`undefined`). The hub will tell, or else the API is asked.
   * `isTouched` says whether the contact is in this answer.
   */
  written(isTouched: boolean, version: number | null | undefined): void {
    const isTold = this.belief.isToldNow(this.#live(), this.#nowMs())
    if (version == null) {
      if (isTouched || version === undefined) this.#proofDemandedAtMs = this.#nowMs()
    } else if (!isTold) this.belief.need(version, this.#nowMs())
    else if (isTouched) {
      this.#toldBy = { atMs: this.#nowMs() + clientLimits.writeToldMs, version }
    }
    this.refresh()
  }

  /** Asks again with the ledger's proof, because a committed write has no version yet. */
  demandProof(): void {
    this.#proofDemandedAtMs = this.#nowMs()
    this.refresh()
  }

  prove(version: number): void {
    const isOlder = (this.belief.held?.version ?? -1) < version
    if (!isOlder || !this.isOffered || !this.belief.isToldNow(this.#live(), this.#nowMs())) return
    if (this.confirmedVersion !== null && this.confirmedVersion >= version) return
    this.confirmedVersion = version
    this.#shared.live?.show(this.path)
  }

  get isBusy(): boolean {
    return this.#asking !== null
  }

  /** Forgets the answer, as if the query had never been asked. */
  reset(): void {
    this.belief.forget()
    this.#restoring = Promise.resolve()
    this.bytes = 0
    if (this.isOffered) this.#shared.live?.hide(this.path)
    this.isOffered = false
    this.refresh()
  }

  forget(): void {
    this.#cancelTimer()
    this.#cancelHiding()
    if (this.isShown) this.#endShowing()
    this.#listeners.clear()
  }

  /** Judges the answer again, tells everybody if it is another one, and sets the timer for the next thing to do. */
  refresh(): void {
    const isAnother = this.#update()
    if (isAnother) {
      for (const listener of [...this.#listeners]) listener(this.#answer)
      this.#shared.published(this)
    }
    this.#plan()
  }

  #nowMs(): number {
    return this.#shared.platform.clock.now()
  }

  #live(): LiveKnowledge {
    return this.#shared.live?.knowledge() ?? unconnected
  }

  #random(): number {
    return this.#shared.platform.random()
  }

  #restored(): Promise<void> {
    this.#restoring ??= this.#shared.restore(this.path).then((held) => {
      if (held !== null && this.belief.held === null) this.belief.held = held
    })
    return this.#restoring
  }

  #beginShowing(): void {
    this.isShown = true
    this.#shownAtMs = this.#nowMs()
    this.#restored().then(() => {
      if (!this.isShown) return
      this.#offer()
      this.refresh()
    })
  }

  #endShowing(): void {
    this.isShown = false
    this.#cancelTimer()
    if (this.isOffered) this.#shared.live?.hide(this.path)
    this.isOffered = false
    this.usedAtMs = this.#nowMs()
    this.belief.lost(this.#live().provedAsOfMs)
  }

  /** Shows the question to the hub, once something is held, and again if the hub thinks that another entry is. */
  #offer(): void {
    const { held, hubEntry, isUnheld, isTold } = this.belief
    if (!this.isShown || held === null) return
    const isKnown = this.isOffered && (!isTold || isUnheld || hubEntry === held.entry)
    if (isKnown) return
    this.isOffered = true
    this.#shared.live?.show(this.path)
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = null
      this.#offer()
      this.refresh()
    })
    return this.#asking
  }

  async #askOnce(): Promise<void> {
    const { belief } = this
    const shared = this.#shared
    const { held } = belief
    const asked = greater(greater(belief.needed, held?.version ?? null), shared.writtenVersion)
    const etag = held === null || held.entry === null ? null : `W/"${held.entry}${held.etagRest}`
    const sentAtMs = this.#nowMs()
    const isProofDemanded = this.#proofDemandedAtMs !== null
    this.#proofDemandedAtMs = null
    this.#toldBy = null
    try {
      const fetched = await shared.fetch(this.path, { etag, minVersion: asked, isProofDemanded })
      this.#failure = null
      this.#retryAtMs = 0
      if (!fetched.isStale) this.#failures = 0
      this.#hear(fetched, asked, sentAtMs)
    } catch (error) {
      this.#fail(
        error instanceof BoardcacheError
          ? error
          : new BoardcacheError({ code: 'answer_invalid', message: String(error) }),
      )
    }
  }

  #hear({ status, data, etag, isStale, absence }: Fetched, asked: number | null, sentAtMs: number): void {
    const entry = etag === null ? null : entryEtagOf(etag)
    const etagRest = entry === null || etag === null ? '' : etag.slice('W/"'.length + entry.length)
    const isSame = status === 304
    const said = isSame ? undefined : data
    if (
      this.belief.answered({ asked, data: said, absence, entry, etagRest, sentAtMs, isStale }, this.#nowMs())
    ) {
      if (data !== null) this.bytes = JSON.stringify(data).length
      this.#shared.keep(this)
    }
  }

  #fail(error: BoardcacheError): void {
    if (error.code === 'version_unknown') this.#shared.forgetVersions()
    this.#failure = error
    const { status } = error
    const isHopeless = status !== null && status >= 400 && status < 429 && status !== 408
    const isRefused = isHopeless && error.code !== 'version_unknown'
    this.#retryLater(isRefused ? clientLimits.retryMostMs : (error.retryAfterMs ?? 0))
  }

  #retryLater(leastMs: number): void {
    this.#failures += 1
    const { retryFirstMs, retryMostMs } = clientLimits
    const upToMs = Math.min(retryMostMs, retryFirstMs * 2 ** Math.min(this.#failures - 1, 10))
    this.#retryAtMs = this.#nowMs() + Math.max(upToMs * (0.5 + this.#random() / 2), leastMs)
  }

  #isProvedForRead(): boolean {
    const { belief } = this
    const shared = this.#shared
    const nowMs = this.#nowMs()
    if (belief.held === null || belief.needed !== null || this.#proofDemandedAtMs !== null) return false
    if (belief.isToldNow(this.#live(), nowMs)) return true
    const isWrittenLater =
      shared.writtenVersion !== null && (belief.held.version ?? -1) < shared.writtenVersion
    const isHeardNow = belief.heardAtMs !== null && nowMs - belief.heardAtMs < clientLimits.readAgainMs
    return isHeardNow && !isWrittenLater && !belief.held.isStale
  }

  /** Answers whether the answer has become another one. */
  #update(): boolean {
    const { belief } = this
    const shared = this.#shared
    const failure = this.#failure
    const nowMs = this.#nowMs()
    const live = this.#live()
    const { held } = belief
    const base = { data: held?.data ?? null, isPending: false }
    const laid = shared.overlay?.(this.path, base.data, held?.version ?? null)
    const { data, isPending } = laid ?? base
    const next: AnswerOfEntry = {
      data: this.#sameData(data ?? undefined),
      status: belief.status(this.#currentUntilMs(nowMs) !== null, failure),
      asOfMs: belief.asOfMs(live, nowMs),
      version: held?.version ?? null,
      isPending,
      error: failure ?? held?.absence ?? null,
    }
    const names = Object.keys(next) as (keyof AnswerOfEntry)[]
    if (names.every((name) => next[name] === this.#answer[name])) return false
    this.#answer = next
    return true
  }

  /** A layer makes another object each time, also of the same content. */
  #sameData(data: JsonObject | undefined): JsonObject | undefined {
    const { data: before } = this.#answer
    return data !== before && this.#shared.overlay !== null && JSON.stringify(data) === JSON.stringify(before)
      ? before
      : data
  }

  #currentUntilMs(nowMs: number): number | null {
    const heardForMs = this.#shared.pollEveryMs + clientLimits.pollGraceMs
    return this.belief.currentUntilMs(this.#live(), heardForMs, nowMs)
  }

  #plan(): void {
    this.#cancelTimer()
    if (!this.isShown) return
    const nowMs = this.#nowMs()
    const askAtMs = this.#nextAskAtMs(nowMs)
    const wakeAtMs = Math.min(
      askAtMs ?? Number.POSITIVE_INFINITY,
      this.#currentUntilMs(nowMs) ?? Number.POSITIVE_INFINITY,
    )
    if (wakeAtMs === Number.POSITIVE_INFINITY) return
    this.#cancelTimer = this.#shared.platform.clock.schedule(
      () => {
        const dueAtMs = this.#nextAskAtMs(this.#nowMs())
        if (dueAtMs !== null && dueAtMs <= this.#nowMs()) void this.#ask()
        else this.refresh()
      },
      Math.max(0, wakeAtMs - nowMs),
    )
  }

  /** When the API is to be asked; null if nothing calls for it. */
  #nextAskAtMs(nowMs: number): number | null {
    const { belief } = this
    const shared = this.#shared
    const { held } = belief
    if (this.#asking !== null || !shared.mayAsk()) return null
    const notBefore = (atMs: number) => Math.max(atMs, this.#retryAtMs, nowMs)
    if (held === null || this.#proofDemandedAtMs !== null) return notBefore(nowMs)
    if (belief.needed !== null) return notBefore(belief.neededSinceMs + this.#spreadMs)
    if (this.#toldBy !== null && (held.version ?? -1) < this.#toldBy.version)
      return notBefore(this.#toldBy.atMs)
    const { provedUntilMs } = this.#live()
    const isLive = provedUntilMs !== null && nowMs < provedUntilMs
    if (isLive && belief.isTold) return belief.dueAtMs === null ? null : notBefore(belief.dueAtMs)
    const polledAtMs =
      belief.heardAtMs === null ? nowMs + this.#spreadMs : belief.heardAtMs + shared.pollEveryMs
    if (this.#isUntold) return notBefore(polledAtMs)
    // The hub may still say that what is held is current.
    const waitsForHub =
      (isLive || (shared.live?.isConnecting() ?? shared.isLiveExpected)) && belief.heardAtMs === null
    return notBefore(waitsForHub ? this.#shownAtMs + clientLimits.hubAnswerMs : polledAtMs)
  }
}
