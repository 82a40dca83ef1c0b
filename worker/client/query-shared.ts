import type { JsonObject } from '../../shared/live/json-value.ts'
import type { Answer } from './answer.ts'
import type { Belief, Held, LiveKnowledge } from './belief.ts'
import type { Platform } from './platform.ts'
import type { Fetched, ReadDemand } from './requests.ts'

/** An entry whose answer is to be stored. */
export interface KeptEntry {
  readonly path: string
  readonly belief: Belief
}

/** Everything that the entries of a client share. */
export interface Shared {
  readonly platform: Pick<Platform, 'clock' | 'random'>
  readonly pollEveryMs: number
  /** The newest version that a write of this client has; every read is to have it. */
  writtenVersion: number | null
  /** Another number after each change of the ledger. Versions from before mean nothing. */
  readonly epoch: number
  /** Lays the writes over an answer that does not contain them yet; null while there are none. */
  readonly overlay: Overlay | null
  fetch(path: string, demand: ReadDemand): Promise<Fetched>
  /** The live side; null if there is none, or it is not loaded yet. */
  readonly live: LiveTelling | null
  /** Whether the live side is still being loaded. */
  readonly isLiveExpected: boolean
  /** Whether the page is seen and there is a network. */
  mayAsk(): boolean
  isOnline(): boolean
  restore(path: string): Promise<Held | null>
  /** No version that is known is of the ledger that is there now. */
  forgetVersions(): void
  /** The answer that an entry holds has changed. */
  keep(entry: KeptEntry): void
  published(path: string, answer: AnswerOfEntry): void
}

/** The teller of changes to queries that are shown. */
export interface LiveTelling {
  /** Whether the first connection may still come. */
  isConnecting(): boolean
  knowledge(): LiveKnowledge
  show(path: string): void
  hide(path: string): void
}

/** Lays the writes over an answer that it does not contain. */
export type Overlay = (
  path: string,
  data: JsonObject | null,
  version: number | null,
) => { readonly data: JsonObject | null; readonly isPending: boolean }

export type AnswerOfEntry = Answer<JsonObject>
