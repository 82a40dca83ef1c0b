import { sha256 } from '@noble/hashes/sha2.js'
import { joinBytes } from '../../shared/bytes.ts'
import { limits } from '../../shared/limits.ts'
import type { MoveParts } from '../../shared/tags/moves.ts'

/** An event as a ledger writes it down. It holds no text: an id or a digest that came from outside may say anything. */
export interface WrittenEvent {
  readonly moves: readonly MoveParts[]
  /** Null for an event without an id. */
  readonly identity: Identity | null
}

/** The digest of an event's id and that of what the event is, each `digestBytes` bytes as one character a byte. */
export interface Identity {
  readonly id: string
  readonly content: string
}

export interface RememberedEvent extends Identity {
  readonly version: number
}

const digestBytes = 16
const moveBytes = 4
const identityBytes = 2 * digestBytes
/** Of an event in the log: whether it has an identity, and how many moves. */
const headBytes = 3
const rememberedBytes = identityBytes + 8
const countBytes = 4
/** Room in a row for its numbers and the ledger's id. */
const frameBytes = 1_024

const { ledgerRowBytesMax, invalidationEventsMax, outboxTagsMax, ledgerTagsMax, ledgerEventIdsMax } = limits
holds(
  invalidationEventsMax * (headBytes + identityBytes + outboxTagsMax * moveBytes) + frameBytes <=
    ledgerRowBytesMax,
  'the largest batch of events fits in a row of the log',
)
holds(
  ledgerTagsMax * 4 + ledgerEventIdsMax * rememberedBytes + frameBytes <= ledgerRowBytesMax,
  'a snapshot fits in a row',
)

const encoder = new TextEncoder()

/** Half of SHA-256: no two of the texts of a workspace ever share one by chance. */
export function digestOf(text: string): string {
  return textOf(sha256(encoder.encode(text)).subarray(0, digestBytes))
}

/** A batch of events as one row of the log has it. Throws where it is larger than a row may be. */
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
    events.push({
      identity: hasIdentity ? identityAt(row, at + headBytes) : null,
      moves: Array.from({ length: moves }, (_, index) => ({
        offset: bytes.getUint16(movesAt + index * moveBytes),
        mask: bytes.getUint16(movesAt + index * moveBytes + 2),
      })),
    })
    at = movesAt + moves * moveBytes
  }
  return events
}

/** The events that a snapshot remembers, oldest first, behind their number: a blob of no bytes would be bound as null. */
export function encodeRemembered(events: readonly RememberedEvent[]): ArrayBuffer {
  const row = new Uint8Array(countBytes + events.length * rememberedBytes)
  const bytes = new DataView(row.buffer)
  bytes.setUint32(0, events.length)
  for (const [index, event] of events.entries()) {
    const at = countBytes + index * rememberedBytes
    row.set(bytesOf(event.id), at)
    row.set(bytesOf(event.content), at + digestBytes)
    bytes.setFloat64(at + identityBytes, event.version)
  }
  return checkedRow(row)
}

export function decodeRemembered(row: ArrayBuffer): RememberedEvent[] {
  const bytes = new DataView(row)
  return Array.from({ length: bytes.getUint32(0) }, (_, index) => {
    const at = countBytes + index * rememberedBytes
    return { ...identityAt(row, at), version: bytes.getFloat64(at + identityBytes) }
  })
}

function encodeEvent({ moves, identity }: WrittenEvent): Uint8Array {
  const movesAt = headBytes + (identity === null ? 0 : identityBytes)
  const row = new Uint8Array(movesAt + moves.length * moveBytes)
  const bytes = new DataView(row.buffer)
  bytes.setUint8(0, identity === null ? 0 : 1)
  bytes.setUint16(1, moves.length)
  if (identity !== null) {
    row.set(bytesOf(identity.id), headBytes)
    row.set(bytesOf(identity.content), headBytes + digestBytes)
  }
  for (const [index, { offset, mask }] of moves.entries()) {
    bytes.setUint16(movesAt + index * moveBytes, offset)
    bytes.setUint16(movesAt + index * moveBytes + 2, mask)
  }
  return row
}

function identityAt(row: ArrayBuffer, at: number): Identity {
  return {
    id: textOf(new Uint8Array(row, at, digestBytes)),
    content: textOf(new Uint8Array(row, at + digestBytes, digestBytes)),
  }
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** The platform refuses larger rows in production; the simulator on a developer's machine takes them. */
function checkedRow(row: Uint8Array<ArrayBuffer>): ArrayBuffer {
  if (row.byteLength > limits.ledgerRowBytesMax) throw new Error('book-rows.ts: a row is too large')
  return row.buffer
}

function holds(condition: boolean, relation: string): void {
  if (!condition) throw new Error(`book-rows.ts: ${relation} does not hold`)
}
