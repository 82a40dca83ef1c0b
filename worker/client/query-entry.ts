import type { JsonObject } from '../../shared/live/json-value.ts'
import { entryEtagOf } from '../../shared/live/wire.ts'
import { Belief, greater, type LiveKnowledge } from './belief.ts'
import { BoardcacheError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import { nextAskAtMs } from './query-plan.ts'
import type { AnswerOfEntry, Shared } from './query-shared.ts'
import type { Fetched } from './requests.ts'

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
  /** The answer that listeners know. */
  #published = nothing
  #asking: Promise<void> | null = null
  #restoring: Promise<void> | null = null
  #failure: BoardcacheError | null = null
  /** Failures in a row, and the instant before which the API is not asked because of them. */
  failures = 0
  retryAtMs = 0
  shownAtMs = 0
  /** The part of a short time by which this client waits after `moved`, and of a longer one after a proof that did not come. */
  spreadMs = 0
  readonly lateMs: number
  /** Whether the connection has been asked to show it. */
  isOffered = false
  /** The hub refused to tell about this question, or has no room for it. */
  isUntold = false
  /** The next answer is to have the ledger's proof. */
  isProofDemanded = false
  /** The hub is to tell a write of this version until then, or else the API is asked. */
  toldBy: { readonly atMs: number; readonly version: number } | null = null
  /** The version at which the hub is to confirm what is held. */
  confirmedVersion: number | null = null
  /** The reads that wait for the request that is under way. */
  #readers = 0
  #request = new AbortController()
  #cancelTimer = () => {}
  #cancelHiding = () => {}

  constructor(path: string, shared: Shared) {
    this.path = path
    this.#shared = shared
    this.usedAtMs = shared.platform.clock.now()
    this.lateMs = shared.platform.random() * shared.pollEveryMs
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
    this.#readers += 1
    try {
      return await this.#readNow()
    } finally {
      this.#readers -= 1
    }
  }

  async #readNow(): Promise<AnswerOfEntry> {
    await this.#restored()
    this.usedAtMs = this.#nowMs()
    for (let asks = 0; asks < clientLimits.attemptsMax; asks += 1) {
      // An answer that was slow to come was right at some instant after this call.
      const isDone = asks > 0 && this.#failure === null && this.belief.needed === null && this.#hasWrites()
      if (isDone || this.#isProvedForRead()) break
      if (!this.#shared.isOnline()) {
        this.#failure = new BoardcacheError({ code: 'offline', message: 'There is no network.' })
        break
      }
      await this.#ask()
      if (this.#failure !== null && this.#failure.code !== 'version_unknown') break
    }
    this.refresh()
    const answer = this.#answer
    const failure = this.#failure
    if (this.belief.held === null)
      throw failure ?? new BoardcacheError({ code: 'network', message: 'Nothing is known.' })
    return answer
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
    this.#update()
    if (this.#answer !== this.#published) {
      this.#published = this.#answer
      for (const listener of [...this.#listeners]) listener(this.#answer)
      this.#shared.published(this.path, this.#answer)
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
    this.shownAtMs = this.#nowMs()
    this.#restored().then(() => {
      if (!this.isShown) return
      this.#offer()
      this.refresh()
    })
  }

  #endShowing(): void {
    this.isShown = false
    // A page that was scrolled past need not arrive.
    if (this.#readers === 0) this.#request.abort()
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
    const { epoch } = shared
    const sentAtMs = this.#nowMs()
    const { isProofDemanded } = this
    this.isProofDemanded = false
    this.toldBy = null
    this.#request = new AbortController()
    const { signal } = this.#request
    try {
      const fetched = await shared.fetch(this.path, { etag, minVersion: asked, isProofDemanded, signal })
      this.#failure = null
      this.retryAtMs = 0
      if (!fetched.isStale) this.failures = 0
      this.#hear(fetched, epoch === shared.epoch ? asked : null, sentAtMs)
    } catch (error) {
      if (signal.aborted) return
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
    const said = status === 304 ? undefined : data
    const heard = { asked, data: said, absence, entry, etagRest, sentAtMs, isStale }
    if (this.belief.answered(heard, this.#nowMs())) {
      if (data !== null) this.bytes = JSON.stringify(data).length
      this.#shared.keep(this)
    } else if (this.belief.held === null) throw new TypeError('a 304 for nothing')
    if (isStale) this.#retryLater(0)
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
    this.failures += 1
    const { retryFirstMs, retryMostMs } = clientLimits
    const upToMs = Math.min(retryMostMs, retryFirstMs * 2 ** Math.min(this.failures - 1, 10))
    this.retryAtMs = this.#nowMs() + Math.max(upToMs * (0.5 + this.#random() / 2), leastMs)
  }

  /** Whether what is held has every write of this client. */
  #hasWrites(): boolean {
    const { writtenVersion } = this.#shared
    return writtenVersion === null || (this.belief.held?.version ?? -1) >= writtenVersion
  }

  #isProvedForRead(): boolean {
    const { belief } = this
    const nowMs = this.#nowMs()
    if (belief.held === null || belief.needed !== null || this.isProofDemanded) return false
    if (belief.isToldNow(this.#live(), nowMs)) return true
    const isHeardNow = belief.heardAtMs !== null && nowMs - belief.heardAtMs < clientLimits.readAgainMs
    return isHeardNow && this.#hasWrites() && !belief.held.isStale
  }

  #update(): void {
    const { belief } = this
    const shared = this.#shared
    const failure = this.#failure
    const nowMs = this.#nowMs()
    const live = this.#live()
    const { held } = belief
    const base = { data: held?.data ?? null, isPending: false }
    const laid = shared.overlay?.(this.path, base.data, held?.version ?? null)
    const { data, isPending } = laid ?? base
    const isCurrent = this.#currentUntilMs(nowMs) !== null
    const next: AnswerOfEntry = {
      data: this.#sameData(data ?? undefined),
      status: belief.status(isCurrent, failure),
      asOfMs: belief.asOfMs(live, nowMs),
      version: held?.version ?? null,
      isPending,
      error: (isCurrent ? null : failure) ?? held?.absence ?? null,
    }
    const names = Object.keys(next) as (keyof AnswerOfEntry)[]
    if (names.some((name) => next[name] !== this.#answer[name])) this.#answer = next
  }

  /** A layer makes another object each time, also of the same content. */
  #sameData(data: JsonObject | undefined): JsonObject | undefined {
    const { data: before } = this.#answer
    return data !== before && this.#shared.overlay !== null && JSON.stringify(data) === JSON.stringify(before)
      ? before
      : data
  }

  #currentUntilMs(nowMs: number): number | null {
    const live = this.#live()
    // A hub is about to tell it, or has it told already. Until then the API's answer is as good as for a read.
    const isHubExpected = !this.isUntold && nowMs < (live.provedUntilMs ?? 0)
    const heardForMs = isHubExpected
      ? clientLimits.readAgainMs
      : this.#shared.pollEveryMs + clientLimits.pollGraceMs
    return this.belief.currentUntilMs(live, heardForMs, nowMs)
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
        // A current answer may no longer be one, however long the next one takes.
        this.refresh()
      },
      Math.max(0, wakeAtMs - nowMs),
    )
  }

  #nextAskAtMs(nowMs: number): number | null {
    if (this.#asking !== null || !this.#shared.mayAsk()) return null
    const atMs = nextAskAtMs(this, this.#shared, nowMs)
    return atMs === null ? null : Math.max(atMs, this.retryAtMs, nowMs)
  }
}
