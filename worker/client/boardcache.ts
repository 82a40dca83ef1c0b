import type { Answer } from './answer.ts'
import type { AnswerOf, ContactPage, LookupRoute, PageOptions, ParametersOf } from './api.ts'
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
    create: (contact) => this.#write((writer) => writer.create(contact)),
    change: (id, change) => this.#write((writer) => writer.change(id, change)),
    move: (id, to) => this.#write((writer) => writer.move(id, to)),
    remove: (id) => this.#write((writer) => writer.remove(id)),
  }
  readonly #platform: Platform
  readonly #parts: LazyParts
  readonly #options: BoardcacheOptions
  readonly #tokens: TokenSource
  readonly #requests: Requests
  readonly #cache: QueryCache
  readonly #statusListeners = new Set<StatusListener>()
  readonly #answerListeners = new Set<AnswerListener>()
  #disk: Promise<Disk | null> | null = null
  #writer: Promise<ContactWriter> | null = null
  #openedDisk: Disk | null = null
  #isClosed = false
  readonly #stopWatching: () => void
  readonly preload: Boardcache['preload']

  constructor(platform: Platform, parts: LazyParts, options: BoardcacheOptions) {
    const { workspaceId } = options
    const url = options.url.replace(/\/+$/, '')
    this.#platform = platform
    this.#parts = parts
    this.#options = options
    this.#tokens = new TokenSource(options.token, options.userId ?? null, platform.clock)
    this.#requests = new Requests(platform, this.#tokens, { url, workspaceId })
    this.#cache = new QueryCache({
      platform,
      requests: this.#requests,
      pollEveryMs: Math.max(options.pollEveryMs ?? clientLimits.pollEveryMs, clientLimits.pollEveryLeastMs),
      disk: () => this.#openDisk(),
      mayAsk: () => !platform.presence.isHidden() && platform.presence.isOnline(),
      statusChanged: () => this.#tellStatus(),
      published: (path, answer) => this.#tellAnswer(path, answer),
    })
    this.preload = preloader(() => this.#isClosed)
    this.#stopWatching = platform.presence.onChange(() => this.#cache.refreshAll())
    if (options.live !== false) void this.#goLive(url)
    void this.#openWriter().catch(() => {})
    if (options.debug === true) void this.#giveTools()
  }

  board(boardId: string): Board {
    const at = (place: object, options: PageOptions = {}): Query<ContactPage> =>
      this.get('/api/boards/{boardId}/contacts', { boardId, ...pageParameters(place, options) })
    return {
      // The first page is the default: with its number it would be another path for the same question.
      page: (page, options) => at(page === 1 ? {} : { page }, options),
      cursor: (cursor, options) => at({ cursor }, options),
    }
  }

  counts() {
    return this.get('/api/cache-settings/workspace/{workspaceId}/counts', {})
  }

  contact(id: string) {
    return this.get('/api/contacts/{id}', { id })
  }

  get<Route extends LookupRoute>(route: Route, parameters: ParametersOf<Route>): Query<AnswerOf<Route>> {
    return this.query(pathOf(route, parameters, this.#options.workspaceId))
  }

  query<Data>(path: string): Query<Data> {
    const entry = () => {
      if (this.#isClosed) throw closed()
      return this.#cache.entry(path)
    }
    return new PathQuery<Data>(path, this.#options.workspaceId, entry, (version) =>
      this.#cache.live?.prove(path, version),
    )
  }

  status(): ConnectionStatus {
    const { live, isLiveExpected } = this.#cache
    const { presence } = this.#platform
    const asking = isLiveExpected ? 'connecting' : presence.isHidden() ? 'paused' : 'polling'
    const mode = presence.isOnline() ? asking : 'offline'
    return live?.status() ?? { mode, asOfAgeMs: null, provedAgeMs: null, version: null, ledger: null }
  }

  onStatus(listener: StatusListener): () => void {
    return added(this.#statusListeners, (status: ConnectionStatus) => listener(status))
  }

  onAnswer(listener: AnswerListener): () => void {
    return added<AnswerListener>(this.#answerListeners, (key, answer) => listener(key, answer))
  }

  async explain({ path }: Pick<Query<unknown>, 'path'>): Promise<Explanation> {
    const { explainEntry } = await this.#parts.inspection()
    const asked = this.#requests.read(path, { isExplained: true })
    return explainEntry(this.#cache.entry(path), asked, this.status())
  }

  stats(): ClientStats {
    const { live, size } = this.#cache
    const stored = this.#openedDisk?.size
    return {
      ...this.#requests.counted,
      ...(live?.counted ?? { framesReceived: 0, framesSent: 0, differencesApplied: 0 }),
      entries: size.entries,
      entriesBytes: size.bytes,
      storedEntries: stored?.entries ?? 0,
      storedBytes: stored?.bytes ?? 0,
      isStorageUsed: stored !== undefined,
    }
  }

  clear(): Promise<void> {
    return this.#cache.clear()
  }

  async signOut(): Promise<void> {
    this.close()
    // Somebody else may use this browser next, so `storage: false` does not matter here.
    const { removeUser } = await this.#parts.disk()
    await removeUser(this.#platform, this.#tokens, await this.#disk)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopWatching()
    this.#cache.close()
    this.#cache.live?.close()
    void this.#writer?.then((writer) => writer.close()).catch(() => {})
    this.#statusListeners.clear()
    this.#answerListeners.clear()
  }

  async #goLive(url: string): Promise<void> {
    const cache = this.#cache
    cache.isLiveExpected = true
    try {
      const { startLive } = await this.#parts.live()
      if (this.#isClosed) return
      const { workspaceId } = this.#options
      cache.attach(startLive({ platform: this.#platform, url, workspaceId, cache, tokens: this.#tokens }))
    } catch {
      // The chunk cannot be loaded, so the client polls until the page is loaded again.
    }
    cache.isLiveExpected = false
    cache.statusChanged()
  }

  #openWriter(): Promise<ContactWriter> {
    this.#writer ??= this.#parts
      .writes()
      .then(({ createContactWriter }) => createContactWriter(this.#platform, this.#cache, this.#requests))
    // A chunk that could not be loaded is loaded again with the next write.
    this.#writer.catch(() => {
      this.#writer = null
    })
    return this.#writer
  }

  async #write(run: (writer: ContactWriter) => Promise<Written>): Promise<Written> {
    if (this.#isClosed) throw closed()
    const writer = await this.#openWriter().catch((cause) => {
      const code = this.#platform.presence.isOnline() ? 'network' : 'offline'
      throw new BoardcacheError({ code, message: `The part for writes cannot be loaded: ${cause}` })
    })
    return run(writer)
  }

  #openDisk(): Promise<Disk | null> {
    const { storage, workspaceId } = this.#options
    this.#disk ??= storage === false ? Promise.resolve(null) : this.#loadDisk(workspaceId).catch(() => null)
    return this.#disk
  }

  async #loadDisk(workspaceId: string): Promise<Disk | null> {
    const { openDisk } = await this.#parts.disk()
    this.#openedDisk = await openDisk(this.#platform, this.#tokens, workspaceId)
    return this.#openedDisk
  }

  async #giveTools(): Promise<void> {
    const { consoleTools } = await this.#parts.inspection()
    this.#platform.expose('boardcache', consoleTools(this))
  }

  #tellStatus(): void {
    const status = this.status()
    for (const listener of [...this.#statusListeners]) listener(status)
  }

  #tellAnswer(path: string, answer: Answer<unknown>): void {
    const key = keyOf(this.#options.workspaceId, path)
    for (const listener of [...this.#answerListeners]) listener(key, answer)
  }
}

/** Adds a listener, also a second time. */
function added<Listener>(listeners: Set<Listener>, own: Listener): () => void {
  listeners.add(own)
  return () => void listeners.delete(own)
}

const keyOf = (workspaceId: string, path: string) => ['boardcache', workspaceId, path] as const

const closed = () => new BoardcacheError({ code: 'closed', message: 'The client is closed.' })

/** A question by its path. It keeps nothing: everything that is known is in the cache's entry. */
class PathQuery<Data> implements Query<Data> {
  readonly key: Query<Data>['key']
  readonly path: string
  readonly prove: Query<Data>['prove']
  readonly #entry: () => QueryEntry

  constructor(path: string, workspaceId: string, entry: () => QueryEntry, prove: Query<Data>['prove']) {
    this.path = path
    this.key = keyOf(workspaceId, path)
    this.prove = prove
    this.#entry = entry
  }

  async read({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Answer<Data>> {
    signal?.throwIfAborted()
    const reading = this.#entry().read()
    const answer = signal === undefined ? await reading : await unlessAborted(reading, signal)
    return answer as Answer<Data>
  }

  subscribe(listener: (answer: Answer<Data>) => void): () => void {
    return this.#entry().subscribe((answer) => listener(answer as Answer<Data>))
  }

  peek(): Answer<Data> {
    return this.#entry().peek() as Answer<Data>
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
