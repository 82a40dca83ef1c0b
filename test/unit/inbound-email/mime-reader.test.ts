import { beforeEach, describe, expect, it } from 'vitest'
import { type MimeContent, mimeContentOf, unreadContent } from '../../../origin/inbound-email/mime-content.ts'
import { createMimeReader, type MimeThread } from '../../../origin/inbound-email/mime-reader.ts'
import { systemClock } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import { createFakeClock, type FakeClock, settle } from '../../support/fake-clock.ts'

function messageOf(lines: number): Uint8Array<ArrayBuffer> {
  const text = `Subject: Lines\r\nContent-Type: text/plain\r\n\r\n${'0123456789abcdef\r\n'.repeat(lines)}`
  return Uint8Array.from(new TextEncoder().encode(text))
}

const small = messageOf(10)
const large = messageOf(5_000)
const content: MimeContent = { plain: 'read', html: '', attachments: [], meeting: null, threadId: null }

let clock: FakeClock
let threads: { ended: boolean; reads: ((read: Promise<MimeContent>) => void)[] }[]

/** Threads that answer as a test says. */
function startThread(): MimeThread {
  const thread: (typeof threads)[number] = { ended: false, reads: [] }
  threads.push(thread)
  return {
    read: () => new Promise((resolve) => thread.reads.push(resolve)),
    end() {
      thread.ended = true
    },
  }
}

beforeEach(() => {
  clock = createFakeClock()
  threads = []
})

describe('the body of a message', () => {
  it('is read the same on a thread', async () => {
    expect(large.length).toBeGreaterThan(limits.mailParsedAtOnceBytesMax)
    const read = createMimeReader(systemClock)
    expect(await read(large)).toEqual(await mimeContentOf(large))
    expect(await read(large)).toEqual(await mimeContentOf(large))
  })

  it('needs no thread while it is small', async () => {
    expect(await createMimeReader(clock, startThread)(small)).toEqual(await mimeContentOf(small))
    expect(threads).toHaveLength(0)
  })

  it('waits for its turn on the one thread', async () => {
    const read = createMimeReader(clock, startThread)
    const both = [read(large), read(large)]
    await settle()
    expect(threads[0]?.reads).toHaveLength(1)
    threads[0]?.reads[0]?.(Promise.resolve(content))
    expect(await both[0]).toEqual(content)
    await settle()
    expect(threads[0]?.reads).toHaveLength(2)
    threads[0]?.reads[1]?.(Promise.resolve(content))
    expect(await both[1]).toEqual(content)
    expect(threads).toHaveLength(1)
  })

  it.each([
    ['is not read in time', () => clock.advance(limits.mailParseDeadlineMs)],
    ['ends the thread', async () => threads[0]?.reads[0]?.(Promise.reject(new Error('out of memory')))],
  ])('that %s is listed as a file, and the next one gets a new thread', async (_what, fail) => {
    const read = createMimeReader(clock, startThread)
    const reading = read(large)
    await settle()
    await fail()
    expect(await reading).toEqual(unreadContent(large.length))
    expect(threads[0]?.ended).toBe(true)
    const next = read(large)
    await settle()
    threads[1]?.reads[0]?.(Promise.resolve(content))
    expect(await next).toEqual(content)
  })
})
