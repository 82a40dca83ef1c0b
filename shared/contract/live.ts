import { z } from 'zod'
import { versionSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Difference } from '../live/difference.ts'

/*
 * The frames of `GET /api/live`, one JSON text each. A client opens the socket with two subprotocols: `liveProtocol`, and
 * `bearer.` with its token, which so is in no URL. The query names the workspace: `?workspaceId=…`.
 *
 *   client → hub   show, hide     what the client has on its screen
 *                  renew          a new token of the same user, before the old one expires
 *                  seen           how many frames have arrived, after each `limits.liveSeenEvery`
 *                  the text `ping`, which the platform answers with `pong` without waking the hub
 *   hub → client   welcome        once, first
 *                  shown          what the client holds is current
 *                  changed        the difference from what the client holds to what is current now
 *                  moved          ask over HTTP, at least for this version
 *                  proof          everything that happened up to an instant has been told
 *                  renewed, refused
 *
 * A client that shows a question says which entry it holds, by the first part of its ETag. It may believe it to be current only
 * after `shown`, after a `changed` that starts from that entry, or after an answer over HTTP that is at least as new as a `moved`. All
 * ages are durations, so that no clock of a client matters.
 */

export {
  liveCloseCodes,
  livePing,
  livePong,
  liveProtocol,
  liveTokenPrefix,
} from '../live/wire.ts'

const questionId = z.int().min(0).max(1_000_000_000)

/** The first part of an answer's ETag, which names the entry and not its reader. */
const entryEtag = z.string().min(1).max(64)

/** Frames of a client. */
export const clientFrameSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('show'),
    /** Chosen by the client; frames about this question have it. Showing an id again replaces its question. */
    id: questionId,
    /** The path and query of the GET that answers it, for example `/api/boards/board_123/contacts?page=2`. */
    question: z.string().min(1).max(limits.liveQuestionCharactersMax),
    /** The entry that the client holds; null if it holds none. */
    etag: entryEtag.nullable(),
    /** The newest version that the client has seen of this ledger, of writes of its own too; null if none. */
    version: versionSchema.nullable(),
  }),
  z.strictObject({ type: z.literal('hide'), id: questionId }),
  z.strictObject({ type: z.literal('renew'), token: z.string().min(1).max(limits.liveClientFrameBytesMax) }),
  z.strictObject({ type: z.literal('seen'), frames: z.int().min(1).max(1_000_000_000) }),
])
export type ClientFrame = z.output<typeof clientFrameSchema>

/** How old the hub's knowledge is. */
interface Proof {
  readonly version: number
  /** Everything that was acknowledged by the ledger up to this many milliseconds ago has been told on this socket. */
  readonly asOfAgeMs: number
  /** Everything that was committed to the database up to this many milliseconds ago has been told; null if there are no marks. */
  readonly provedAgeMs: number | null
}

/**
 * How the last change of an answer came here: the version that it took; when the outbox told it, or null if it was told in another way; when the
 * ledger wrote it down; and when this frame was sent. Instants are milliseconds since 1970 by the servers' clocks, and the last one says how
 * far the client's clock is from those. A frame has no times if they are not known.
 */
type ChangeTimes = readonly [version: number, toldAtMs: number | null, writtenAtMs: number, sentAtMs: number]

/** Why a frame, or a question, is refused. The socket stays open. */
export type LiveRefusal =
  | 'frame_invalid'
  | 'question_invalid'
  | 'too_many_questions'
  | 'token_invalid'
  | 'overloaded'

/** Frames of a hub. */
export type HubFrame =
  | (Proof & {
      readonly type: 'welcome'
      /** Versions of another ledger mean nothing to this one. */
      readonly ledger: string
      readonly tokenExpiresInMs: number
    })
  | {
      readonly type: 'shown'
      readonly id: number
      readonly version: number
      readonly etag: string
      readonly times?: ChangeTimes
      /** After this time the answer may change although nobody writes, so the client asks again; null if only writes change it. */
      readonly dueInMs: number | null
    }
  | {
      readonly type: 'changed'
      readonly id: number
      readonly version: number
      readonly from: string
      readonly to: string
      readonly difference: Difference
      readonly dueInMs: number | null
      readonly times?: ChangeTimes
    }
  | { readonly type: 'moved'; readonly id: number; readonly version: number; readonly times?: ChangeTimes }
  | (Proof & {
      readonly type: 'proof'
      readonly ledger: string
      /**
       * The frames that were sent on this socket before this one, if the hub knows. A client that has received another number comes back
       * by a new socket, because it would never hear of a change whose frame was lost.
       */
      readonly sent?: number
    })
  | { readonly type: 'renewed'; readonly tokenExpiresInMs: number }
  | {
      readonly type: 'refused'
      readonly id: number | null
      readonly code: LiveRefusal
      readonly message: string
    }
