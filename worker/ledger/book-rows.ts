import { sha256 } from '@noble/hashes/sha2.js'
import { joinBytes } from '../../shared/bytes.ts'
import { limits } from '../../shared/limits.ts'
import type { MoveParts } from '../../shared/tags/moves.ts'
import { noteMovesMax } from './book-notes.ts'

/** An event as a ledger writes it down. Ids from outside may contain any text, so only digests of them are written. */
export interface WrittenEvent {
  readonly moves: readonly MoveParts[]
  /** The packed note (book-notes.ts). Empty if there is none. */
  readonly note: readonly MoveParts[]
  /** Null for an event without an id. */
  readonly identity: Identity | null
}

/** The digests of an event's id and of its content, each in `digestCharacters` characters of base64. */
interface Identity {
  readonly id: string
  readonly content: string
}

export interface RememberedEvent extends Identity {
  readonly version: number
}

const digestBytes = 16
const digestCharacters = 22
const moveBytes = 4
const identityBytes = 2 * digestCharacters
/** The head of an event in the log: whether it has an identity, and the number of its moves. */
const headBytes = 3
/** A version in base 36. */
const versionCharacters = 11
const rememberedBytes = identityBytes + versionCharacters
/** The room in a row for its numbers and the ledger's id. */
const frameBytes = 1_024

const { ledgerRowBytesMax, invalidationEventsMax, outboxTagsMax, ledgerTagsMax, ledgerEventIdsMax } = limits
holds(
  invalidationEventsMax * (headBytes + identityBytes + (outboxTagsMax + noteMovesMax) * moveBytes) +
    frameBytes <=
    ledgerRowBytesMax,
  'the largest batch of events fits in a row of the log',
)
holds(
  ledgerTagsMax * 4 + ledgerEventIdsMax * rememberedBytes + frameBytes <= ledgerRowBytesMax,
  'a snapshot fits in a row',
)

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The first half of a text's SHA-256, which is enough that no two texts of a workspace have the same by chance. */
export function digestOf(text: string): string {
  const digest = sha256(encoder.encode(text)).subarray(0, digestBytes)
  return btoa(String.fromCharCode(...digest)).slice(0, digestCharacters)
}

/** Encodes a batch of events as one row of the log. Throws if it is larger than a row may be. */
export function encodeBatch(events: readonly WrittenEvent[]): ArrayBuffer {
  return checkedRow(joinBytes(events.map(encodeEvent)))
}

export function decodeBatch(row: ArrayBuffer): WrittenEvent[] {
  const bytes = new DataView(row)
  const events: WrittenEvent[] = []
  for (let at = 0; at < row.byteLength; ) {
    const hasIdentity = bytes.getUint8(at) === 1
    const moves = bytes.getUint16(at + 1)
    const movesAt = at + headBytes + (hasIdentity ? identityBytes : 0)
    const parts = Array.from({ length: moves }, (_, index) => ({
      offset: bytes.getUint16(movesAt + index * moveBytes),
      mask: bytes.getUint16(movesAt + index * moveBytes + 2),
    }))
    const notedAt = parts.findIndex(({ mask }) => mask === 0)
    events.push({
      identity: hasIdentity
        ? identityIn(decoder.decode(new Uint8Array(row, at + headBytes, identityBytes)), 0)
        : null,
      moves: notedAt < 0 ? parts : parts.slice(0, notedAt),
      note: notedAt < 0 ? [] : parts.slice(notedAt),
    })
    at = movesAt + moves * moveBytes
  }
  return events
}

/** Encodes the events that a snapshot remembers, oldest first, as one text of fixed-width parts, which is cheap to decode. */
export function encodeRemembered(events: readonly RememberedEvent[]): string {
  return events
    .map(
      ({ id, content, version }) => `${id}${content}${version.toString(36).padStart(versionCharacters, '0')}`,
    )
    .join('')
}

export function decodeRemembered(text: string): RememberedEvent[] {
  return Array.from({ length: text.length / rememberedBytes }, (_, index) => {
    const at = index * rememberedBytes
    const versionAt = at + identityBytes
    const version = Number.parseInt(text.slice(versionAt, versionAt + versionCharacters), 36)
    return { ...identityIn(text, at), version }
  })
}

function encodeEvent({ moves: moved, note, identity }: WrittenEvent): Uint8Array {
  const moves = [...moved, ...note]
  const movesAt = headBytes + (identity === null ? 0 : identityBytes)
  const row = new Uint8Array(movesAt + moves.length * moveBytes)
  const bytes = new DataView(row.buffer)
  bytes.setUint8(0, identity === null ? 0 : 1)
  bytes.setUint16(1, moves.length)
  if (identity !== null) {
    row.set(encoder.encode(`${identity.id}${identity.content}`), headBytes)
  }
  for (const [index, { offset, mask }] of moves.entries()) {
    bytes.setUint16(movesAt + index * moveBytes, offset)
    bytes.setUint16(movesAt + index * moveBytes + 2, mask)
  }
  return row
}

function identityIn(text: string, at: number): Identity {
  const contentAt = at + digestCharacters
  return { id: text.slice(at, contentAt), content: text.slice(contentAt, at + identityBytes) }
}

/** The platform refuses larger rows in production, but the simulator on a developer's machine accepts them. */
function checkedRow(row: Uint8Array<ArrayBuffer>): ArrayBuffer {
  if (row.byteLength > limits.ledgerRowBytesMax) throw new Error('book-rows.ts: a row is too large')
  return row.buffer
}

function holds(condition: boolean, relation: string): void {
  if (!condition) throw new Error(`book-rows.ts: ${relation} does not hold`)
}
