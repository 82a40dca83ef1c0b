/**
 * Sent with every answer of the Worker and of the origin, whatever its status. A browser must believe the type that an
 * answer states (WHATWG Fetch, section 3.6), and after one visit over TLS it never uses plain http again (RFC 6797).
 * Over plain http, as on this machine, browsers ignore the second header (RFC 6797 section 8.1).
 */
export const safeHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Strict-Transport-Security': 'max-age=31536000',
}

export const safeHeaderEntries: readonly (readonly [name: string, value: string])[] =
  Object.entries(safeHeaders)
