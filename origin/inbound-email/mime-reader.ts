import { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { type MimeContent, mimeContentOf, unreadContent } from './mime-content.ts'

/** A thread that reads one message at a time. */
export interface MimeThread {
  /** Rejects when the thread ends. */
  read(bytes: Uint8Array<ArrayBuffer>): Promise<MimeContent>
  end(): void
}

/**
 * Reads the bodies of messages: small ones at once, and large ones on a thread of their own, one after the other, because the parser
 * works for seconds on a message of many lines, and the queries of this process must not wait for it. A message that is not read in
 * time, or that ends the thread, is listed whole as a file, and the next one gets a new thread.
 */
export function createMimeReader(
  clock: Clock,
  startThread: () => MimeThread = startMimeThread,
): (bytes: Uint8Array<ArrayBuffer>) => Promise<MimeContent> {
  const oneAtATime = pLimit(1)
  let thread: MimeThread | null = null

  async function readOnThread(bytes: Uint8Array<ArrayBuffer>): Promise<MimeContent> {
    thread ??= startThread()
    const reading = thread.read(bytes).catch(() => null)
    const content = await withinDeadline(clock, limits.mailParseDeadlineMs, () => reading, null)
    if (content !== null) return content
    thread.end()
    thread = null
    return unreadContent(bytes.length)
  }

  return (bytes) =>
    bytes.length <= limits.mailParsedAtOnceBytesMax
      ? mimeContentOf(bytes)
      : oneAtATime(() => readOnThread(bytes))
}

/** It has no part in whether the process ends. */
function startMimeThread(): MimeThread {
  const thread = new Worker(new URL('./mime-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: limits.mailParseMemoryMb },
  })
  thread.unref()
  // An error that comes while nobody reads must not end the process.
  thread.on('error', () => undefined)
  return {
    read: (bytes) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          thread.off('message', onMessage).off('error', onError).off('exit', onExit)
          act()
        }
        const onMessage = (content: MimeContent) => settle(() => resolve(content))
        const onError = (error: Error) => settle(() => reject(error))
        const onExit = () => settle(() => reject(new Error('the thread has ended')))
        thread.on('message', onMessage).on('error', onError).on('exit', onExit)
        thread.postMessage(bytes)
      }),
    end: () => void thread.terminate(),
  }
}
