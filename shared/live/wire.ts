/*
 * The names on the wire of `GET /api/live` (contract/live.ts). They are apart from the schemas of its frames, so that the browser client
 * has them without zod.
 */

export const liveProtocol = 'boardcache.live.v1'
export const liveTokenPrefix = 'bearer.'
export const livePing = 'ping'
export const livePong = 'pong'

/** The codes with which a hub closes a socket (RFC 6455 section 7.4.2: 4000 to 4999 are free for applications). */
export const liveCloseCodes = {
  /** The token expired. The client comes back with a new one. */
  tokenExpired: 4001,
  /** Memberships changed. The client comes back through the door, which knows whether it is still a member. */
  membershipMoved: 4003,
  /** The client sent too many frames, or one that is too large. */
  tooMuch: 4008,
  /** The hub gives its sockets up, for example because its ledger began again. The client comes back after a while. */
  comeBack: 4013,
} as const

/** The first part of an HTTP answer's ETag (`W/"<entry>.<user>"`); null if it has another form. */
export function entryEtagOf(etag: string): string | null {
  return /^W\/"([^."]{1,64})\./.exec(etag)?.[1] ?? null
}
