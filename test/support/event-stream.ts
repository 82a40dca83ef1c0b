import { z } from 'zod'
import { streamEventSchemas } from '../../shared/contract/monitoring.ts'

/** One event of the monitoring stream, checked against its contract. */
export type SeenEvent = {
  readonly [Name in keyof typeof streamEventSchemas]: {
    readonly event: Name
    readonly id: string | null
    readonly data: z.output<(typeof streamEventSchemas)[Name]>
  }
}[keyof typeof streamEventSchemas]

const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('snapshot'), id: z.string(), data: streamEventSchemas.snapshot }),
  z.object({ event: z.literal('alert'), id: z.null(), data: streamEventSchemas.alert }),
  z.object({ event: z.literal('heartbeat'), id: z.null(), data: streamEventSchemas.heartbeat }),
])

/** Reads a stream of Server-Sent Events, one event after the other, until it ends. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SeenEvent, void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) {
      const event = parseFrame(frame)
      if (event !== null) yield event
    }
  }
}

/** Null if the frame has no event, such as `retry:` alone. */
function parseFrame(frame: string): SeenEvent | null {
  const field = (name: string) =>
    frame
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const data = field('data')
  if (data === undefined) return null
  return eventSchema.parse({ event: field('event'), id: field('id') ?? null, data: JSON.parse(data) })
}
