import { describe, expect, it } from 'vitest'
import { readEvents, type StreamEvent } from '../../../worker/dashboard/src/live/event-stream.ts'

async function eventsOf(chunks: readonly string[]) {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
  const events: StreamEvent[] = []
  for await (const event of readEvents(body)) events.push(event)
  return events
}

describe('a stream of Server-Sent Events', () => {
  it('is read alike wherever its chunks are cut', async () => {
    const text = ': hello\n\nevent: snapshot\nid: 7\ndata: {"a":\ndata: 1}\n\ndata:x\n\n'
    const whole = await eventsOf([text])
    expect(whole).toEqual([
      { name: 'snapshot', id: '7', data: '{"a":\n1}' },
      { name: 'message', id: null, data: 'x' },
    ])
    expect(await eventsOf([...text])).toEqual(whole)
  })

  it('gives no event that was not finished when the connection ended', async () => {
    expect(await eventsOf(['data: whole\n\ndata: half'])).toEqual([
      { name: 'message', id: null, data: 'whole' },
    ])
  })
})
