import { z } from 'zod'
import { instant } from '../instant.ts'
import type { Result } from '../result.ts'
import { text } from '../text.ts'
import { fromOpaqueText, toOpaqueText } from './cursor.ts'

/** The end of a page of messages: the instant and the id of its last one. The next page begins after it, whatever arrives meanwhile. */
const historyCursorSchema = z.strictObject({
  /** As Postgres writes an instant of UTC into JSON. */
  sentAt: instant.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00$/),
  id: text(1, 128),
})
export type HistoryCursor = z.output<typeof historyCursorSchema>

export function encodeHistoryCursor(cursor: HistoryCursor): string {
  return toOpaqueText(cursor)
}

/** Answers an error for any text that `encodeHistoryCursor` cannot have written. */
export function parseHistoryCursor(opaque: string): Result<HistoryCursor, 'malformed'> {
  return fromOpaqueText(historyCursorSchema, opaque)
}
