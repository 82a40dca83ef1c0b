import type { Result } from '../../shared/result.ts'

/** Why a file could not be stored, read or removed. */
export interface FileFailure {
  readonly kind: 'unavailable' | 'not_found'
}

/** How a file is given to somebody who follows its link. */
export interface FileLink {
  /** The name under which a browser saves it. */
  readonly savedAs: string
  readonly expiresAtMs: number
}

/**
 * The files of imports and exports, in a place that all processes of a deployment share. A file is written once, under a name of its
 * own (`exports/…` or `imports/…`), and is there whole or not at all. Calls never reject. They end soon after `signal` aborts.
 */
export interface FileStore {
  /** Stores what the stream brings, holding little of it in memory. A stream that fails leaves no file. */
  put(
    name: string,
    content: ReadableStream<Uint8Array>,
    contentType: string,
    signal: AbortSignal,
  ): Promise<Result<void, FileFailure>>
  get(name: string, signal: AbortSignal): Promise<Result<ReadableStream<Uint8Array>, FileFailure>>
  /** Files that are not there count as removed. */
  remove(names: readonly string[], signal: AbortSignal): Promise<Result<void, FileFailure>>
  /** An address at which anybody who has it may download the file until it expires. */
  link(name: string, link: FileLink, signal: AbortSignal): Promise<Result<string, FileFailure>>
}

/** The names of files. None contains a part that leads out of a folder. */
const nameForm = /^(?:exports|imports)\/[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/

export function isFileName(name: string): boolean {
  return nameForm.test(name)
}
