import type { Clock } from '../../../shared/clock.ts'
import type { HubFrame } from '../../../shared/contract/live.ts'
import type { OpenSocket } from '../platform.ts'
import type { ConnectionStatus } from './connection-status.ts'

/** A frame about one question. */
export type QuestionFrame = Extract<HubFrame, { readonly type: 'shown' | 'changed' | 'moved' }>

/** The entry that a client holds when it shows a question. */
export interface HeldEntry {
  readonly etag: string | null
  readonly version: number | null
}

/** The receiver of everything that a connection learns. It is called in the order of the frames. */
export interface LiveListener {
  /** The entry that is held of a question. It is read when the question is shown to a hub, so it is never an older one. */
  held(path: string): HeldEntry
  /** A hub answered. No question counts as told until a frame about it arrives. Versions of another ledger mean nothing to it. */
  welcomed(ledger: string): void
  told(path: string, frame: QuestionFrame): void
  /** Everything up to this version has been told, for each question about which a frame has arrived since `welcomed`. */
  proved(version: number): void
  /** The hub does not tell about this question on this socket. */
  untold(path: string): void
  /** The socket is gone, and with it everything that it would have told. Up to `asOfMs` everything was told. */
  lost(asOfMs: number | null): void
  statusChanged(): void
}

export interface LiveSurroundings {
  readonly clock: Clock
  random(): number
  /** Null if there are no WebSockets. */
  readonly openSocket: OpenSocket | null
  /** A token of the user. `refused` is the one that was refused or is about to expire; null if there is none. */
  token(refused: string | null): Promise<string>
  /** Whether an answer of the API shows that it has taken a token since then. */
  hasHeard(sinceMs: number): boolean
}

export interface LiveConnection {
  /** Shows a question, or shows it again because another entry of it is held. The path is that of the GET, with its query. */
  show(path: string): void
  hide(path: string): void
  /** Closes the socket until `resume`: nobody sees the page, or there is no network. */
  pause(mode: 'paused' | 'offline'): void
  /** Connects at once, whatever was waited for. */
  resume(): void
  /** The instant up to which everything that the hub told is proved, if no further proof arrives; null without a hub. */
  provedUntilMs(): number | null
  status(): ConnectionStatus
  frames(): { readonly sent: number; readonly received: number }
  close(): void
}
