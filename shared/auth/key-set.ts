import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../clock.ts'
import { withinDeadline } from '../clock.ts'
import { limits } from '../limits.ts'
import { createSingleFlight } from '../single-flight.ts'

/**
 * Fetches and keeps the issuer's public keys. jose chooses and imports the key. The keys are not kept by jose's
 * `createRemoteJWKSet`, because that fetches once for each of several waiting requests, and refuses everybody as soon
 * as its copy is ten minutes old and the issuer is away. Here known keys remain usable until they are a day old.
 */
interface KeySet {
  /** Finds the key of a token, for jose. Throws `KeysUnavailable`, or jose's own error if there is no such key. */
  readonly keyFor: JWTVerifyGetKey
  /** Drops the keys. The next token fetches them again. */
  forget(): void
}

/** The issuer did not answer with keys, and the known ones cannot decide. */
export class KeysUnavailable extends Error {}

/** The part of `fetch` that is used. workerd throws if its own `fetch` is called as a method of another object. */
export type FetchText = (
  url: string,
  init: { signal: AbortSignal; redirect: 'manual'; headers: Record<string, string> },
) => Promise<{ readonly status: number; text(): Promise<string> }>

interface Kept {
  readonly keyFor: JWTVerifyGetKey
  readonly fetchedAtMs: number
}

interface KeySetOptions {
  readonly url: string
  /**
   * The outcome for a key id that a fresh copy does not have: `KeysUnavailable` is thrown with `auth_unavailable`,
   * otherwise jose's error.
   */
  readonly unknownKey: 'token_invalid' | 'auth_unavailable'
  readonly clock: Clock
  readonly fetch: FetchText
}

export function createKeySet({ url, unknownKey, clock, fetch: fetchText }: KeySetOptions): KeySet {
  // Requests share the parsed keys only. If the leader's request is cancelled, workerd ends its I/O, which delays the
  // followers by the deadline at most.
  const flights = createSingleFlight<null, boolean>({ clock, patienceMs: limits.jwksDeadlineMs })
  let kept: Kept | null = null
  let lastTry: { readonly endedAtMs: number; readonly hasFailed: boolean } | null = null
  let generation = 0

  /** Fetches the keys and keeps them, unless `forget` was called meanwhile. */
  async function fetchKeys(): Promise<boolean> {
    const begunIn = generation
    const sentAtMs = clock.now()
    const keyFor = await withinDeadline(
      clock,
      limits.jwksDeadlineMs,
      (signal) => fetchOnce(url, fetchText, signal),
      null,
    )
    if (begunIn === generation) {
      lastTry = { endedAtMs: clock.now(), hasFailed: keyFor === null }
      if (keyFor !== null) kept = { keyFor, fetchedAtMs: sentAtMs }
    }
    return keyFor !== null
  }

  async function renew(): Promise<boolean> {
    return (await flights.share(`${generation}`, null, always, fetchKeys, letGo)).value
  }

  function mayTry(): boolean {
    return (
      lastTry === null ||
      clock.now() - lastTry.endedAtMs >=
        (kept === null ? limits.jwksFailureCooldownMs : limits.jwksCooldownMs)
    )
  }

  async function current(): Promise<Kept> {
    const ageMs = kept === null ? Number.POSITIVE_INFINITY : clock.now() - kept.fetchedAtMs
    if (ageMs >= limits.jwksUsableMs) kept = null
    if (ageMs >= limits.jwksRenewAfterMs && mayTry()) await renew()
    if (kept === null) throw new KeysUnavailable()
    return kept
  }

  return {
    async keyFor(header, token) {
      const key = await findKey((await current()).keyFor, header, token)
      if (key !== null) return key
      // The key id is unknown: the issuer may have changed its keys since.
      const isRenewed = mayTry() ? await renew() : lastTry?.hasFailed === false
      if (!isRenewed) throw new KeysUnavailable()
      const renewed = await findKey((await current()).keyFor, header, token)
      if (renewed !== null) return renewed
      throw unknownKey === 'auth_unavailable' ? new KeysUnavailable() : new errors.JWKSNoMatchingKey()
    },
    forget() {
      generation += 1
      kept = null
      lastTry = null
    },
  }
}

/** The key of a token, or null if there is none. */
async function findKey(keyFor: JWTVerifyGetKey, ...token: Parameters<JWTVerifyGetKey>) {
  try {
    return await keyFor(...token)
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return null
    throw error
  }
}

/** The keys at `url`, or null if it does not answer with a key set. Never rejects. */
async function fetchOnce(
  url: string,
  fetchText: FetchText,
  signal: AbortSignal,
): Promise<JWTVerifyGetKey | null> {
  try {
    const response = await fetchText(url, {
      signal,
      redirect: 'manual',
      headers: { Accept: 'application/jwk-set+json, application/json' },
    })
    const text = await response.text()
    if (response.status !== 200 || text.length > limits.jwksCharactersMax) return null
    return createLocalJWKSet(JSON.parse(text))
  } catch {
    return null
  }
}

/** Every flight fetches the same keys, and there is no request here that could keep its leader alive. */
const always = () => true
const letGo = () => undefined
