import type { Version, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { isTag } from '../../shared/tags/tags.ts'

/** The ledger and its version that an entry was read under: taken before the origin was asked. */
export interface Stamp {
  readonly ledgerId: string
  readonly version: Version
}

/** One cached answer: the finished JSON as bytes, and what is needed to judge it without looking into them. */
export interface Entry {
  /** Checked against the asking workspace on every read: the key alone is not trusted to keep tenants apart. */
  readonly workspaceId: WorkspaceId
  /** False: the thing asked about does not exist. That is an answer too, with an empty body. */
  readonly found: boolean
  readonly stamp: Stamp
  readonly tags: readonly Tag[]
  /** When the origin was asked. */
  readonly createdAtMs: number
  /** How long it took to answer: what a reader waits who finds nothing. */
  readonly loadMs: number
  /** The last usable instant: from here on no tier may give the entry back. */
  readonly deleteAtMs: number
  readonly etag: string
  readonly body: Uint8Array
}

/** What is stored of an entry before its body. */
type Header = Omit<Entry, 'body'> & { readonly bodyBytes: number }

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
    const header: unknown = JSON.parse(decoder.decode(bytes.subarray(0, end)))
    if (!isHeader(header)) return err('corrupt')
    const body = bytes.subarray(end + 1)
    const { bodyBytes, ...rest } = header
    return bodyBytes === body.length ? ok({ ...rest, body }) : err('corrupt')
  } catch {
    return err('corrupt')
  }
}

/**
 * By hand, for this runs on every hit: zod, which cannot compile a schema where there is no `eval`, took a fifteenth of
 * the time of a hit in KV. The reader checks that the entry belongs to its workspace.
 */
function isHeader(value: unknown): value is Header {
  if (!isRecord(value) || !isRecord(value['stamp'])) return false
  const { workspaceId, found, stamp, tags, createdAtMs, loadMs, deleteAtMs, etag, bodyBytes } = value
  return (
    typeof workspaceId === 'string' &&
    typeof found === 'boolean' &&
    typeof stamp['ledgerId'] === 'string' &&
    isCount(stamp['version']) &&
    Array.isArray(tags) &&
    tags.length <= limits.entryTagsMax &&
    tags.every(isTag) &&
    Number.isFinite(createdAtMs) &&
    Number.isFinite(loadMs) &&
    Number.isFinite(deleteAtMs) &&
    typeof etag === 'string' &&
    isCount(bodyBytes)
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
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
