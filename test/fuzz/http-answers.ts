/** One answer as it is on the wire, with names of fields in lower case. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Whether the connection ended before the body was complete, or the answer has no end. */
  readonly isCutOff: boolean
}

const headEnd = Buffer.from('\r\n\r\n')
const headBytesMax = 65_536

interface Head {
  readonly status: number
  readonly headers: Map<string, string>
}

/** Reads the answers on one connection (RFC 9112), chunk by chunk. Of event streams it reads only the head. */
export class HttpAnswers {
  readonly #methods: readonly string[]
  readonly #done: HttpAnswer[] = []
  #buffer: Buffer = Buffer.alloc(0)
  #head: Head | null = null
  #isGarbled = false
  #isStream = false

  constructor(methods: readonly string[]) {
    this.#methods = methods
  }

  get all(): readonly HttpAnswer[] {
    return this.#done
  }

  get isGarbled(): boolean {
    return this.#isGarbled
  }

  get isDone(): boolean {
    return this.#isGarbled || this.#isStream || this.#done.length >= this.#methods.length
  }

  take(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    while (!this.isDone && this.#step()) {
      // The received bytes may contain another answer.
    }
  }

  /** The server has ended the connection. A body without a length ends with it; any other body is cut off. */
  end(): void {
    if (this.#head === null) return
    const isByClose =
      !this.#head.headers.has('content-length') && !this.#head.headers.has('transfer-encoding')
    this.#finish(this.#buffer, this.#buffer.length, !isByClose)
  }

  #step(): boolean {
    this.#head ??= this.#takeHead()
    if (this.#head === null) return false
    const { status, headers } = this.#head
    if (status < 200) {
      this.#head = null
      return true
    }
    const method = this.#methods[this.#done.length]
    if (method === 'HEAD' || status === 204 || status === 304) return this.#finish(Buffer.alloc(0), 0, false)
    if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
      this.#isStream = true
      return this.#finish(Buffer.alloc(0), this.#buffer.length, true)
    }
    if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return this.#takeChunks()
    const length = headers.get('content-length')
    if (length === undefined) return false
    return (
      this.#buffer.length >= Number(length) &&
      this.#finish(this.#buffer.subarray(0, Number(length)), Number(length), false)
    )
  }

  #takeHead(): Head | null {
    const end = this.#buffer.indexOf(headEnd)
    if (end < 0) {
      this.#isGarbled = this.#buffer.length > headBytesMax
      return null
    }
    const [first = '', ...lines] = this.#buffer.toString('latin1', 0, end).split('\r\n')
    const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(first)?.[1]
    if (status === undefined) {
      this.#isGarbled = true
      return null
    }
    this.#buffer = this.#buffer.subarray(end + headEnd.length)
    const headers = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const earlier = headers.get(name)
      const value = line.slice(colon + 1).trim()
      headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`)
    }
    return { status: Number(status), headers }
  }

  #takeChunks(): boolean {
    const chunks: Buffer[] = []
    let at = 0
    for (;;) {
      const lineEnd = this.#buffer.indexOf('\r\n', at)
      if (lineEnd < 0) return false
      const size = Number.parseInt(this.#buffer.toString('latin1', at, lineEnd), 16)
      if (Number.isNaN(size)) {
        this.#isGarbled = true
        return false
      }
      const end = lineEnd + 2 + size
      if (this.#buffer.length < end + 2) return false
      if (size === 0) return this.#finish(Buffer.concat(chunks), end + 2, false)
      chunks.push(this.#buffer.subarray(lineEnd + 2, end))
      at = end + 2
    }
  }

  #finish(body: Buffer, takenBytes: number, isCutOff: boolean): boolean {
    if (this.#head !== null) this.#done.push({ ...this.#head, body: Buffer.from(body), isCutOff })
    this.#head = null
    this.#buffer = this.#buffer.subarray(takenBytes)
    return true
  }
}
