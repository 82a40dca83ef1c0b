import { type Clock, withinDeadline } from '../../shared/clock.ts'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { isJsonObject } from '../../shared/live/json-value.ts'
import type { Held } from './belief.ts'
import type { Platform, Shelves } from './platform.ts'
import type { TokenSource } from './token-source.ts'

const diskLimits = {
  storedEntriesMax: 300,
  storedBytesMax: 16_777_216,
  /** A larger answer is not stored. */
  storedEntryBytesMax: 524_288,
  /** An entry that was not used for so long is removed from the disk. */
  storedForMs: 14 * 86_400_000,
  storageDeadlineMs: 2_000,
} as const

/** Raised when the form of what is stored changes. Entries of another form are removed. */
const form = 1

/** Where the answers of one user and workspace outlive the page. */
export interface Disk {
  readonly size: { readonly entries: number; readonly bytes: number }
  /** The answer that was kept of a question; null if there is none that can be read. */
  read(path: string): Promise<Held | null>
  /** Keeps an answer. A failure, such as a full disk, leaves it out. */
  write(path: string, held: Held): Promise<void>
  /** Resolves when nothing is being written. */
  settled(): Promise<void>
  clear(): Promise<void>
}

/** Opens the disk and removes what is too old or too much. Null if it cannot be used, or if it is not known for whom. */
export async function openDisk(
  { openShelves, clock }: Pick<Platform, 'clock' | 'openShelves'>,
  tokens: TokenSource,
  workspaceId: string,
): Promise<Disk | null> {
  const userId = await userOf(tokens).catch(() => null)
  if (userId === null) return null
  const attempt = async () => {
    const shelves = await openShelves()
    if (shelves === null) return null
    const disk = new ShelvedDisk(shelves, clock, `${prefixOf(userId)}${encodeURIComponent(workspaceId)}/`)
    await disk.learn()
    return disk
  }
  return withinDeadline<Disk | null>(clock, diskLimits.storageDeadlineMs, attempt, null).catch(() => null)
}

/** Removes everything of the user, once the disk has written what it had begun to. Rejects if that is not certain. */
export async function removeUser(
  { openShelves }: Pick<Platform, 'openShelves'>,
  tokens: TokenSource,
  disk: Disk | null,
): Promise<void> {
  await disk?.settled()
  const userId = await userOf(tokens)
  const shelves = await openShelves()
  if (shelves !== null && userId !== null) await removeAll(shelves, prefixOf(userId))
}

async function userOf(tokens: TokenSource): Promise<string | null> {
  if (tokens.userId === null) await tokens.get(null)
  return tokens.userId
}

/** The size of an entry and the instant of its last use, by which the oldest are removed first. */
interface Fact {
  readonly bytes: number
  readonly usedAtMs: number
}

/**
 * The answers of one user and workspace that outlive the page, each by itself, so that no start reads all of them. Everything here may
 * fail or be full, and then answers are only not kept: nothing that is read from the disk counts as current before it is proved.
 */
class ShelvedDisk implements Disk {
  readonly #shelves: Shelves
  readonly #clock: Clock
  readonly #prefix: string
  readonly #facts = new Map<string, Fact>()
  #bytes = 0
  #writing = Promise.resolve()

  constructor(shelves: Shelves, clock: Clock, prefix: string) {
    this.#shelves = shelves
    this.#clock = clock
    this.#prefix = prefix
  }

  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#facts.size, bytes: this.#bytes }
  }

  async read(path: string): Promise<Held | null> {
    if (!this.#facts.has(path)) return null
    const attempt = async () => heldOf(await this.#shelves.bodies.get(this.#prefix + path))
    return withinDeadline(this.#clock, diskLimits.storageDeadlineMs, attempt, null).catch(() => null)
  }

  write(path: string, held: Held): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeOnce(path, held))
    return this.#writing
  }

  settled(): Promise<void> {
    return this.#writing
  }

  async #writeOnce(path: string, held: Held): Promise<void> {
    const { data, entry, etagRest, version, ledger, asOfMs } = held
    if (data === null) return this.#remove([path])
    const text = JSON.stringify({ form, data, entry, etagRest, version, ledger, asOfMs })
    if (text.length > diskLimits.storedEntryBytesMax) return this.#remove([path])
    try {
      await this.#shelves.bodies.set(this.#prefix + path, text)
      await this.#note(path, { bytes: text.length, usedAtMs: this.#clock.now() })
      await this.#trim()
    } catch {
      await this.#remove([path])
    }
  }

  async clear(): Promise<void> {
    this.#facts.clear()
    this.#bytes = 0
    await removeAll(this.#shelves, this.#prefix)
  }

  async #note(path: string, fact: Fact): Promise<void> {
    this.#bytes += fact.bytes - (this.#facts.get(path)?.bytes ?? 0)
    this.#facts.set(path, fact)
    await this.#shelves.facts.set(this.#prefix + path, JSON.stringify(fact))
  }

  /** Another tab may have written since, so the bounds hold for all tabs together only after the next start. */
  async learn(): Promise<void> {
    const outdated: string[] = []
    for (const [key, value] of await this.#shelves.facts.entries()) {
      if (typeof key !== 'string' || !key.startsWith(this.#prefix)) continue
      const path = key.slice(this.#prefix.length)
      const fact = factOf(value)
      if (fact === null || this.#clock.now() - fact.usedAtMs > diskLimits.storedForMs) outdated.push(path)
      else {
        this.#facts.set(path, fact)
        this.#bytes += fact.bytes
      }
    }
    await this.#remove(outdated)
    await this.#trim()
  }

  async #trim(): Promise<void> {
    const { storedEntriesMax, storedBytesMax } = diskLimits
    if (this.#facts.size <= storedEntriesMax && this.#bytes <= storedBytesMax) return
    const oldest = [...this.#facts].sort(([, one], [, other]) => one.usedAtMs - other.usedAtMs)
    let bytes = this.#bytes
    let entries = this.#facts.size
    const removed: string[] = []
    for (const [path, fact] of oldest) {
      if (entries <= storedEntriesMax && bytes <= storedBytesMax) break
      removed.push(path)
      bytes -= fact.bytes
      entries -= 1
    }
    await this.#remove(removed)
  }

  async #remove(paths: readonly string[]): Promise<void> {
    const known = paths.filter((path) => this.#facts.has(path))
    for (const path of known) {
      this.#bytes -= this.#facts.get(path)?.bytes ?? 0
      this.#facts.delete(path)
    }
    const keys = paths.map((path) => this.#prefix + path)
    if (keys.length === 0) return
    // A fact that stays without its body is removed when it is old, and its body reads as none.
    await this.#shelves.bodies.remove(keys).catch(() => {})
    await this.#shelves.facts.remove(keys).catch(() => {})
  }
}

const prefixOf = (userId: string) => `${encodeURIComponent(userId)}/`

async function removeAll(shelves: Shelves, prefix: string): Promise<void> {
  const keys = (await shelves.facts.entries()).map(([key]) => key)
  const removed = keys.filter((key) => typeof key === 'string').filter((key) => key.startsWith(prefix))
  await shelves.bodies.remove(removed)
  await shelves.facts.remove(removed)
}

function factOf(value: unknown): Fact | null {
  const fact = parsed(value)
  const { bytes, usedAtMs } = fact ?? {}
  return typeof bytes === 'number' && typeof usedAtMs === 'number' ? { bytes, usedAtMs } : null
}

function heldOf(value: unknown): Held | null {
  const stored = parsed(value)
  if (stored === null || stored['form'] !== form) return null
  const { data, entry, etagRest, version, ledger, asOfMs } = stored
  if (!isJsonObject(data) || typeof etagRest !== 'string' || typeof asOfMs !== 'number') return null
  return {
    data,
    absence: null,
    entry: typeof entry === 'string' ? entry : null,
    etagRest,
    version: typeof version === 'number' ? version : null,
    ledger: typeof ledger === 'string' ? ledger : null,
    asOfMs,
    isStale: false,
  }
}

function parsed(value: unknown): JsonObject | null {
  try {
    const object = typeof value === 'string' ? JSON.parse(value) : null
    return isJsonObject(object) ? object : null
  } catch {
    return null
  }
}
