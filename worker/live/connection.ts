import { z } from 'zod'
import type { UserId, Version } from '../../shared/ids.ts'
import { userIdSchema, versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { membershipTags } from '../../shared/tags/tags.ts'
import type { HubSocket, Joining } from './hub-parts.ts'
import type { LiveQuestion } from './live-question.ts'

/** A question that a client shows, with the client's knowledge of it. */
export interface Show {
  readonly id: number
  /** As the client wrote it. */
  readonly text: string
  readonly question: LiveQuestion<Connection>
  /** The version of the hub when the client began to show it, which was at least the client's own. Nothing older is told. */
  readonly since: Version
  /** The entry that the client holds; null if the hub does not know. */
  etag: string | null
  /** The last generation of the question that the client was told. */
  generation: number
  /** The version up to which the client was told everything, or was told to ask for itself. */
  toldTo: Version | null
}

/** A connection as it survives hibernation. The short names save room, of which there is little. */
const attachmentSchema = z.object({
  user: userIdSchema,
  ledger: z.string(),
  member: versionSchema,
  expires: z.number(),
  sent: z.int(),
  seen: z.int(),
  shows: z.array(z.tuple([z.int(), z.string(), z.string().nullable(), versionSchema.nullable()])),
})
type Attachment = z.output<typeof attachmentSchema>

/** The room for numbers that grow after a question was taken. */
const roomForNumbers = 128
/** The greatest length of an entry's name, for which room is kept. */
const etagCharacters = 64

/** One client: its user, the questions that it shows, and the frames on the way to it. */
export class Connection {
  readonly socket: HubSocket
  readonly userId: UserId
  readonly memberAt: Joining['memberAt']
  /** The tags of the user's membership. */
  readonly tags: readonly Tag[]
  readonly shows = new Map<number, Show>()
  tokenExpiresAtMs: number
  /** Whether the client waits for a proof of the hub's last comparison. */
  isProofDue = false
  isClosed = false
  /** The frames of the client, which are taken one after the other. */
  work: Promise<void> = Promise.resolve()
  /** Whether what is attached to the socket is out of date. */
  isUnsaved = false
  private sent: number
  private seen: number
  private windowStartMs = Number.NEGATIVE_INFINITY
  private windowFrames = 0

  constructor(socket: HubSocket, joining: Joining, { sent, seen } = { sent: 0, seen: 0 }) {
    this.socket = socket
    this.userId = joining.userId
    this.tokenExpiresAtMs = joining.tokenExpiresAtMs
    this.memberAt = joining.memberAt
    this.tags = membershipTags(joining.userId)
    this.sent = sent
    this.seen = seen
  }

  /** Whether so many frames are unacknowledged that nothing more is sent until the client has caught up. */
  get isSlow(): boolean {
    return this.sent - this.seen >= limits.liveUnseenMax
  }

  /**
   * The frames sent on this socket. Without what a hub that ended suddenly sent last: its client then finds another number in the next
   * proof, and connects again.
   */
  get framesSent(): number {
    return this.sent
  }

  send(text: string): void {
    if (this.isClosed) return
    this.sent += 1
    this.isUnsaved = true
    this.socket.send(text)
  }

  /** Notes how many frames have arrived. A hub that has hibernated may have forgotten some that it sent. */
  acknowledge(frames: number): void {
    this.seen = Math.max(this.seen, frames)
    this.sent = Math.max(this.sent, this.seen)
  }

  /** Counts a frame of the client. Answers whether it has sent too many. */
  countFrame(nowMs: number): boolean {
    if (nowMs - this.windowStartMs >= limits.liveClientWindowMs) {
      this.windowStartMs = nowMs
      this.windowFrames = 0
    }
    this.windowFrames += 1
    return this.windowFrames > limits.liveClientFramesMax
  }

  /** Whether everything that the connection shows, and this question too, fits in what survives hibernation. */
  hasRoomFor(id: number, text: string): boolean {
    const others = [...this.shows.values()].filter((show) => show.id !== id)
    if (others.length >= limits.liveQuestionsMax) return false
    const etags = others.reduce((sum, { etag }) => sum + etagCharacters - (etag?.length ?? 0), 0)
    const characters = this.attachment(others).length + etags + JSON.stringify(text).length + etagCharacters
    return characters + roomForNumbers <= limits.liveAttachmentBytesMax
  }

  /** Attaches what has changed to the socket. */
  save(): void {
    if (this.isClosed) return
    this.socket.attach(this.attachment([...this.shows.values()]))
    this.isUnsaved = false
  }

  private attachment(shows: readonly Show[]): string {
    const attachment: Attachment = {
      user: this.userId,
      ledger: this.memberAt.ledgerId,
      member: this.memberAt.version,
      expires: this.tokenExpiresAtMs,
      sent: this.sent,
      seen: this.seen,
      shows: shows.map(({ id, text, etag, toldTo }) => [id, text, etag, toldTo]),
    }
    return JSON.stringify(attachment)
  }
}

/** Reads what is attached to a socket; null if it is of another form, such as an older release's. */
export function parseAttachment(text: string | null): Attachment | null {
  if (text === null) return null
  try {
    return attachmentSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
