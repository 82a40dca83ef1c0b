import { joinBytes } from '../../shared/bytes.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { headerEnd } from '../../shared/inbound-email/header-fields.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

/** A message of which the header has arrived. The rest is still to come. */
interface ArrivingMessage {
  /** Null if the header is longer than is read here. */
  readonly header: Uint8Array<ArrayBuffer> | null
  /** The whole message, from its first byte. It fails when the message turns out to be too large, or does not come to its end. */
  readonly bytes: ReadableStream<Uint8Array>
  /** The fault of the sender, if `bytes` failed, or if the next of them are still waited for when a deadline has passed. */
  sendersFault(isLate: boolean): WireError | null
  /** Ends the reading of a message that is not needed. */
  cancel(): void
}

/**
 * Reads a message up to the end of its header, and offers the whole of it as a stream. At most `limits.mailHeadersBytesMax` bytes and a
 * chunk are held here.
 */
export async function openMessage(
  source: ReadableStream<Uint8Array> | null,
  clock: Clock,
): Promise<Result<ArrivingMessage, WireError>> {
  if (source === null) return err({ code: 'message_unreadable' })
  const reader = source.getReader()
  const read = await withinDeadline<Result<ReadHeader, WireError>>(
    clock,
    limits.arrivalDeadlineMs,
    () => readHeader(reader),
    err({ code: 'request_timeout' }),
  )
  if (!read.ok) {
    cancel(reader)
    return read
  }
  if (read.value.lengthBytes === 0) return err({ code: 'message_unreadable' })
  return ok(messageOf(reader, read.value))
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

interface ReadHeader {
  readonly header: Uint8Array<ArrayBuffer> | null
  readonly chunks: readonly Uint8Array[]
  readonly lengthBytes: number
  readonly isDone: boolean
}

async function readHeader(reader: Reader): Promise<Result<ReadHeader, WireError>> {
  const chunks: Uint8Array[] = []
  let lengthBytes = 0
  // The bytes are looked through again only when there are twice as many, so that small chunks cost no more than large ones.
  let lookAtBytes = 1
  try {
    for (;;) {
      const { done: isDone, value: chunk } = await reader.read()
      if (chunk !== undefined) chunks.push(chunk)
      lengthBytes += chunk?.length ?? 0
      const isFull = lengthBytes >= limits.mailHeadersBytesMax
      if (!isDone && !isFull && lengthBytes < lookAtBytes) continue
      lookAtBytes = 2 * lengthBytes
      const bytes = joinBytes(chunks)
      const end = headerEnd(bytes)
      const isEnded = end >= 0 && end <= limits.mailHeadersBytesMax
      if (isEnded) return ok({ header: bytes.slice(0, end), chunks: [bytes], lengthBytes, isDone })
      if (isDone && !isFull) return ok({ header: bytes, chunks: [bytes], lengthBytes, isDone })
      if (isDone || isFull) return ok({ header: null, chunks: [bytes], lengthBytes, isDone })
    }
  } catch {
    // The sender closed the connection.
    return err({ code: 'malformed_request' })
  }
}

function messageOf(
  reader: Reader,
  { header, chunks, lengthBytes: headBytes, isDone }: ReadHeader,
): ArrivingMessage {
  let lengthBytes = headBytes
  let isWaiting = false
  let failure: WireError | null = null

  function fail(controller: ReadableStreamDefaultController<Uint8Array>, error: WireError): void {
    failure = error
    controller.error(new Error(error.code))
    cancel(reader)
  }

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    isWaiting = true
    try {
      const { done, value } = await reader.read()
      isWaiting = false
      lengthBytes += value?.length ?? 0
      if (lengthBytes > limits.mailMimeBytesMax) return fail(controller, { code: 'body_too_large' })
      if (value !== undefined) controller.enqueue(value)
      if (done) controller.close()
    } catch {
      fail(controller, { code: 'malformed_request' })
    }
  }

  const bytes = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk)
        if (isDone) controller.close()
      },
      pull,
      cancel: () => cancel(reader),
    },
    { highWaterMark: 0 },
  )
  return {
    header,
    bytes,
    sendersFault: (isLate) => (isLate && isWaiting ? { code: 'request_timeout' } : failure),
    cancel: () => cancel(reader),
  }
}

function cancel(reader: Reader): void {
  reader.cancel().catch(() => undefined)
}
