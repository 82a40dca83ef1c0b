/** One event of a stream of Server-Sent Events (WHATWG HTML, section 9.2), as read from a fetch. */
export interface StreamEvent {
  readonly name: string
  readonly id: string | null
  readonly data: string
}

/** A longer event than this is no event of our stream. */
const eventCharactersMax = 4_194_304

/** The events of a body as they arrive. Rejects if the connection breaks. */
export async function* readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<StreamEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let waiting = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      waiting += value.replaceAll('\r\n', '\n')
      if (waiting.length > eventCharactersMax) throw new Error('an event has no end')
      for (let end = waiting.indexOf('\n\n'); end >= 0; end = waiting.indexOf('\n\n')) {
        const event = parseEvent(waiting.slice(0, end))
        waiting = waiting.slice(end + 2)
        if (event !== null) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Null for a comment, and for an event without data. */
function parseEvent(block: string): StreamEvent | null {
  let name = 'message'
  let id: string | null = null
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') name = value
    else if (field === 'id') id = value
    else if (field === 'data') data.push(value)
  }
  return data.length === 0 ? null : { name, id, data: data.join('\n') }
}
