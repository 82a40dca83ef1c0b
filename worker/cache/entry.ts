import { z } from 'zod'
import { versionSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags.ts'

const stampSchema = z.object({ ledgerId: z.string(), version: versionSchema })

/** The ledger and its version that an entry was read under: taken before the origin was asked. */
export type Stamp = z.output<typeof stampSchema>

const headerSchema = z.object({
  /** Checked against the asking workspace on every read: the key alone is not trusted to keep tenants apart. */
  workspaceId: workspaceIdSchema,
  /** False: the thing asked about does not exist. That is an answer too, with an empty body. */
  found: z.boolean(),
  stamp: stampSchema,
  tags: z.array(z.string().transform((tag) => tag as Tag)),
  /** When the origin was asked. */
  createdAtMs: z.number(),
  /** How long it took to answer: what a reader waits who finds nothing. */
  loadMs: z.number().nonnegative(),
  /** The last usable instant: from here on no tier may give the entry back. */
  deleteAtMs: z.number(),
  etag: z.string(),
  bodyBytes: z.int().nonnegative(),
})

/** One cached answer: the finished JSON as bytes, and what is needed to judge it without looking into them. */
export interface Entry extends Omit<z.output<typeof headerSchema>, 'bodyBytes' | 'tags'> {
  readonly tags: readonly Tag[]
  readonly body: Uint8Array
}

const lineFeed = 0x0a
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The stored form: one line of JSON (the header), then the body's bytes. JSON text never holds a raw line feed, so
 * the first one ends the header; and where the body is UTF-8 the whole is UTF-8 text, which Redis over HTTP wants.
 */
export function encodeEntry(entry: Entry): Uint8Array {
  const { body, ...header } = entry
  const line = encoder.encode(`${JSON.stringify({ ...header, bodyBytes: body.length })}\n`)
  const bytes = new Uint8Array(line.length + body.length)
  bytes.set(line)
  bytes.set(body, line.length)
  return bytes
}

/** Reads the stored form. The body is a view into `bytes`, not a copy. */
export function decodeEntry(bytes: Uint8Array): Result<Entry, 'corrupt'> {
  const end = bytes.subarray(0, limits.entryHeaderBytesMax).indexOf(lineFeed)
  if (end < 0) return err('corrupt')
  try {
    const header = headerSchema.safeParse(JSON.parse(decoder.decode(bytes.subarray(0, end))))
    if (!header.success) return err('corrupt')
    const body = bytes.subarray(end + 1)
    const { bodyBytes, ...rest } = header.data
    return bodyBytes === body.length ? ok({ ...rest, body }) : err('corrupt')
  } catch {
    return err('corrupt')
  }
}

/** Time since the entry was read from the database, in whole seconds. */
export function ageSeconds(entry: Entry, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - entry.createdAtMs) / 1000))
}

/** A validator for the body: the same bytes, the same text. */
export async function etagOf(body: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  return btoa(String.fromCharCode(...hash.subarray(0, 12)))
}
