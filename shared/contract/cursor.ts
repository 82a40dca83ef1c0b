import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { isStorable, storableText } from '../storable-text.ts'

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

/** An instant as Postgres writes it into JSON, in UTC. Beyond the year 9999 and before the year 1 it has its own ways. */
const instant = /^(\d{4}|[1-9]\d{4,5})(-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,6})?(?:Z|\+00:00)( BC)?$/
/** The years in all of which Postgres knows every day. */
const lastYear = 294_275
const firstYearBc = 4_712

/**
 * Whether the text names an instant that Postgres knows: no 31st of February. No contact has one outside the years 1 to
 * 9999, unless it is from before the database refused them; the walk past such a contact goes on all the same.
 */
function isInstant(value: string): boolean {
  if (value === 'infinity' || value === '-infinity') return true
  const [, digits, rest, era] = instant.exec(value) ?? []
  const year = Number(digits)
  if (rest === undefined || year < 1 || year > (era === undefined ? lastYear : firstYearBc)) return false
  // The calendar repeats itself every 400 years, and JavaScript's does not reach as far as Postgres's.
  const sinceLeap = (era === undefined ? year : 1 - year) % 400
  const text = `${2_400 + sinceLeap}${rest}`
  const atMs = Date.parse(`${text}Z`)
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().slice(0, 19) === text
}

/** Whether a page can begin after a contact with this sort value: a cursor with it is one that `parseCursor` takes. */
export function isPlace(sortBy: Cursor['sortBy'], after: string): boolean {
  return sortBy === 'name' ? isStorable(after) : isInstant(after)
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
    return isPlace(parsed.data.sortBy, parsed.data.after) ? ok(parsed.data) : err('malformed')
  } catch {
    return err('malformed')
  }
}
