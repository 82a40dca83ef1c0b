/** What ties together the log lines of one request, wherever it went (W3C Trace Context). */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Two hexadecimal digits, passed on as they came. */
  readonly flags: string
}

export const traceparentHeader = 'traceparent'

/** W3C Trace Context, section 3.2: version 00; ids of zeros alone are invalid. */
const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/** The trace of a `traceparent` header; null where it is none of version 00. */
export function parseTraceparent(header: string | null | undefined): Trace | null {
  const [, traceId, flags] = pattern.exec(header ?? '') ?? []
  return traceId === undefined || flags === undefined ? null : { traceId, flags }
}

/** The header for one call onwards; `callId`, a UUID, names that call among the trace's. */
export function formatTraceparent({ traceId, flags }: Trace, callId: string): string {
  // The second half of a UUID begins with its variant: it is never all zeros.
  return `00-${traceId}-${callId.replaceAll('-', '').slice(16)}-${flags}`
}
