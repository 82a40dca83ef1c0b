import { pause, withinDeadline } from '../../shared/clock.ts'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { isJsonObject } from '../../shared/live/json-value.ts'
import { BoardcacheError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import type { HttpAnswer, HttpRequest, Platform } from './platform.ts'
import type { TokenSource } from './token-source.ts'

/** An answer that says something: its data, that nothing changed (304), or that the thing does not exist (404). */
export interface Fetched {
  readonly status: number
  readonly data: JsonObject | null
  readonly etag: string | null
  /** The API could not prove it to be current. */
  readonly isStale: boolean
  readonly absence: BoardcacheError | null
  /** The members that say where the answer came from, whose names begin with `_`. */
  readonly provenance: JsonObject
}

export interface ReadDemand {
  readonly etag?: string | null
  readonly minVersion?: number | null
  /** The ledger itself is to prove the answer. */
  readonly isProofDemanded?: boolean
  readonly isExplained?: boolean
  /** Ends the request when nobody waits for its answer any more. */
  readonly signal?: AbortSignal
}

type Method = HttpRequest['method']

/**
 * Requests to the API: with a token, which is renewed once if it is refused; within a deadline; and again after 429 and 503, which say
 * that nothing was done. While the API asks to wait, no request is sent, and afterwards all do not come at once.
 */
export class Requests {
  readonly counted = { requests: 0, notModified: 0, failures: 0 }
  readonly #platform: Platform
  readonly #tokens: TokenSource
  readonly #url: string
  readonly #workspaceId: string
  #heldBackUntilMs = 0

  constructor(
    platform: Platform,
    tokens: TokenSource,
    { url, workspaceId }: { readonly url: string; readonly workspaceId: string },
  ) {
    this.#platform = platform
    this.#tokens = tokens
    this.#url = url
    this.#workspaceId = workspaceId
  }

  /** Reads a path. Rejects with a BoardcacheError, except for 404: absence is an answer. */
  read(path: string, demand: ReadDemand): Promise<Fetched> {
    const { etag, minVersion, isProofDemanded = false, isExplained = false, signal } = demand
    const headers = {
      // Beside `If-None-Match`, fetch adds `no-cache` to a request without this header (WHATWG Fetch, HTTP-network-or-cache fetch), and
      // then the ledger would have to prove each answer. This directive means nothing to the API.
      'Cache-Control': isProofDemanded ? 'no-cache' : 'no-transform',
      ...(etag == null ? {} : { 'If-None-Match': etag }),
      ...(minVersion == null ? {} : { 'X-Min-Version': String(minVersion) }),
      ...(isExplained ? { 'X-Explain': '1' } : {}),
    }
    return this.#send('GET', path, headers, undefined, signal)
  }

  /** Writes. Rejects with a BoardcacheError, of which `mayHaveHappened` says whether the outcome is unknown. */
  write(method: Exclude<Method, 'GET'>, path: string, body: object | null): Promise<Fetched> {
    const headers = body === null ? {} : { 'Content-Type': 'application/json' }
    return this.#send(method, path, headers, body === null ? undefined : JSON.stringify(body))
  }

  async #send(
    method: Method,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
    ended?: AbortSignal,
  ): Promise<Fetched> {
    const { clock, random } = this.#platform
    const startedAtMs = clock.now()
    let refused: string | null = null
    for (let attempt = 1; ; attempt += 1) {
      await this.#awaitTurn(startedAtMs)
      const token = await this.#tokens.get(refused)
      const fetched = await this.#attempt(
        method,
        path,
        { ...headers, Authorization: `Bearer ${token}` },
        body,
        ended,
      )
      if (!(fetched instanceof BoardcacheError)) return fetched
      const isRefusedFirst = fetched.status === 401 && refused === null
      if (isRefusedFirst && (await this.#tokens.get(token)) !== token) {
        refused = token
        continue
      }
      const waitMs = fetched.retryAfterMs
      if (waitMs !== null) {
        // Half as long again at most, so that clients that were refused together do not return together.
        const untilMs = clock.now() + waitMs * (1 + random() / 2)
        this.#heldBackUntilMs = Math.max(this.#heldBackUntilMs, untilMs)
      }
      const isInTime = waitMs !== null && this.#heldBackUntilMs - startedAtMs < clientLimits.patienceMs
      if (!isInTime || attempt >= clientLimits.attemptsMax) {
        this.counted.failures += 1
        throw fetched
      }
    }
  }

  async #awaitTurn(startedAtMs: number): Promise<void> {
    const { clock } = this.#platform
    const untilMs = this.#heldBackUntilMs
    const waitMs = untilMs - clock.now()
    if (waitMs <= 0) return
    if (untilMs - startedAtMs > clientLimits.patienceMs) {
      throw new BoardcacheError({
        code: 'overloaded',
        message: 'The API asked to wait.',
        retryAfterMs: waitMs,
      })
    }
    await pause(clock, waitMs)
  }

  async #attempt(
    method: Method,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
    ended: AbortSignal | undefined,
  ): Promise<Fetched | BoardcacheError> {
    const isWrite = method !== 'GET'
    const deadlineMs = isWrite ? clientLimits.writeDeadlineMs : clientLimits.readDeadlineMs
    const late = new BoardcacheError({
      code: 'timeout',
      message: 'The API did not answer in time.',
      mayHaveHappened: isWrite,
    })
    this.counted.requests += 1
    try {
      return await withinDeadline<Fetched | BoardcacheError>(
        this.#platform.clock,
        deadlineMs,
        async (signal) => {
          const request: HttpRequest = {
            method,
            headers: { ...headers, 'X-Workspace-ID': this.#workspaceId },
            signal: ended === undefined ? signal : AbortSignal.any([signal, ended]),
            ...(body === undefined ? {} : { body }),
          }
          const answer = await this.#platform.send(`${this.#url}${path}`, request)
          if (answer.status === 304) this.counted.notModified += 1
          return fetchedOf(answer, answer.status === 304 ? '' : await answer.text(), isWrite)
        },
        late,
      )
    } catch (cause) {
      const code = this.#platform.presence.isOnline() ? 'network' : 'offline'
      return new BoardcacheError({
        code,
        message: `The API cannot be reached: ${cause}`,
        mayHaveHappened: isWrite,
      })
    }
  }
}

/** The reasons of `Cache-Status` for which an answer is not proved. */
const doubts = /detail=(ledger-unreachable|origin-failed|overtaken)/

function fetchedOf(
  { status, headers }: HttpAnswer,
  text: string,
  isWrite: boolean,
): Fetched | BoardcacheError {
  const said = status === 304 ? {} : parsed(text)
  const isStale = doubts.test(headers.get('Cache-Status') ?? '')
  const etag = headers.get('ETag')
  if (status === 304) return { status, data: null, etag, isStale, absence: null, provenance: {} }
  if (status >= 200 && status < 300 && isJsonObject(said?.['data'])) {
    const { data } = said
    return {
      status,
      data: membersOf(data, false),
      etag,
      isStale,
      absence: null,
      provenance: membersOf(data, true),
    }
  }
  const error = errorOf(status, headers, said, isWrite)
  const isAbsence = status === 404 && !isWrite && error.code !== 'route_not_found' && said !== null
  return isAbsence
    ? { status, data: null, etag: null, isStale, absence: error, provenance: membersOf(said, true) }
    : error
}

function parsed(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

/** `_cache` and its like differ from answer to answer, and no difference of a hub has them. */
function membersOf(data: JsonObject, isProvenance: boolean): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => name.startsWith('_') === isProvenance))
}

function errorOf(
  status: number,
  headers: HttpAnswer['headers'],
  said: JsonObject | null,
  isWrite: boolean,
): BoardcacheError {
  const { code, error, details, requestId } = said ?? {}
  const isKnown = typeof code === 'string' && typeof error === 'string'
  const mayRetry = status === 429 || status === 503
  const seconds = Number(headers.get('Retry-After') ?? 1)
  const retryAfterMs = Math.min(
    (Number.isFinite(seconds) ? seconds : 1) * 1_000,
    clientLimits.retryAfterMaxMs,
  )
  return new BoardcacheError({
    code: isKnown ? (code as BoardcacheError['code']) : 'answer_invalid',
    message: isKnown ? error : `The API did not answer, but status ${status}.`,
    status,
    retryAfterMs: mayRetry ? retryAfterMs : null,
    requestId: typeof requestId === 'string' ? requestId : null,
    details: Array.isArray(details) ? (details as BoardcacheError['details']) : [],
    // An error of the API's own before 500 says that nothing was done, and so does a 503.
    mayHaveHappened: isWrite && status >= 500 && status !== 503,
  })
}
