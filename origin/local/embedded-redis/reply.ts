/** Bytes as text with one character for each byte (latin1), so that values of any content can be compared and used as keys. */
export type Bytes = string

/** A simple string, such as OK. Scripts can tell it from a stored value. */
export class Status {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Reply = number | null | Bytes | Status | readonly Reply[]

/** An error reply. Its message begins with Redis' code, such as ERR or WRONGTYPE. */
export class RedisError extends Error {}

/** A command that Redis does not even begin to run. Inside a script it has another sentence. */
export class CommandFault extends RedisError {
  readonly kind: 'unknown' | 'arguments'
  constructor(kind: CommandFault['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export const done = new Status('OK')
export const syntaxError = () => new RedisError('ERR syntax error')
export const wrongArguments = (name: string) =>
  new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`)
