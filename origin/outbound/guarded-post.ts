import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { type Clock, withinDeadline } from '../../shared/clock.ts'
import type { Networks } from './networks.ts'
import type { Resolve } from './resolve.ts'

/** A POST to a URL that somebody else has chosen. */
export interface OutboundPost {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

/** Why no answer came. None of these words names an address. */
type OutboundFailure =
  /** The host has no address that may be connected to. */
  | 'address_refused'
  | 'host_unknown'
  | 'unreachable'
  | 'certificate_invalid'
  | 'timeout'
  /** The signal was aborted. */
  | 'interrupted'
  | 'connection_broken'

export type OutboundAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed'; readonly failure: OutboundFailure }

/** Sends a POST once. Never rejects, and settles when the deadline has passed or the signal is aborted. */
export type Post = (post: OutboundPost) => Promise<OutboundAnswer>

interface PostOptions {
  readonly networks: Networks
  readonly resolve: Resolve
  readonly clock: Clock
}

class AddressRefused extends Error {}
class HostUnknown extends Error {}

const headersBytesMax = 16_384
/** The form in which dates are sent (RFC 9110, 5.6.7). */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * Posts to hosts of others, and never to an address that is not allowed. The address is judged where it is connected to: a name is
 * resolved once for each connection, and only to addresses that were judged; the body is sent only after the connection's own address
 * has been judged as well. A name that changes its address in between therefore gains nothing. Redirects are not followed, no proxy
 * is used, a connection serves one request, and nothing of the answer's body is read.
 */
export function createGuardedPost({ networks, resolve, clock }: PostOptions): Post {
  const lookup: LookupFunction = (hostname, options, callback) => {
    addressesOf(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (first === undefined) callback(new AddressRefused(), '')
        else if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      () => callback(new HostUnknown(), ''),
    )
  }

  /** Those that may be connected to. */
  async function addressesOf(hostname: string) {
    const addresses = await resolve(hostname)
    if (addresses.length === 0) throw new HostUnknown()
    return addresses.filter(networks.isAllowed).map((address) => ({ address, family: isIP(address) }))
  }

  function send({ headers, body }: OutboundPost, url: URL, signal: AbortSignal): Promise<OutboundAnswer> {
    // The address of a host that is one is connected to without a lookup.
    const literal = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(literal) !== 0 && !networks.isAllowed(literal)) return Promise.resolve(failed('address_refused'))
    return new Promise((settle) => {
      const isSecure = url.protocol === 'https:'
      const request = (isSecure ? requestHttps : requestHttp)(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        agent: false,
        maxHeaderSize: headersBytesMax,
        lookup,
        signal,
      })
      request.on('socket', (socket: Socket) => {
        socket.once(isSecure ? 'secureConnect' : 'connect', () => {
          if (networks.isAllowed(socket.remoteAddress ?? '')) request.end(body)
          else request.destroy(new AddressRefused())
        })
      })
      request.on('response', (response) => {
        settle(answered(response.statusCode ?? 0, response.headers['retry-after'], clock))
        response.on('error', () => {})
        request.destroy()
      })
      request.on('error', (error) => settle(failed(failureOf(error))))
      request.on('close', () => settle(failed('connection_broken')))
    })
  }

  return (post) => {
    const url = URL.parse(post.url)
    if (url === null) return Promise.resolve(failed('host_unknown'))
    if (post.signal.aborted) return Promise.resolve(failed('interrupted'))
    return withinDeadline<OutboundAnswer>(
      clock,
      post.deadlineMs,
      async (late) => {
        const answer = await send(post, url, AbortSignal.any([late, post.signal]))
        return post.signal.aborted && answer.kind === 'failed' ? failed('interrupted') : answer
      },
      failed('timeout'),
    )
  }
}

function failed(failure: OutboundFailure): OutboundAnswer {
  return { kind: 'failed', failure }
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function answered(status: number, retryAfter: string | undefined, clock: Clock): OutboundAnswer {
  const retryAfterMs = afterMsIn(retryAfter ?? '', clock.now())
  return { kind: 'answered', status, retryAfterMs }
}

function afterMsIn(retryAfter: string, nowMs: number): number | null {
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000
  const atMs = httpDate.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}

function failureOf(error: Error): OutboundFailure {
  if (error instanceof AddressRefused) return 'address_refused'
  if (error instanceof HostUnknown) return 'host_unknown'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EADDRNOTAVAIL)$/.test(code)) return 'unreachable'
  if (/CERT|TLS|SSL|SIGNATURE|^EPROTO$|^HOSTNAME_MISMATCH$/.test(code)) return 'certificate_invalid'
  return 'connection_broken'
}
