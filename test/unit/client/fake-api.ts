import type { Json, JsonObject } from '../../../shared/live/json-value.ts'
import type { HttpAnswer, HttpRequest } from '../../../worker/client/platform.ts'
import type { Dice } from '../../support/dice.ts'
import type { FakeClock } from '../../support/fake-clock.ts'

/** The database and the ledger after one write. */
interface Moment {
  readonly ledger: string
  readonly version: number
  readonly atMs: number
  readonly rows: readonly JsonObject[]
}

export const perPage = 3
const stalenessBoundMs = 1_000

export interface ApiFaults {
  /** Requests fail as without a network. */
  isAway: boolean
  /** Requests get 503 with `Retry-After: 1`. */
  isBusy: boolean
  /** Answers cannot be proved: they are some older ones, and say so. */
  isUnproved: boolean
  /** Writes answer without a version, and the ledger hears of them so much later. */
  pendingMs: number | null
}

/** A Worker with its ledger and its database, as its clients see them: every version of every answer is known. */
export class FakeApi {
  readonly moments: Moment[] = []
  readonly faults: ApiFaults = { isAway: false, isBusy: false, isUnproved: false, pendingMs: null }
  readonly requests: {
    readonly method: string
    readonly path: string
    readonly headers: HttpRequest['headers']
  }[] = []
  /** Tokens that are refused with 401. */
  readonly refusedTokens = new Set<string>()
  onMoment: () => void = () => {}
  readonly #clock: FakeClock
  readonly #dice: Dice
  readonly #etags = new Map<string, string>()
  #created = 0

  constructor(clock: FakeClock, dice: Dice, rows = 8) {
    this.#clock = clock
    this.#dice = dice
    const first = Array.from({ length: rows }, () => this.newRow())
    this.moments.push({ ledger: 'ledger-1', version: 1, atMs: clock.now(), rows: first })
  }

  get now(): Moment {
    const moment = this.moments.at(-1)
    if (moment === undefined) throw new Error('there is always a moment')
    return moment
  }

  newRow(fields: JsonObject = {}): JsonObject {
    this.#created += 1
    const id = `contact_${this.#created}`
    const created_at = new Date(1_700_000_000_000 + this.#created * 1_000).toISOString()
    return {
      id,
      board_id: 'board_1',
      board_column_id: 'col_1',
      name: `Name ${this.#created}`,
      priority: 'medium',
      created_at,
      ...fields,
    }
  }

  /** Commits a change of the rows. The ledger's version is the next one. */
  commit(change: (rows: readonly JsonObject[]) => readonly JsonObject[]): number {
    const { ledger, version, rows } = this.now
    this.moments.push({ ledger, version: version + 1, atMs: this.#clock.now(), rows: change(rows) })
    this.onMoment()
    return version + 1
  }

  change(id: string, fields: JsonObject): number {
    return this.commit((rows) => rows.map((row) => (row['id'] === id ? { ...row, ...fields } : row)))
  }

  /** The ledger loses its storage and begins again. */
  loseLedger(): void {
    const { rows } = this.now
    this.moments.push({ ledger: `ledger-${this.moments.length}`, version: 1, atMs: this.#clock.now(), rows })
    this.onMoment()
  }

  /** The data of a path at a moment; null if it does not exist. */
  dataAt(path: string, { rows }: Moment): JsonObject | null {
    const url = new URL(path, 'http://api')
    const contactId = /^\/api\/contacts\/([^/]+)$/.exec(url.pathname)?.[1]
    if (contactId !== undefined) {
      const contact = rows.find(({ id }) => id === contactId)
      return contact === undefined ? null : { contact }
    }
    if (url.pathname.endsWith('/counts')) {
      return { total: rows.length, highPriority: rows.filter(({ priority }) => priority === 'high').length }
    }
    const column = url.searchParams.get('column_id')
    const page = Number(url.searchParams.get('page') ?? 1)
    const listed = rows
      .filter((row) => column === null || row['board_column_id'] === column)
      .toSorted((one, other) => (String(one['created_at']) < String(other['created_at']) ? 1 : -1))
    return {
      contacts: listed.slice((page - 1) * perPage, page * perPage),
      pagination: { page, per_page: perPage, total: listed.length, next_cursor: null },
    }
  }

  etagOf(data: JsonObject | null): string {
    const text = JSON.stringify(data)
    const known = this.#etags.get(text) ?? `e${this.#etags.size}`
    this.#etags.set(text, known)
    return known
  }

  async send(url: string, request: HttpRequest): Promise<HttpAnswer> {
    const path = url.replace(/^https?:\/\/[^/]+/, '')
    this.requests.push({ method: request.method, path, headers: request.headers })
    await this.#travel()
    const answer = this.#answer(path, request)
    await this.#travel()
    return answer
  }

  #travel(): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(resolve, this.#dice.between(1, 120)))
  }

  #answer(path: string, { method, headers, body }: HttpRequest): HttpAnswer {
    const { faults } = this
    if (faults.isAway) throw new TypeError('fetch failed')
    if (faults.isBusy) return failure(503, 'overloaded', { 'Retry-After': '1' })
    if (this.refusedTokens.has((headers['Authorization'] ?? '').slice('Bearer '.length)))
      return failure(401, 'token_expired')
    return method === 'GET' ? this.#read(path, headers) : this.#write(method, path, body ?? '{}')
  }

  #read(path: string, headers: HttpRequest['headers']): HttpAnswer {
    const least = Number(headers['X-Min-Version'] ?? 0)
    const { version, ledger } = this.now
    if (least > version) return failure(400, 'version_unknown')
    const isNow = headers['Cache-Control'] === 'no-cache'
    const { isUnproved } = this.faults
    if (isUnproved && (least > 0 || isNow)) return failure(503, 'ledger_unavailable', { 'Retry-After': '1' })
    const oldestMs = this.#clock.now() - stalenessBoundMs
    const possible = this.moments.filter((moment, index) => {
      const next = this.moments[index + 1]
      const isRecent = next === undefined || next.atMs > oldestMs
      return moment.ledger === ledger && moment.version >= least && (isUnproved || isRecent)
    })
    const moment = isNow ? this.now : this.#dice.pick(possible)
    const data = this.dataAt(path, moment)
    const cacheStatus = `Boardcache; hit; detail=${isUnproved ? 'ledger-unreachable' : 'memory'}`
    if (data === null) return failure(404, 'contact_not_found', { 'Cache-Status': cacheStatus })
    const etag = `W/"${this.etagOf(data)}.user_1"`
    const said = { ETag: etag, 'Cache-Status': cacheStatus }
    if (headers['If-None-Match'] === etag) return answerOf(304, '', said)
    return answerOf(
      200,
      JSON.stringify({ success: true, data: { ...data, _cache: { status: 'HIT' } } }),
      said,
    )
  }

  #write(method: string, path: string, body: string): HttpAnswer {
    const given: JsonObject = JSON.parse(body)
    const id = /^\/api\/contacts\/([^/]+)/.exec(path)?.[1] ?? String(given['id'])
    const { rows } = this.now
    const isThere = rows.some((row) => row['id'] === id)
    const isCreation = path === '/api/contacts'
    if (isCreation && isThere) return failure(409, 'contact_exists')
    if (!isCreation && !isThere) return failure(404, 'contact_not_found')
    const commit = () => {
      if (method === 'DELETE') return this.commit((now) => now.filter((row) => row['id'] !== id))
      return isCreation ? this.commit((now) => [...now, this.newRow(given)]) : this.change(id, given)
    }
    const { pendingMs } = this.faults
    if (pendingMs !== null) {
      // The rows change at once, and nobody hears of it until later.
      const contact = { ...rows.find((row) => row['id'] === id), ...given, id }
      this.#clock.schedule(commit, pendingMs)
      return written(200, { contact, version: null, invalidation: 'pending' })
    }
    const version = commit()
    const contact = this.now.rows.find((row) => row['id'] === id) ?? null
    return written(isCreation ? 201 : 200, { contact, id, version, invalidation: 'done' })
  }
}

function written(status: number, data: { readonly [name: string]: Json }): HttpAnswer {
  return answerOf(status, JSON.stringify({ success: true, data }), {})
}

function failure(status: number, code: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return answerOf(status, JSON.stringify({ success: false, error: 'No.', code, requestId: 'r1' }), headers)
}

function answerOf(status: number, text: string, headers: Readonly<Record<string, string>>): HttpAnswer {
  return { status, headers: { get: (name) => headers[name] ?? null }, text: async () => text }
}
