import { type Clock, withinDeadline } from '../../shared/clock.ts'
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
    const attempt = async () => (typeof this.#given === 'string' ? this.#given : this.#given({ refused }))
    const late = new BoardcacheError({
      code: 'token_unavailable',
      message: 'The function that gives tokens did not answer.',
    })
    let token: unknown
    try {
      token = await withinDeadline<unknown>(this.#clock, clientLimits.tokenDeadlineMs, attempt, late)
    } catch (cause) {
      throw unavailable(`The function that gives tokens failed: ${cause}`)
    }
    if (token instanceof BoardcacheError) throw token
    if (typeof token !== 'string' || token === '')
      throw unavailable('The function that gives tokens gave none.')
    const subject = subjectOf(token)
    this.userId ??= subject
    if (subject !== null && subject !== this.userId) {
      throw unavailable('The token is of another user. Sign this client out and create another one.')
    }
    this.#token = token
    return token
  }
}

const unavailable = (message: string) => new BoardcacheError({ code: 'token_unavailable', message })

/** The subject in a token's payload, which the API verifies; null if there is none. */
function subjectOf(token: string): string | null {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const subject = typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : null
    return typeof subject === 'string' ? subject : null
  } catch {
    return null
  }
}
