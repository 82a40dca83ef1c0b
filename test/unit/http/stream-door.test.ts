import { expect, test } from 'vitest'
import { whileLetIn } from '../../../worker/routes/monitoring-stream.ts'
import { settle } from '../../support/fake-clock.ts'

/** A source of events that a test sends, and whether it was given up. */
function createSource() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let isCancelled = false
  const events = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
    cancel() {
      isCancelled = true
    },
  })
  const send = (text: string) => controller?.enqueue(new TextEncoder().encode(text))
  return { events, send, isCancelled: () => isCancelled }
}

async function readFrom(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const { value, done } = await reader.read()
  return done ? null : new TextDecoder().decode(value)
}

test('an open stream sends nothing more to an operator who was removed, and frees its place', async () => {
  let isLetIn = true
  const { events, send, isCancelled } = createSource()
  const reader = whileLetIn(events, { isStillLetIn: async () => isLetIn }).getReader()
  send('first')
  expect(await readFrom(reader)).toBe('first')
  isLetIn = false
  send('second')
  expect(await readFrom(reader)).toBe(null)
  await settle()
  expect(isCancelled()).toBe(true)
})

test('a reader who leaves frees the place of the stream', async () => {
  const { events, isCancelled } = createSource()
  const reader = whileLetIn(events, { isStillLetIn: () => true }).getReader()
  await reader.cancel()
  await settle()
  expect(isCancelled()).toBe(true)
})
