import type { Version, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { isEntryTag } from '../../shared/tags/tags.ts'

/** The ledger and its version, as known before the origin was called for an entry. */
export interface Stamp {
  readonly ledgerId: string
  readonly version: Version
}

/** One cached answer: the finished JSON as bytes, and everything that is needed to judge it without parsing them. */
export interface Entry {
  /** Every reader compares this with its own workspace. The key alone is not trusted to keep tenants apart. */
  readonly workspaceId: WorkspaceId
  /** False if the thing does not exist. That is also an answer, with an empty body. */
  readonly found: boolean
  readonly stamp: Stamp
  readonly tags: readonly Tag[]
  /** The instant at which the origin was called. */
  readonly createdAtMs: number
  /** The duration of the load. A reader that finds no entry waits about this long. */
  readonly loadMs: number
  /** The last usable instant. From then on no tier may return the entry. */
  readonly deleteAtMs: number
  readonly etag: string
  /** It answers those who wait for it, and no tier stores it: the origin made it by another version of the resource's declaration. */
  readonly isPassing?: true
  readonly body: Uint8Array
}

/** The part of an entry that is stored in front of its body. */
type Header = Omit<Entry, 'body'> & { readonly bodyBytes: number }

const lineFeed = 0x0a
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The stored form: one line of JSON (the header), then the bytes of the body. JSON text never contains a raw line feed, so the
 * first one ends the header. If the body is UTF-8, the stored form is too, which Redis over HTTP requires.
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
 * Checks a header by hand, because this runs on every hit. zod cannot compile a schema without `eval`, and took a fifteenth of
 * the time of a KV hit. The reader checks that the entry belongs to its workspace.
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
    tags.every(isEntryTag) &&
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

/** The time since an instant, in whole seconds; 0 if it lies ahead, by another machine's clock. */
export function ageSeconds(sinceMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - sinceMs) / 1000))
}

/** The ETag of a body: equal bytes give equal ETags. */
export async function etagOf(body: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  return btoa(String.fromCharCode(...hash.subarray(0, 12)))
}
