import type { Clock } from '../../../shared/clock.ts'
import type { HubFrame } from '../../../shared/contract/live.ts'
import type { OpenSocket } from '../platform.ts'

/** How a client hears of changes. */
export interface ConnectionStatus {
  /**
   *   live         the hub tells every change
   *   connecting   the first connection is not made yet
   *   polling      there is no socket, so queries that are shown are asked again every few seconds
   *   paused       nobody sees the page
   *   offline      the machine has no network
   */
  readonly mode: 'live' | 'connecting' | 'polling' | 'paused' | 'offline'
  /** Everything that the ledger acknowledged up to this many milliseconds ago has been told; null without a hub. */
  readonly asOfAgeMs: number | null
  /** Everything that was committed to the database up to this many milliseconds ago has been told; null if that is not known. */
  readonly provedAgeMs: number | null
  /** The newest version that the hub has named, and its ledger. */
  readonly version: number | null
  readonly ledger: string | null
}

/** A frame about one question. */
export type QuestionFrame = Extract<HubFrame, { readonly type: 'shown' | 'changed' | 'moved' }>

/** The entry that a client holds when it shows a question. */
export interface HeldEntry {
  readonly etag: string | null
  readonly version: number | null
}

/** The receiver of everything that a connection learns. It is called in the order of the frames. */
export interface LiveListener {
  /** A socket is open. Nothing is told of any question until a frame about it arrives. */
  welcomed(ledger: string): void
  told(path: string, frame: QuestionFrame): void
  /** Everything up to this version has been told, for each question about which a frame has arrived on this socket. */
  proved(version: number): void
  /** The hub does not tell about this question on this socket. */
  untold(path: string): void
  /** The socket is gone, and with it everything that it would have told. */
  lost(): void
  statusChanged(): void
}

export interface LiveSurroundings {
  readonly clock: Clock
  random(): number
  readonly openSocket: OpenSocket | null
  /** A token of the user. `refused` is the one that was refused or is about to expire; null if there is none. */
  token(refused: string | null): Promise<string>
}

export interface LiveConnection {
  /** Shows a question, or shows it again with another entry. The path is that of the GET, with its query. */
  show(path: string, held: HeldEntry): void
  hide(path: string): void
  /** Closes the socket until `resume`: nobody sees the page, or there is no network. */
  pause(mode: 'paused' | 'offline'): void
  resume(): void
  /** Whether what the hub told is proved at this moment. */
  isProved(): boolean
  /** Until when it is proved if no further proof arrives; null if it is not. */
  provedUntilMs(): number | null
  status(): ConnectionStatus
  close(): void
}
