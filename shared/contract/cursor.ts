import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { isStorable, storableText } from '../text.ts'

export const sortBySchema = z.enum(['created_at', 'updated_at', 'name', 'last_activity_at'])
export const sortOrderSchema = z.enum(['desc', 'asc'])

/**
 * The end of a page: the sort value and id of its last contact, and the number of the following page. Callers treat it
 * as opaque. It proves nothing and grants nothing: the token decides what may be seen.
 */
export const cursorSchema = z.strictObject({
  sortBy: sortBySchema,
  sortOrder: sortOrderSchema,
  /** The last contact's sort value: an ISO instant with microseconds, or its name. */
  after: storableText(0, 512),
  /** The database counts characters, some of which take two units of UTF-16. */
  id: storableText(1, 256),
  page: z
    .int()
    .min(2)
    .max(limits.pageMax + 1),
})
export type Cursor = z.output<typeof cursorSchema>

/**
 * An instant in UTC as Postgres writes it into JSON. Beyond the year 9999 and before the year 1 it has forms of its
 * own.
 */
const instant = /^(\d{4}|[1-9]\d{4,5})(-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,6})?(?:Z|\+00:00)( BC)?$/
/** Postgres knows every day of all years up to these. */
const lastYear = 294_275
const firstYearBc = 4_712

/**
 * Whether the text names an instant that Postgres knows, which excludes the 31st of February. No contact has one
 * outside the years 1 to 9999, unless it was stored before the database refused them; pages still continue past such a
 * contact.
 */
function isInstant(value: string): boolean {
  if (value === 'infinity' || value === '-infinity') return true
  const [, digits, rest, era] = instant.exec(value) ?? []
  const year = Number(digits)
  if (rest === undefined || year < 1 || year > (era === undefined ? lastYear : firstYearBc)) return false
  // The calendar repeats every 400 years, and JavaScript's range is smaller than that of Postgres.
  const sinceLeap = (era === undefined ? year : 1 - year) % 400
  const text = `${2_400 + sinceLeap}${rest}`
  const atMs = Date.parse(`${text}Z`)
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().slice(0, 19) === text
}

/** Whether a page can begin after a contact with this sort value. `parseCursor` accepts a cursor that contains it. */
export function isPlace(sortBy: Cursor['sortBy'], after: string): boolean {
  return sortBy === 'name' ? isStorable(after) : isInstant(after)
}

/** Base64url of the cursor's JSON. */
export function encodeCursor(cursor: Cursor): string {
  return toOpaqueText(cursor)
}

/** Answers an error for any text that `encodeCursor` cannot have written. */
export function parseCursor(text: string): Result<Cursor, 'malformed'> {
  const parsed = fromOpaqueText(cursorSchema, text)
  return parsed.ok && !isPlace(parsed.value.sortBy, parsed.value.after) ? err('malformed') : parsed
}

/** Base64url of a value's JSON: a text that callers send back without looking into it. */
export function toOpaqueText(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** The value in an opaque text, or an error if the text is not one with a value of this schema. */
export function fromOpaqueText<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): Result<z.output<Schema>, 'malformed'> {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const parsed = schema.safeParse(
      JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
    )
    return parsed.success ? ok(parsed.data) : err('malformed')
  } catch {
    return err('malformed')
  }
}

const decoder = new TextDecoder()

/** The cursor is the last member of a page, so it is read from the end of the bytes without parsing the page. */
const lastCursor = /"next_cursor":(?:null|"([^"\\]+)")\}*$/
const quote = 0x22
const nameBytes = '"next_cursor":'.length

/** The cursor at the end of a page's bytes; null on the last page. */
export function nextCursorIn(body: Uint8Array): string | null {
  const start = body.lastIndexOf(quote, body.lastIndexOf(quote) - 1) - nameBytes
  const [, cursor] = lastCursor.exec(decoder.decode(body.subarray(Math.max(0, start)))) ?? []
  return cursor ?? null
}
