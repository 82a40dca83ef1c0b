import type { Answer } from './answer.ts'
import type {
  AnswerOf,
  ContactChange,
  ContactCreation,
  ContactMove,
  ContactPage,
  Counts,
  LookupRoute,
  PageOptions,
  ParametersOf,
  WholeContact,
} from './api.ts'
import type { ConnectionStatus } from './live/connection-status.ts'

/** The reason for which a token is asked for. */
export interface TokenRequest {
  /** The token that was refused, or that is about to expire; null for the first. An answer with the same token is not sent again. */
  readonly refused: string | null
}

export interface BoardcacheOptions {
  /** The Worker's URL, without a path. */
  readonly url: string
  readonly workspaceId: string
  /** Answers a token of the user. It is called again when the API refuses one, and before one expires. */
  readonly token: string | ((request: TokenRequest) => string | Promise<string>)
  /** The token's subject. Without it the client reads it from the first token; with it the cache can be read offline too. */
  readonly userId?: string
  /** Whether to open a WebSocket. Without one, shown queries are asked again every `pollEveryMs`. The default is true. */
  readonly live?: boolean
  /** The default is 10,000. */
  readonly pollEveryMs?: number
  /** Whether answers may be kept in IndexedDB. The default is true. */
  readonly storage?: boolean
  /** Gives the browser's console `boardcache.explain()`, `.stats()` and `.clear()`. The default is false. */
  readonly debug?: boolean
}

/** A question to the API, with everything that is known of its answer. Two queries of the same path share all of it. */
export interface Query<Data> {
  /** `['boardcache', workspaceId, path]`. */
  readonly key: readonly ['boardcache', string, string]
  /** The path and query of the GET that answers it. */
  readonly path: string
  /**
   * Resolves at once if the answer is proved to be current, else after asking the API. Offline it resolves with what is known, marked
   * `stale`. Rejects with a BoardcacheError if nothing is known.
   */
  read(options?: { readonly signal?: AbortSignal }): Promise<Answer<Data>>
  /**
   * Calls the listener after each change of the answer, from now on; `peek` has the first one. While anybody listens the query is
   * shown: the hub tells its changes, or it is polled.
   */
  subscribe(listener: (answer: Answer<Data>) => void): () => void
  /** The answer as it is known now. It is the same object until something changes. */
  peek(): Answer<Data>
  /** Asks the hub to confirm that the answer is current at this version at least, so that several queries share one. */
  prove(version: number): void
  /** For `useQuery` and `prefetchQuery` of TanStack Query. */
  options(): { readonly queryKey: Query<Data>['key']; readonly queryFn: QueryFunction<Data> }
}

export type QueryFunction<Data> = (context: { readonly signal?: AbortSignal }) => Promise<Data>

/** A write that the database has committed. */
export interface Written {
  /** The contact as it is stored. Of one that was removed only the id is left. */
  readonly contact: Partial<WholeContact> & { readonly id: string }
  /** Every read of this client from now on has this version at least. Null if the ledger had not answered yet. */
  readonly version: number | null
  readonly invalidation: 'done' | 'pending'
}

/**
 * Writes of contacts. Each shows at once in every query that is shown. It resolves when it is committed. If it is refused it is taken
 * back, and the promise rejects with a BoardcacheError that says why. Offline a write is refused: nothing is queued.
 */
export interface ContactWrites {
  /** A creation without an id gets one, so that sending it again is safe. */
  create(contact: ContactCreation): Promise<Written>
  change(id: string, change: ContactChange): Promise<Written>
  move(id: string, to: ContactMove): Promise<Written>
  remove(id: string): Promise<Written>
}

export interface Board {
  /** A page by its number, from 1. */
  page(page: number, options?: PageOptions): Query<ContactPage>
  /** The page that follows a `pagination.next_cursor`. */
  cursor(cursor: string, options?: PageOptions): Query<ContactPage>
}

export interface ClientStats {
  readonly requests: number
  readonly notModified: number
  readonly failures: number
  readonly framesReceived: number
  readonly framesSent: number
  readonly differencesApplied: number
  readonly entries: number
  readonly entriesBytes: number
  readonly storedEntries: number
  readonly storedBytes: number
  /** Whether answers outlive the page. */
  readonly isStorageUsed: boolean
}

/** Everything about one query, for a developer. */
export interface Explanation {
  readonly path: string
  readonly answer: Omit<Answer<unknown>, 'data'>
  readonly etag: string | null
  readonly isShown: boolean
  /** Whether the hub tells its changes. */
  readonly isTold: boolean
  /** The version that the next answer must have at least; null if there is none. */
  readonly neededVersion: number | null
  readonly connection: ConnectionStatus
  /** The API's own explanation of an answer, `_cache`; null if it could not be asked. Its tiers are for admins. */
  readonly api: unknown
}

export interface Boardcache {
  board(boardId: string): Board
  /** The counts of the workspace's contacts. */
  counts(): Query<Counts>
  contact(id: string): Query<AnswerOf<'/api/contacts/{id}'>>
  /** Every other lookup, by its route, as `get('/api/leads/{id}', { id })`. The parameters are those of its path and its query. */
  get<Route extends LookupRoute>(route: Route, parameters: ParametersOf<Route>): Query<AnswerOf<Route>>
  /** The query of a path, as a key has it. */
  query<Data>(path: string): Query<Data>
  readonly contacts: ContactWrites
  /** Reads queries in the background that will be shown soon. Failures are ignored. */
  preload(...queries: readonly Query<unknown>[]): void
  status(): ConnectionStatus
  onStatus(listener: (status: ConnectionStatus) => void): () => void
  /** Calls the listener after each change of any query's answer, with its key. It shows nothing by itself. */
  onAnswer(listener: (key: Query<unknown>['key'], answer: Answer<unknown>) => void): () => void
  explain(query: Query<unknown>): Promise<Explanation>
  stats(): ClientStats
  /** Forgets everything that is cached for this user and workspace, in memory and on disk. */
  clear(): Promise<void>
  /** Closes the client and removes everything of this user from the disk. */
  signOut(): Promise<void>
  close(): void
}
