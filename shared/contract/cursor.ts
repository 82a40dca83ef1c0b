import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { storableText } from '../storable-text.ts'

export const sortBySchema = z.enum(['created_at', 'updated_at', 'name', 'last_activity_at'])
export const sortOrderSchema = z.enum(['desc', 'asc'])

/**
 * Where a page ends: the sort value and id of its last contact, and the number of the page that follows. Opaque
 * to the caller. It proves nothing and opens nothing: what it may see is decided by the token.
 */
export const cursorSchema = z.strictObject({
  sortBy: sortBySchema,
  sortOrder: sortOrderSchema,
  /** The last contact's sort value: an ISO instant with microseconds, or its name. */
  after: storableText(0, 512),
  /** The database counts characters, and takes such as are two units of UTF-16. */
  id: storableText(1, 256),
  page: z
    .int()
    .min(2)
    .max(limits.pageMax + 1),
})
export type Cursor = z.output<typeof cursorSchema>

/** An instant as Postgres writes it into JSON, in UTC. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)$/

/** Whether the text names an instant there is: no 31st of February, which a database would refuse. */
function isInstant(text: string): boolean {
  const atMs = instant.test(text) ? Date.parse(text) : Number.NaN
  return (
    !Number.isNaN(atMs) &&
    new Date(atMs).toISOString().slice(0, 19) === text.slice(0, 19) &&
    !text.startsWith('0000')
  )
}

/** Base64url of the cursor's JSON. */
export function encodeCursor(cursor: Cursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify(cursor))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** Answers an error for anything that `encodeCursor` cannot have written. */
export function parseCursor(text: string): Result<Cursor, 'malformed'> {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const parsed = cursorSchema.safeParse(
      JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
    )
    if (!parsed.success) return err('malformed')
    const { sortBy, after } = parsed.data
    if (sortBy !== 'name' && !isInstant(after)) return err('malformed')
    return ok(parsed.data)
  } catch {
    return err('malformed')
  }
}
