import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { WireErrorCode } from '../../shared/contract/errors.ts'
import { errorBody, wireErrors } from '../../shared/contract/errors.ts'
import { safeHeaders } from '../../shared/contract/safe-headers.ts'

/** The error for bytes that Node could not parse as a request. */
export function refusalOf(error: Error): WireErrorCode {
  switch ('code' in error ? error.code : null) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout'
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large'
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 'body_too_large'
    default:
      return 'malformed_request'
  }
}

/** The answer to a request that never reaches Hono. Its request id is made here. */
export function responseOf(code: WireErrorCode): Response {
  const { status, headers, body } = partsOf(code)
  return new Response(body, { status, headers })
}

/** The answer as it is written to a socket whose request broke off before an answer could begin. It ends the connection. */
export function textOf(code: WireErrorCode): string {
  const { status, headers, body } = partsOf(code)
  const fields = { ...headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n')
}

function partsOf(code: WireErrorCode) {
  return {
    status: wireErrors[code].status,
    headers: { ...safeHeaders, 'Content-Type': 'application/json' },
    body: JSON.stringify(errorBody({ code }, randomUUID())),
  }
}
