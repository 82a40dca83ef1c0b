import { liveLimits } from '../../../shared/limits/live-limits.ts'
import { greater, type LiveKnowledge } from '../belief.ts'
import { clientLimits } from '../client-limits.ts'
import type { Platform } from '../platform.ts'
import type { QueryEntry } from '../query-entry.ts'
import type { LiveTelling } from '../query-shared.ts'
import type { TokenSource } from '../token-source.ts'
import type { ConnectionStatus, ToldChange } from './connection-status.ts'
import type { HeldEntry, LiveConnection, LiveListener, QuestionFrame } from './live-connection.ts'
import { openLive } from './live-link.ts'
import { comeUnderLedger, takeFrame, takeProof } from './take-frame.ts'

/** The parts of the client that the live side needs. */
export interface LiveParts {
  readonly platform: Platform
  readonly url: string
  readonly workspaceId: string
  readonly cache: {
    writtenVersion: number | null
    ledger: string | null
    epoch: number
    known(path: string): QueryEntry | undefined
    readonly pollEveryMs: number
    all(): readonly QueryEntry[]
    keep(entry: QueryEntry): void
    /** The status of the connection changed, and with it what is proved. */
    statusChanged(): void
  }
  readonly tokens: TokenSource
}

/** The live side of a client: the connection, what it tells every query, and its sleep while nobody sees the page. */
export interface LiveSide extends LiveTelling {
  status(): ConnectionStatus
  readonly counted: {
    readonly framesReceived: number
    readonly framesSent: number
    readonly differencesApplied: number
  }
  /** Asks the hub to confirm that what is held of a question is current at this version at least. */
  prove(path: string, version: number): void
  close(): void
}

export function startLive(parts: LiveParts): LiveSide {
  return new HubListener(parts)
}

class HubListener implements LiveSide, LiveListener {
  readonly #parts: LiveParts
  readonly #connection: LiveConnection
  #differencesApplied = 0
  readonly #changes = new Map<string, ToldChange>()
  #isAsleep = false
  #cancelSleep = () => {}
  readonly #stopWatching: () => void

  constructor(parts: LiveParts) {
    this.#parts = parts
    const { platform, url, workspaceId, tokens } = parts
    const token = (refused: string | null) => tokens.get(refused)
    const { clock, openSocket, presence } = platform
    const hasHeard = (sinceMs: number) =>
      parts.cache.all().some(({ belief }) => (belief.heardAtMs ?? 0) >= sinceMs)
    const around = { clock, openSocket, token, hasHeard, random: () => platform.random() }
    this.#connection = openLive({ url, workspaceId }, around, this)
    this.#stopWatching = presence.onChange(() => this.#presenceChanged())
    this.#presenceChanged()
  }

  get counted() {
    const { received, sent } = this.#connection.frames()
    return { framesReceived: received, framesSent: sent, differencesApplied: this.#differencesApplied }
  }

  show(path: string): void {
    this.#connection.show(path)
  }

  hide(path: string): void {
    this.#changes.delete(path)
    this.#connection.hide(path)
  }

  prove(path: string, version: number): void {
    const entry = this.#parts.cache.known(path)
    if (entry === undefined || !entry.isOffered || !entry.belief.isTold) return
    if ((greater(entry.belief.held?.version ?? null, entry.confirmedVersion) ?? -1) >= version) return
    entry.confirmedVersion = version
    this.#connection.show(path)
  }

  status(): ConnectionStatus {
    return { ...this.#connection.status(), changes: [...this.#changes.values()] }
  }

  isConnecting(): boolean {
    return this.#connection.status().mode === 'connecting'
  }

  knowledge(): LiveKnowledge {
    const provedUntilMs = this.#connection.provedUntilMs()
    return {
      provedUntilMs,
      provedAsOfMs: provedUntilMs === null ? null : provedUntilMs - liveLimits.liveProofLifetimeMs,
    }
  }

  close(): void {
    this.#cancelSleep()
    this.#stopWatching()
    this.#connection.close()
  }

  held(path: string): HeldEntry {
    const { cache } = this.#parts
    const entry = cache.known(path)
    if (entry === undefined) return { etag: null, version: null }
    const { belief, confirmedVersion } = entry
    belief.hubEntry = belief.held?.entry ?? null
    const least = greater(cache.writtenVersion, confirmedVersion)
    return { etag: belief.hubEntry, version: greater(belief.held?.version ?? null, least) }
  }

  welcomed(ledger: string): void {
    const { cache } = this.#parts
    if (cache.ledger !== null && cache.ledger !== ledger) {
      cache.writtenVersion = null
      cache.epoch += 1
      for (const entry of cache.all()) entry.confirmedVersion = null
    }
    for (const { belief } of cache.all()) comeUnderLedger(belief, ledger, cache.ledger)
    cache.ledger = ledger
  }

  told(path: string, frame: QuestionFrame): void {
    const { cache, platform } = this.#parts
    const entry = cache.known(path)
    if (entry === undefined) return
    if (frame.times !== undefined) {
      const [version, toldAtMs, writtenAtMs, sentAtMs] = frame.times
      const heardAtMs = platform.clock.now()
      this.#changes.set(path, { path, version, toldAtMs, writtenAtMs, sentAtMs, heardAtMs })
    }
    const { belief } = entry
    const hadNeed = belief.needed !== null
    const { provedAsOfMs } = this.knowledge()
    if (takeFrame(belief, frame, { nowMs: platform.clock.now(), provedAsOfMs })) this.#differencesApplied += 1
    // Many clients are told at the same moment.
    if (!hadNeed && belief.needed !== null) entry.spreadMs = platform.random() * clientLimits.movedSpreadMs
    entry.isUntold = false
    // An answer that the hub confirms is known, however often the API has failed before.
    if (belief.needed === null) entry.failures = 0
    if (entry.failures === 0) entry.retryAtMs = 0
    cache.keep(entry)
    entry.refresh()
  }

  proved(version: number): void {
    for (const { belief } of this.#parts.cache.all()) takeProof(belief, version)
  }

  untold(path: string): void {
    const entry = this.#parts.cache.known(path)
    if (entry === undefined) return
    entry.isUntold = true
    entry.belief.lost(this.knowledge().provedAsOfMs)
    entry.refresh()
  }

  lost(asOfMs: number | null): void {
    const { cache, platform } = this.#parts
    const nowMs = platform.clock.now()
    for (const entry of cache.all()) {
      const { belief, isUntold } = entry
      // While the hub was expected, the API's answer counted for a second. It must not count again because the hub is gone.
      const isHeardNow = nowMs - (belief.heardAtMs ?? 0) < clientLimits.readAgainMs
      if (!belief.isTold && !isUntold && !isHeardNow) belief.heardAtMs = null
      belief.lost(asOfMs)
      entry.isUntold = false
      // All clients of a hub lose it together.
      entry.retryAtMs = nowMs + platform.random() * cache.pollEveryMs
      entry.refresh()
    }
  }

  statusChanged(): void {
    this.#parts.cache.statusChanged()
  }

  /** A tab that nobody has seen for a while closes its socket. When it is seen again it goes on at once. */
  #presenceChanged(): void {
    const { presence, clock } = this.#parts.platform
    this.#cancelSleep()
    if (!presence.isHidden()) this.#isAsleep = false
    else if (!this.#isAsleep) {
      this.#cancelSleep = clock.schedule(() => {
        this.#isAsleep = true
        this.#connection.pause('paused')
      }, liveLimits.liveHiddenMs)
    }
    if (!presence.isOnline()) this.#connection.pause('offline')
    else if (!this.#isAsleep) this.#connection.resume()
  }
}
