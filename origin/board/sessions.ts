import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'

export interface BoardLogin {
  readonly username: string
  readonly password: string
  /** A secret that all origins of the deployment share, so that a session begun at one is known to the others. */
  readonly internalAuthKey: string
}

interface BoardSessions {
  /** Whether these are the board's name and password. Takes the same time whatever is sent. */
  isLogin(username: string, password: string): boolean
  /** A new session, as its cookie holds it. */
  begin(): string
  isOpen(session: string | undefined): boolean
  /** At this process; elsewhere it ends by itself. */
  end(session: string | undefined): void
}

const endedMax = 10_000

/**
 * A session is `<end in seconds>.<random>.<signature>`. Its key follows from the login too, so that a new password signs everybody out.
 */
export function createBoardSessions(
  { username, password, internalAuthKey }: BoardLogin,
  clock: Clock,
): BoardSessions {
  const login = [username, password].map(digestOf)
  const key = Buffer.from(
    hkdfSync('sha256', internalAuthKey, Buffer.concat(login), 'boardcache board session', 32),
  )
  const ended = new LRUCache<string, true>({ max: endedMax })
  const signatureOf = (text: string) => createHmac('sha256', key).update(text).digest()

  return {
    isLogin(...given) {
      const matches = given.map((text, at) => timingSafeEqual(digestOf(text), login[at] ?? digestOf('')))
      return !matches.includes(false)
    },
    begin() {
      const endsAtSeconds = Math.floor(clock.now() / 1_000) + limits.boardSessionSeconds
      const content = `${endsAtSeconds}.${randomBytes(18).toString('base64url')}`
      return `${content}.${signatureOf(content).toString('base64url')}`
    },
    isOpen(session = '') {
      const [ends = '', nonce = '', signature = ''] = session.split('.')
      const expected = signatureOf(`${ends}.${nonce}`)
      const given = Buffer.from(signature, 'base64url')
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false
      return Number(ends) * 1_000 > clock.now() && !ended.has(nonce)
    },
    end(session = '') {
      const nonce = session.split('.')[1]
      if (nonce !== undefined && this.isOpen(session)) ended.set(nonce, true)
    },
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
