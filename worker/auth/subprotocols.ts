import { liveTokenPrefix } from '../../shared/contract/live.ts'

export const subprotocolHeader = 'Sec-WebSocket-Protocol'

/** The subprotocols that a client offers (RFC 6455, section 4.1). */
export function subprotocolsOf(headers: Pick<Headers, 'get'>): readonly string[] {
  return (headers.get(subprotocolHeader) ?? '').split(',').map((protocol) => protocol.trim())
}

/** The token that is offered as a subprotocol; null if none is. */
export function tokenAmong(subprotocols: readonly string[]): string | null {
  const offered = subprotocols.find((protocol) => protocol.startsWith(liveTokenPrefix))
  return offered?.slice(liveTokenPrefix.length) ?? null
}
