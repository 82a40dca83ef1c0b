import type { Held } from './belief.ts'
import { clientLimits } from './client-limits.ts'
import type { Disk } from './disk.ts'
import type { LiveSide } from './live/live-side.ts'
import type { Platform } from './platform.ts'
import { QueryEntry } from './query-entry.ts'
import type { KeptEntry, Overlay, Shared } from './query-shared.ts'
import type { Requests } from './requests.ts'

interface CacheParts {
  readonly platform: Platform
  readonly requests: Requests
  readonly pollEveryMs: number
  /** The disk, once it is known whether there is one. */
  disk(): Promise<Disk | null>
  mayAsk(): boolean
  statusChanged(): void
  published: Shared['published']
}

/** Every query that is known, shown or not: bounded, told by the connection, and kept on the disk. */
export class QueryCache implements Shared {
  readonly platform: Platform
  readonly pollEveryMs: number
  overlay: Overlay | null = null
  writtenVersion: number | null = null
  live: LiveSide | null = null
  /** Whether a connection will be attached. */
  isLiveExpected = false
  readonly #parts: CacheParts
  readonly #entries = new Map<string, QueryEntry>()
  readonly #unkept = new Set<KeptEntry>()
  ledger: string | null = null
  epoch = 0
  #isKeeping = false
  #isClosed = false

  constructor(parts: CacheParts) {
    this.#parts = parts
    this.platform = parts.platform
    this.pollEveryMs = parts.pollEveryMs
  }

  /** The entry of a path, the most recently used from now on. */
  entry(path: string): QueryEntry {
    const known = this.#entries.get(path)
    const entry = known ?? new QueryEntry(path, this)
    this.#entries.delete(path)
    this.#entries.set(path, entry)
    if (known === undefined) this.#evict(entry)
    return entry
  }

  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries.size, bytes: this.#bytes() }
  }

  known(path: string): QueryEntry | undefined {
    return this.#entries.get(path)
  }

  all(): readonly QueryEntry[] {
    return [...this.#entries.values()]
  }

  refreshAll(): void {
    for (const entry of this.all()) entry.refresh()
  }

  /** Begins to hear from a hub. */
  attach(live: LiveSide): void {
    this.live = live
    for (const entry of this.all()) if (entry.isOffered) live.show(entry.path)
  }

  /** Forgets every answer. Queries that are shown are asked again. */
  async clear(): Promise<void> {
    this.#unkept.clear()
    for (const entry of this.all()) entry.reset()
    for (const [path, entry] of [...this.#entries]) if (!entry.isShown) this.#entries.delete(path)
    await (await this.#parts.disk())?.clear()
  }

  close(): void {
    this.#isClosed = true
    this.#unkept.clear()
    for (const entry of this.#entries.values()) entry.forget()
    this.#entries.clear()
  }

  fetch: Shared['fetch'] = (path, demand) => this.#parts.requests.read(path, demand)

  mayAsk(): boolean {
    return !this.#isClosed && this.#parts.mayAsk()
  }

  isOnline(): boolean {
    return this.platform.presence.isOnline()
  }

  async restore(path: string): Promise<Held | null> {
    const held = (await (await this.#parts.disk())?.read(path)) ?? null
    const isOfAnother = held?.ledger != null && this.ledger !== null && held.ledger !== this.ledger
    return held === null || !isOfAnother ? held : { ...held, version: null, ledger: this.ledger }
  }

  forgetVersions(): void {
    this.epoch += 1
    this.writtenVersion = null
    for (const { belief } of this.#entries.values()) belief.forgetVersions()
  }

  keep(entry: KeptEntry): void {
    if (this.#isClosed) return
    this.#unkept.add(entry)
    if (this.#isKeeping) return
    this.#isKeeping = true
    this.platform.clock.schedule(() => void this.#keepAll(), clientLimits.storeAfterMs)
  }

  published: Shared['published'] = (path, answer) => this.#parts.published(path, answer)

  statusChanged(): void {
    this.refreshAll()
    this.#parts.statusChanged()
  }

  #bytes(): number {
    return this.all().reduce((sum, { bytes }) => sum + bytes, 0)
  }

  #evict(newest: QueryEntry): void {
    const { entriesMax, entriesBytesMax } = clientLimits
    let bytes = this.#bytes()
    for (const [path, entry] of this.#entries) {
      if (this.#entries.size <= entriesMax && bytes <= entriesBytesMax) return
      if (entry === newest || entry.isShown || entry.hasListeners || entry.isBusy) continue
      this.#entries.delete(path)
      bytes -= entry.bytes
    }
  }

  async #keepAll(): Promise<void> {
    const disk = await this.#parts.disk()
    const kept = [...this.#unkept]
    this.#unkept.clear()
    this.#isKeeping = false
    for (const { path, belief } of kept) {
      if (disk === null || this.#isClosed || belief.held === null) continue
      await disk.write(path, { ...belief.held, ledger: belief.held.ledger ?? this.ledger })
    }
  }
}
