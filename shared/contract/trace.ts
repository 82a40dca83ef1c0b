/** Connects the log lines of one request, wherever it goes (W3C Trace Context, level 2). */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Two hexadecimal digits, passed on. `sampled` is never set, because callers do not decide what is recorded here. */
  readonly flags: string
  /** Notes of other systems for each other: passed on, and never logged. Null if there are none. */
  readonly state: string | null
}

export const traceparentHeader = 'traceparent'
export const tracestateHeader = 'tracestate'

/** Section 3.2: version 00; an id of zeros alone is invalid. */
const parentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/** An id that can be a trace's, and whose second half can be a call's. */
const digitsPattern = /^(?!0{32})[0-9a-f]{16}(?!0{16})[0-9a-f]{16}$/
const randomTraceId = 0x02

/** Section 3.3: a key, and a value that does not end in a space. */
const memberPattern =
  /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const stateMembersMax = 32
const stateCharactersMax = 512
const longMemberCharacters = 128

/**
 * The trace that a request's headers name; null if `traceparent` is absent or not of version 00, in which case
 * `tracestate` is ignored. An invalid `tracestate` alone is dropped, and the trace continues without it (section 3.3).
 */
export function parseTrace(headers: { get(name: string): string | null }): Trace | null {
  const [, traceId, flags] = parentPattern.exec(headers.get(traceparentHeader) ?? '') ?? []
  if (traceId === undefined || flags === undefined) return null
  return { traceId, flags: keptOf(flags), state: stateOf(headers.get(tracestateHeader) ?? '') }
}

/**
 * Of the flags of level 2, `random-trace-id` says how the id was made, and goes on. `sampled` would let any caller decide how much
 * the systems behind record, and is cleared, as are flags of later levels (section 3.2.2.5).
 */
function keptOf(flags: string): string {
  return (Number.parseInt(flags, 16) & randomTraceId) === 0 ? '00' : '02'
}

/** A trace that begins with a request of ours. Its id has the digits of the request's id, if that is a UUID. */
export function ownTrace(requestId: string): Trace {
  return {
    traceId: digitsOf(requestId) ?? crypto.randomUUID().replaceAll('-', ''),
    flags: '00',
    state: null,
  }
}

/**
 * The value of `traceparent` on the answer to a request. Within the trace the request is known by the last 16 digits of its id, if
 * that is a UUID.
 */
export function answeredParent({ traceId, flags }: Trace, requestId: string): string {
  return parentOf(traceId, digitsOf(requestId) === null ? crypto.randomUUID() : requestId, flags)
}

/** The 32 digits of a UUID; null for any other id. */
function digitsOf(id: string): string | null {
  const digits = id.replaceAll('-', '')
  return digitsPattern.test(digits) ? digits : null
}

/** The second half of a UUID begins with its variant, so it is not all zeros. */
function parentOf(traceId: string, callId: string, flags: string): string {
  return `00-${traceId}-${callId.replaceAll('-', '').slice(16)}-${flags}`
}

/** The headers for one outgoing call. `callId`, a UUID, identifies the call within the trace. */
export function traceHeaders({ traceId, flags, state }: Trace, callId: string): Record<string, string> {
  const parent = parentOf(traceId, callId, flags)
  return { [traceparentHeader]: parent, ...(state === null ? {} : { [tracestateHeader]: state }) }
}

/** Empty members are ignored. If a key occurs twice, the first one is the newest. */
function stateOf(header: string): string | null {
  const members = header
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
  if (members.length > stateMembersMax || !members.every((member) => memberPattern.test(member))) return null
  const keys = members.map((member) => member.slice(0, member.indexOf('=')))
  return shortened(members.filter((_, index) => keys.indexOf(keys[index] ?? '') === index))
}

/** Removes whole members only: the long ones first, then the last ones, which are the oldest ("tracestate Limits"). */
function shortened(members: readonly string[]): string | null {
  let kept = members
  while (kept.join(',').length > stateCharactersMax) {
    const long = kept.findLastIndex((member) => member.length > longMemberCharacters)
    const left = long < 0 ? kept.length - 1 : long
    kept = kept.filter((_, index) => index !== left)
  }
  return kept.length > 0 ? kept.join(',') : null
}
