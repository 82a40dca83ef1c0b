import { liveLimits } from '../../shared/limits/live-limits.ts'
import type { Answer } from './answer.ts'
import type { AnswerOf, ContactPage, PageOptions, ParametersOf, ResourceName } from './api.ts'
import { BoardcacheError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import type { ContactWriter } from './contact-writer.ts'
import type { Disk } from './disk.ts'
import type { LazyParts } from './lazy-parts.ts'
import type { ConnectionStatus } from './live/connection-status.ts'
import { pageParameters, pathOf } from './paths.ts'
import type { Platform } from './platform.ts'
import { preloader } from './preloader.ts'
import { QueryCache } from './query-cache.ts'
import type { QueryEntry } from './query-entry.ts'
import { Requests } from './requests.ts'
import { TokenSource } from './token-source.ts'
import type {
  Board,
  Boardcache,
  BoardcacheOptions,
  ClientStats,
  ContactWrites,
  Explanation,
  Query,
  Written,
} from './types.ts'

type StatusListener = (status: ConnectionStatus) => void
type AnswerListener = (key: Query<unknown>['key'], answer: Answer<unknown>) => void

/** Creates a client on a platform. Applications use `createBoardcache` (index.ts), which is this on the browser's. */
export function createBoardcacheOn(
  platform: Platform,
  parts: LazyParts,
  options: BoardcacheOptions,
): Boardcache {
  return new Client(platform, parts, options)
}

class Client implements Boardcache {
  readonly contacts: ContactWrites = {
    create: (contact) => this.write((writer) => writer.create(contact)),
    change: (id, change) => this.write((writer) => writer.change(id, change)),
    move: (id, to) => this.write((writer) => writer.move(id, to)),
    remove: (id) => this.write((writer) => writer.remove(id)),
  }
  private readonly platform: Platform
  private readonly parts: LazyParts
  private readonly options: BoardcacheOptions
  private readonly tokens: TokenSource
  private readonly requests: Requests
  private readonly cache: QueryCache
  private readonly statusListeners = new Set<StatusListener>()
  private readonly answerListeners = new Set<AnswerListener>()
  private disk: Promise<Disk | null> | null = null
  private writer: Promise<ContactWriter> | null = null
  private diskSize: () => Disk['size'] | null = () => null
  private isClosed = false
  private isAsleep = false
  private cancelSleep = () => {}
  private readonly stopWatching: () => void
  readonly preload: Boardcache['preload']

  constructor(platform: Platform, parts: LazyParts, options: BoardcacheOptions) {
    const { workspaceId } = options
    const url = options.url.replace(/\/+$/, '')
    this.platform = platform
    this.parts = parts
    this.options = options
    this.tokens = new TokenSource(options.token, options.userId ?? null, platform.clock)
    this.requests = new Requests(platform, this.tokens, { url, workspaceId })
    this.cache = new QueryCache({
      platform,
      requests: this.requests,
      pollEveryMs: Math.max(options.pollEveryMs ?? clientLimits.pollEveryMs, clientLimits.pollEveryLeastMs),
      disk: () => this.openDisk(),
      mayAsk: () => !this.isAsleep && platform.presence.isOnline(),
      statusChanged: () => this.tellStatus(),
      published: (entry) => this.tellAnswer(entry),
    })
    this.preload = preloader(() => this.isClosed)
    this.stopWatching = platform.presence.onChange(() => this.presenceChanged())
    if (options.live !== false) void this.goLive(url)
    void this.openWriter().catch(() => {})
    this.presenceChanged()
    if (options.debug === true) platform.expose('boardcache', this.tools())
  }

  board(boardId: string): Board {
    const at = (place: Parameters<typeof pageParameters>[0], options: PageOptions = {}): Query<ContactPage> =>
      this.query(
        pathOf('contact-list', { boardId, ...pageParameters(place, options) }, this.options.workspaceId),
      )
    return {
      page: (page, options) => at({ page }, options),
      cursor: (cursor, options) => at({ cursor }, options),
    }
  }

  counts() {
    return this.get('contact-counts', {})
  }

  contact(id: string) {
    return this.get('contact', { id })
  }

  get: Boardcache['get'] = (name, parameters) =>
    this.query(pathOf(name, parameters, this.options.workspaceId))

  query<Data>(path: string): Query<Data> {
    return new PathQuery<Data>(path, this.options.workspaceId, () => {
      if (this.isClosed) throw closed()
      return this.cache.entry(path)
    })
  }

  status(): ConnectionStatus {
    const { presence } = this.platform
    const mode = !presence.isOnline() ? 'offline' : this.isAsleep ? 'paused' : 'polling'
    const unconnected: ConnectionStatus = {
      mode,
      asOfAgeMs: null,
      provedAgeMs: null,
      version: null,
      ledger: null,
    }
    return this.cache.connection?.status() ?? unconnected
  }

  onStatus(listener: StatusListener): () => void {
    const own: StatusListener = (status) => listener(status)
    this.statusListeners.add(own)
    return () => void this.statusListeners.delete(own)
  }

  onAnswer(listener: AnswerListener): () => void {
    const own: AnswerListener = (key, answer) => listener(key, answer)
    this.answerListeners.add(own)
    return () => void this.answerListeners.delete(own)
  }

  async explain({ path }: Pick<Query<unknown>, 'path'>): Promise<Explanation> {
    const entry = this.cache.entry(path)
    const { data: _, ...answer } = entry.peek()
    const { held, isTold, needed } = entry.belief
    const asked = this.requests.read(path, { isExplained: true })
    const api = await asked.then(({ provenance }) => provenance).catch(() => null)
    const connection = this.status()
    const etag = held?.entry ?? null
    return { path, answer, etag, isShown: entry.isShown, isTold, neededVersion: needed, connection, api }
  }

  stats(): ClientStats {
    const frames = this.cache.connection?.frames() ?? { received: 0, sent: 0 }
    const { entries, bytes } = this.cache.size
    const stored = this.diskSize()
    return {
      ...this.requests.counted,
      ...this.cache.counted,
      framesReceived: frames.received,
      framesSent: frames.sent,
      entries,
      entriesBytes: bytes,
      storedEntries: stored?.entries ?? 0,
      storedBytes: stored?.bytes ?? 0,
      isStorageUsed: stored !== null,
    }
  }

  clear(): Promise<void> {
    return this.cache.clear()
  }

  async signOut(): Promise<void> {
    const userId = this.tokens.userId ?? (await this.tokens.get(null).then(() => this.tokens.userId))
    // What is being written now would come back after its removal.
    const disk = await this.disk
    this.close()
    await disk?.settled()
    const { removeUser } = await this.parts.disk()
    if (userId !== null) await removeUser(() => this.platform.openShelves(), userId)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.cancelSleep()
    this.stopWatching()
    this.cache.close()
    this.cache.connection?.close()
    void this.writer?.then((writer) => writer.close()).catch(() => {})
    this.statusListeners.clear()
    this.answerListeners.clear()
  }

  private async goLive(url: string): Promise<void> {
    const { cache, platform, options } = this
    cache.isLiveExpected = true
    try {
      const { openLive } = await this.parts.live()
      if (this.isClosed) return
      const { clock, openSocket } = platform
      const token = (refused: string | null) => this.tokens.get(refused)
      const around = { clock, openSocket, token, random: () => platform.random() }
      cache.attach(openLive({ url, workspaceId: options.workspaceId }, around, cache))
    } catch {
      // The chunk cannot be loaded, so the client polls until the page is loaded again.
      cache.isLiveExpected = false
    }
    this.rest()
  }

  private openWriter(): Promise<ContactWriter> {
    this.writer ??= this.parts.writes().then(({ createContactWriter }) => {
      const { platform, cache, requests } = this
      return createContactWriter({
        cache,
        clock: platform.clock,
        isOnline: () => platform.presence.isOnline(),
        newId: () => `contact_${platform.newId()}`,
        send: (...write) => requests.write(...write),
      })
    })
    // A chunk that could not be loaded is loaded again with the next write.
    this.writer.catch(() => {
      this.writer = null
    })
    return this.writer
  }

  private async write(run: (writer: ContactWriter) => Promise<Written>): Promise<Written> {
    if (this.isClosed) throw closed()
    const writer = await this.openWriter().catch((cause) => {
      throw new BoardcacheError({
        code: 'network',
        message: `The part for writes cannot be loaded: ${cause}`,
      })
    })
    return run(writer)
  }

  /** A tab that nobody has seen for a while closes its socket and asks nothing. When it is seen again it goes on at once. */
  private presenceChanged(): void {
    const { presence, clock } = this.platform
    this.cancelSleep()
    if (presence.isHidden() && !this.isAsleep) {
      this.cancelSleep = clock.schedule(() => this.sleep(true), liveLimits.liveHiddenMs)
    } else if (!presence.isHidden()) this.isAsleep = false
    this.rest()
  }

  private sleep(isAsleep: boolean): void {
    this.isAsleep = isAsleep
    this.rest()
  }

  private rest(): void {
    const { connection } = this.cache
    if (!this.platform.presence.isOnline()) connection?.pause('offline')
    else if (this.isAsleep) connection?.pause('paused')
    else connection?.resume()
    this.cache.statusChanged()
  }

  private openDisk(): Promise<Disk | null> {
    this.disk ??= this.openDiskOnce().catch(() => null)
    return this.disk
  }

  private async openDiskOnce(): Promise<Disk | null> {
    if (this.options.storage === false) return null
    if (this.tokens.userId === null) await this.tokens.get(null).catch(() => {})
    const { userId } = this.tokens
    if (userId === null) return null
    const { clock } = this.platform
    const { workspaceId } = this.options
    const { openDisk } = await this.parts.disk()
    const disk = await openDisk(() => this.platform.openShelves(), clock, { userId, workspaceId })
    this.diskSize = () => disk?.size ?? null
    return disk
  }

  private tellStatus(): void {
    const status = this.status()
    for (const listener of [...this.statusListeners]) listener(status)
  }

  private tellAnswer(entry: QueryEntry): void {
    const key = keyOf(this.options.workspaceId, entry.path)
    for (const listener of [...this.answerListeners]) listener(key, entry.peek())
  }

  private tools() {
    return {
      explain: (query: string | Query<unknown>) =>
        this.explain(typeof query === 'string' ? { path: query } : query),
      stats: () => this.stats(),
      clear: () => this.clear(),
      status: () => this.status(),
    }
  }
}

const keyOf = (workspaceId: string, path: string) => ['boardcache', workspaceId, path] as const

const closed = () => new BoardcacheError({ code: 'closed', message: 'The client is closed.' })

/** A question by its path. It keeps nothing: everything that is known is in the cache's entry. */
class PathQuery<Data> implements Query<Data> {
  readonly key: Query<Data>['key']
  readonly path: string
  private readonly entry: () => QueryEntry

  constructor(path: string, workspaceId: string, entry: () => QueryEntry) {
    this.path = path
    this.key = keyOf(workspaceId, path)
    this.entry = entry
  }

  async read({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Answer<Data>> {
    signal?.throwIfAborted()
    const reading = this.entry().read()
    const answer = signal === undefined ? await reading : await unlessAborted(reading, signal)
    return answer as Answer<Data>
  }

  subscribe(listener: (answer: Answer<Data>) => void): () => void {
    return this.entry().subscribe((answer) => listener(answer as Answer<Data>))
  }

  peek(): Answer<Data> {
    return this.entry().peek() as Answer<Data>
  }

  prove(version: number): void {
    this.entry().prove(version)
  }

  options(): ReturnType<Query<Data>['options']> {
    return {
      queryKey: this.key,
      queryFn: async ({ signal }) => {
        const { data, error } = await this.read(signal === undefined ? {} : { signal })
        if (data === undefined) throw error
        return data
      },
    }
  }
}

/** The request itself goes on, because others may wait for it too. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
