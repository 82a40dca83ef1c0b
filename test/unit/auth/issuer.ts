import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { FetchText } from '../../../shared/auth/key-set.ts'
import type { Clock } from '../../../shared/clock.ts'

/** An issuer of tokens. A test controls its keys, its answers and its clock. */
export interface Issuer {
  readonly clock: Clock
  readonly fetch: FetchText
  /** The number of requests for the keys. */
  fetches(): number
  /** How the next requests for the keys are answered. */
  behave(behaviour: Behaviour): void
  /** Answers the requests that wait under `answers when released`, with the keys that were published when they came. */
  release(): void
  advanceSeconds(seconds: number): void
  /** A valid token, except for what `claims` changes. A claim that is undefined is left out. */
  sign(claims?: Record<string, unknown>, key?: SigningKey): Promise<string>
  readonly es256: SigningKey
  readonly rs256: SigningKey
  /** Takes the place of the keys published so far. */
  publish(...keys: SigningKey[]): Promise<void>
}

export type Behaviour =
  | 'answers'
  | 'answers when released'
  | 'refuses'
  | 'hangs'
  | 'answers 500'
  | 'answers nonsense'

export interface SigningKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey | Uint8Array
  readonly publicKey: CryptoKey | null
}

export const issuerUrl = 'https://issuer.test/auth/v1'
export const audience = 'authenticated'
export const secret = 'a secret of more than thirty-two characters'
export const userId = 'b7f0c0de-0000-4000-8000-000000000001'

export async function asymmetricKey(alg: 'ES256' | 'RS256', kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, publicKey }
}

export function secretKey(text: string): SigningKey {
  return { alg: 'HS256', kid: 'shared', privateKey: new TextEncoder().encode(text), publicKey: null }
}

/** Made once, because generating an RSA key takes longer than most tests. */
const keys = Promise.all([asymmetricKey('ES256', 'es-1'), asymmetricKey('RS256', 'rs-1')])

export async function createIssuer(): Promise<Issuer> {
  let nowMs = Date.UTC(2026, 0, 1)
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  let behaviour: Behaviour = 'answers'
  let fetches = 0
  const waiting: (() => void)[] = []
  let jwks = ''
  const [es256, rs256] = await keys

  const issuer: Issuer = {
    es256,
    rs256,
    clock: {
      now: () => nowMs,
      schedule(callback, delayMs) {
        const timer = { atMs: nowMs + delayMs, callback }
        timers.add(timer)
        return () => timers.delete(timer)
      },
    },
    async fetch() {
      fetches += 1
      const text = behaviour === 'answers nonsense' ? '<html>' : jwks
      if (behaviour === 'hangs') return new Promise(() => undefined)
      if (behaviour === 'refuses') throw new TypeError('connection refused')
      if (behaviour === 'answers when released') await new Promise<void>((go) => waiting.push(go))
      return { status: behaviour === 'answers 500' ? 500 : 200, text: async () => text }
    },
    fetches: () => fetches,
    behave(next) {
      behaviour = next
    },
    release() {
      for (const go of waiting.splice(0)) go()
    },
    advanceSeconds(seconds) {
      nowMs += seconds * 1000
      for (const timer of timers) {
        if (timer.atMs > nowMs) continue
        timers.delete(timer)
        timer.callback()
      }
    },
    sign(claims = {}, key = secretKey(secret)) {
      const nowSeconds = nowMs / 1000
      const payload = {
        iss: issuerUrl,
        aud: audience,
        role: 'authenticated',
        sub: userId,
        exp: nowSeconds + 3_600,
        ...claims,
      }
      return new SignJWT(payload).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey)
    },
    async publish(...keys) {
      const published = keys.map(async ({ publicKey, kid, alg }) =>
        publicKey === null ? [] : [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }],
      )
      jwks = JSON.stringify({ keys: (await Promise.all(published)).flat() })
    },
  }
  await issuer.publish(es256, rs256)
  return issuer
}
