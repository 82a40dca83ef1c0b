import { type Clock, withinDeadline } from '../../shared/clock.ts'
import type { Json } from '../../shared/live/json-value.ts'
import { isJsonObject } from '../../shared/live/json-value.ts'
import { BoardcacheError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import type { BoardcacheOptions } from './types.ts'

/** The tokens of one user. However many requests need one, the application's function is called once at a time. */
export class TokenSource {
  readonly #given: BoardcacheOptions['token']
  readonly #clock: Clock
  #token: string | null = null
  #asking: Promise<string> | null = null
  /** The user whose tokens these are. A token of another user is refused, because the cache is this one's. */
  userId: string | null

  constructor(given: BoardcacheOptions['token'], userId: string | null, clock: Clock) {
    this.#given = given
    this.userId = userId
    this.#clock = clock
  }

  /** A token. `refused` is one that the API refused or that is about to expire; if another one is known by now, that is answered. */
  get(refused: string | null): Promise<string> {
    if (this.#token !== null && this.#token !== refused) return Promise.resolve(this.#token)
    this.#asking ??= this.#ask(refused).finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #ask(refused: string | null): Promise<string> {
    const given = this.#given
    const attempt = async () => (typeof given === 'string' ? given : given({ refused }))
    let token: unknown
    try {
      token = await withinDeadline<unknown>(this.#clock, clientLimits.tokenDeadlineMs, attempt, null)
    } catch (cause) {
      throw unavailable(String(cause))
    }
    if (typeof token !== 'string') throw unavailable('nothing, or nothing in time')
    const subject = subjectOf(token)
    this.userId ??= subject
    // The cache is the first user's. For another one there has to be another client.
    if (subject !== null && subject !== this.userId) throw unavailable('the token of another user')
    this.#token = token
    return token
  }
}

const unavailable = (given: string) =>
  new BoardcacheError({ code: 'token_unavailable', message: `The token function gave: ${given}.` })
/** The subject in a token's payload, which the API verifies; null if there is none. */
function subjectOf(token: string): string | null {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    // Ids are ASCII, and other claims do not matter here.
    const claims: Json = JSON.parse(atob(payload))
    const subject = isJsonObject(claims) ? claims['sub'] : null
    return typeof subject === 'string' ? subject : null
  } catch {
    return null
  }
}
