import { z } from 'zod'
import { joinBytes } from '../../shared/bytes.ts'
import {
  type ActivityCause,
  activityCauses,
  activityEventSchema,
  settingChangeSchema,
} from '../../shared/contract/activity.ts'
import { limits } from '../../shared/limits.ts'
import type { MoveParts } from '../../shared/tags/moves.ts'

/*
 * A note says when an event was written down, under which version, why and by whom. It lies in the row of the event, among its moves:
 * a move whose mask is 0 moves nothing, so each such move has room for two bytes of the note. A row of its own would double what a
 * write is billed, and a column of its own would make every write of the release before this one fail after a rollback. That release
 * reads over such moves.
 */

/** The details of an event that only its sender knows: the ids that it names, or the settings that it changed. */
const noteDetailSchema = z.union([
  activityEventSchema,
  z.object({ changes: z.array(settingChangeSchema), changesMore: z.int().nonnegative() }),
])
export type NoteDetail = z.output<typeof noteDetailSchema>

export interface Note {
  readonly cause: ActivityCause
  readonly atMs: number
  readonly version: number
  /** The user behind the event; null if there is none. */
  readonly userId: string | null
  /** Null if the sender told none, or if it was too long for a note. */
  readonly detail: NoteDetail | null
}

const textSchema = z.object({ user: z.string().nullable(), detail: noteDetailSchema.nullable() })

/** The first byte, by which a later release can tell this form from its own. */
const formatNumber = 1
/** Format, cause, and two numbers of eight bytes. */
const headBytes = 18
const bytesPerMove = 2

/** The moves that the longest note takes. */
export const noteMovesMax = Math.ceil((headBytes + limits.activityNoteBytesMax) / bytesPerMove)

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function packNote({ cause, atMs, version, userId, detail }: Note): MoveParts[] {
  const head = new DataView(new ArrayBuffer(headBytes))
  head.setUint8(0, formatNumber)
  head.setUint8(1, activityCauses.indexOf(cause))
  head.setFloat64(2, atMs)
  head.setFloat64(10, version)
  const bytes = joinBytes([new Uint8Array(head.buffer), textOf(userId, detail)])
  return Array.from({ length: Math.ceil(bytes.length / bytesPerMove) }, (_, index) => {
    const at = index * bytesPerMove
    return { offset: ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0), mask: 0 }
  })
}

/** Empty for most events: the outbox names no user and has no details. */
function textOf(userId: string | null, detail: NoteDetail | null): Uint8Array {
  const textWith = (told: NoteDetail | null) => {
    const isEmpty = userId === null && told === null
    return isEmpty ? new Uint8Array(0) : encoder.encode(JSON.stringify({ user: userId, detail: told }))
  }
  const whole = textWith(detail)
  return whole.length <= limits.activityNoteBytesMax ? whole : textWith(null)
}

/** The note among the moves of an event; null if there is none, or none that this release can read. */
export function unpackNote(moves: readonly MoveParts[]): Note | null {
  const bytes = Uint8Array.from(moves.flatMap(({ offset }) => [offset >> 8, offset & 0xff]))
  if (bytes.length < headBytes) return null
  const head = new DataView(bytes.buffer)
  const cause = activityCauses[head.getUint8(1)]
  if (head.getUint8(0) !== formatNumber || cause === undefined) return null
  const told = readText(decoder.decode(bytes.subarray(headBytes)).replace(/\0$/, ''))
  if (told === null) return null
  return {
    ...{ cause, atMs: head.getFloat64(2), version: head.getFloat64(10) },
    ...{ userId: told.user, detail: told.detail },
  }
}

function readText(text: string): z.output<typeof textSchema> | null {
  if (text === '') return { user: null, detail: null }
  try {
    return textSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
