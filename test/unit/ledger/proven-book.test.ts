import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import type { LedgerHead, LedgerProof } from '../../../worker/ledger/mark-book.ts'
import { ProvenBook } from '../../../worker/ledger/proven-book.ts'
import { createBook } from '../../support/book-storage.ts'
import { version } from '../../support/entries.ts'
import { createFakeClock, deferred, settle } from '../../support/fake-clock.ts'

function setUp() {
  const clock = createFakeClock()
  const book = createBook()
  const heads: LedgerHead[] = []
  const state: { answer: LedgerProof | null; hold: Promise<void> } = {
    answer: { provedAtMs: 100, behind: null },
    hold: Promise.resolve(),
  }
  const proven = new ProvenBook({
    book,
    clock,
    async ask(head) {
      heads.push(head)
      const { answer } = state
      await state.hold
      if (answer === null) throw new Error('nobody answers')
      return answer
    },
    keepAlive: () => undefined,
  })
  return { clock, book, heads, state, proven }
}

describe('a ledger', () => {
  it('has its proof in its first answer after it woke up', async () => {
    const { proven } = setUp()
    await proven.wake()
    expect(proven.since(null, 0).provedAtMs).toBe(100)
  })

  it('that went back in time takes another id before it answers', async () => {
    const { proven, state } = setUp()
    state.answer = { provedAtMs: 0, behind: version(40) }
    await proven.wake()
    const changes = proven.since('ledger', 3)
    expect(changes.version).toBeGreaterThan(40)
    expect(changes.provedAtMs).toBeUndefined()
  })

  it('answers without a proof, and in time, if nobody tells it', async () => {
    const { proven, state, clock } = setUp()
    state.hold = new Promise(() => undefined)
    let isAwake = false
    const waking = proven.wake().then(() => {
      isAwake = true
    })
    await clock.advance(limits.proofWakeDeadlineMs)
    await waking
    expect(isAwake).toBe(true)
    expect(proven.since(null, 0)).not.toHaveProperty('provedAtMs')
  })

  it('asks behind an answer, once in ten seconds, with its version', async () => {
    const { proven, heads, clock, book } = setUp()
    await proven.wake()
    book.advance([{ moves: [familyMove('counts')] }])
    for (let second = 0; second < 10; second += 1) {
      proven.since(null, 0)
      await clock.advance(1_000)
    }
    expect(heads).toHaveLength(1)
    proven.since(null, 0)
    expect(heads).toHaveLength(2)
    expect(heads[1]?.version).toBe(book.since(null, 0).version)
  })

  it('has everything in its answers that was durable when their proof was given', async () => {
    const { proven, state, clock, book } = setUp()
    await proven.wake()
    await clock.advance(limits.proofAskedEveryMs)
    const { promise, resolve } = deferred<void>()
    state.answer = { provedAtMs: 200, behind: null }
    state.hold = promise
    expect(proven.since(null, 0).provedAtMs).toBe(100)
    const { version: told } = book.advance([{ moves: [familyMove('counts')] }])
    resolve()
    await settle()
    const changes = proven.since(null, 0)
    expect(changes).toMatchObject({ provedAtMs: 200, version: told })
  })

  it('forgets no proof because a later answer is older or does not come', async () => {
    const { proven, state, clock } = setUp()
    await proven.wake()
    for (const answer of [{ provedAtMs: 50, behind: null }, null]) {
      state.answer = answer
      await clock.advance(limits.proofAskedEveryMs)
      proven.since(null, 0)
      await settle()
      expect(proven.since(null, 0).provedAtMs).toBe(100)
    }
  })
})
