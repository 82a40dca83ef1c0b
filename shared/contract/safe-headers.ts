/**
 * On every answer of the Worker and of the origin, whatever its status. The type that an answer states is the one it has
 * (WHATWG Fetch, section 3.6), and a browser that came over TLS once never comes without it again (RFC 6797). Over plain
 * http, as on this machine, browsers pass over the second (RFC 6797 section 8.1).
 */
export const safeHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Strict-Transport-Security': 'max-age=31536000',
}

export const safeHeaderEntries: readonly (readonly [name: string, value: string])[] =
  Object.entries(safeHeaders)
