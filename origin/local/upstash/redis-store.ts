/** A command: its name in capitals, and its arguments as bytes. */
export interface RedisCommand {
  readonly name: string
  readonly args: readonly Buffer[]
}

/** A reply of Redis in RESP 2. Texts are bytes. */
export type RedisReply = number | null | Buffer | readonly RedisReply[]

/** The reply to a command, or the error that Redis answered. */
export type Outcome = { readonly reply: RedisReply } | { readonly error: string }

/** The Redis behind the bridge. */
export interface RedisStore {
  run(command: RedisCommand): Promise<Outcome>
  /** Runs commands with nothing between them; one error for all if Redis refuses the whole transaction. */
  transact(commands: readonly RedisCommand[]): Promise<readonly Outcome[] | { readonly error: string }>
  /** Hears messages of channels, or of patterns of channels, until the answer is called. */
  subscribe(
    kind: 'subscribe' | 'psubscribe',
    channels: readonly string[],
    onMessage: (words: readonly Buffer[]) => void,
  ): Promise<() => void>
}

/** The Redis cannot be reached, or it did not answer in time, so nobody knows whether the command has run. */
export class RedisAway extends Error {}
