import type { Clock } from '../../shared/clock.ts'

/*
 * Everything that the client takes from the place it runs in. A browser's is in browser-platform.ts. Tests and the simulation bring
 * their own, so that time, chance and every transport are theirs.
 */

/** The part of an HTTP answer that the client reads. A `Response` of fetch has it. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

/** A WebSocket as the client uses it. */
export interface Socket {
  send(text: string): void
  /** With code 1000, at once or soon. */
  close(): void
}

/** A socket calls `closed` exactly once and last, and nothing before `OpenSocket` has returned. */
export interface SocketEvents {
  received(text: string): void
  closed(code: number): void
}

export type OpenSocket = (url: string, protocols: string[], events: SocketEvents) => Socket

/** A store of texts by keys, of which each call may reject. */
export interface Shelf {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  entries(): Promise<readonly (readonly [key: unknown, value: unknown])[]>
}

/** Where entries outlive the page. `facts` has a small record for each entry of `bodies`, so that no body is read to find the oldest. */
export interface Shelves {
  readonly bodies: Shelf
  readonly facts: Shelf
}

/** Whether anybody sees the page, and whether the machine has a network. */
export interface Presence {
  isHidden(): boolean
  isOnline(): boolean
  /** Calls `listener` after each change of these. */
  onChange(listener: () => void): () => void
}

export interface Platform {
  readonly clock: Clock
  /** A number from 0 to just below 1. */
  random(): number
  /** A text that nothing else has as its id, in characters that ids may have. */
  newId(): string
  /** Rejects if no answer arrives. */
  send(url: string, request: HttpRequest): Promise<HttpAnswer>
  /** Null if there are no WebSockets; then the client polls. */
  readonly openSocket: OpenSocket | null
  /** Null if nothing can be kept, as in Node and in some private windows. It may also reject. */
  openShelves(): Promise<Shelves | null>
  readonly presence: Presence
  /** Gives a name on the console to the tools of `debug: true`. */
  expose(name: string, tools: object): void
}
