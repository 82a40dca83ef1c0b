import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok, type Result } from '../../../shared/result.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import { countsTag } from '../../../shared/tags/tags.ts'
import type { LedgerClient, LedgerFailure } from '../../../worker/ledger/ledger-client.ts'
import type { LedgerChanges } from '../../../worker/ledger/ledger-messages.ts'
import { createViews } from '../../../worker/ledger/view.ts'
import { createBook } from '../../support/book-storage.ts'
import { version, workspaceId } from '../../support/entries.ts'
import { createFakeClock, deferred, settle } from '../../support/fake-clock.ts'

const boundMs = 1_000
const ignore = () => undefined

/** A real ledger whose answers the test releases. Each answer is the ledger's state at the time of the call. */
function setUp(bound = boundMs) {
  const clock = createFakeClock()
  const book = createBook()
  const held: (() => void)[] = []
  const state = { calls: 0, isHolding: false, isAway: false, provedAtMs: 0 }
  const ledger: LedgerClient = {
    advance: async (_workspace, events) => ok(book.advance(events)),
    since: async (_workspace, ledgerId, after) => {
      state.calls += 1
      const answer: Result<LedgerChanges, LedgerFailure> = state.isAway
        ? err({ kind: 'unavailable' })
        : ok({ ...book.since(ledgerId, after), provedAtMs: state.provedAtMs })
      if (state.isHolding) {
        const { promise, resolve } = deferred<void>()
        held.push(resolve)
        await promise
      }
      return answer
    },
  }
  const views = createViews({ ledger, clock, boundMs: bound, shared: null })
  const bounded = () => views.current(workspaceId, { kind: 'bounded' }, ignore)
  const now = () => views.current(workspaceId, { kind: 'now' }, ignore)
  return { clock, book, held, state, views, bounded, now }
}

describe('the view of a ledger', () => {
  it('needs one call for all readers at the same time', async () => {
    const { bounded, state } = setUp()
    await Promise.all([bounded(), bounded(), bounded()])
    expect(state.calls).toBe(1)
  })

  it('is used without a call until half the bound, and refreshed behind the reader from then on', async () => {
    const { bounded, clock, state } = setUp()
    await bounded()
    await clock.advance(boundMs / 2)
    await bounded()
    expect(state.calls).toBe(1)
    await clock.advance(1)
    await bounded()
    expect(state.calls).toBe(2)
  })

  it('is never served older than the bound', async () => {
    const { bounded, book, clock } = setUp()
    await bounded()
    book.advance([{ moves: [familyMove('counts')] }])
    await clock.advance(boundMs + 1)
    const proof = await bounded()
    expect(proof.ok && proof.value.movedAt(countsTag)).toBe(1)
  })

  it('is at hand without a call only within the bound', async () => {
    const { bounded, clock, state, views } = setUp()
    expect(views.atHand(workspaceId)).toBeNull()
    const proof = await bounded()
    await clock.advance(boundMs)
    expect(views.atHand(workspaceId)).toBe(proof.ok && proof.value)
    await clock.advance(1)
    expect(views.atHand(workspaceId)).toBeNull()
    expect(state.calls).toBe(1)
  })

  it('is never at hand if every read has to call the ledger', async () => {
    const { bounded, views } = setUp(0)
    await bounded()
    expect(views.atHand(workspaceId)).toBeNull()
  })

  it('counts its age from the start of the call, not from the answer', async () => {
    const { bounded, book, clock, held, state } = setUp()
    state.isHolding = true
    const slow = bounded()
    await clock.advance(900)
    book.advance([{ moves: [familyMove('counts')] }])
    state.isHolding = false
    held.shift()?.()
    await slow
    await clock.advance(200)
    const proof = await bounded()
    expect(proof.ok && proof.value.movedAt(countsTag)).toBe(1)
  })

  it('with the demand `now` comes from a later call, which all waiting readers share', async () => {
    const { now, bounded, book, held, state } = setUp()
    state.isHolding = true
    const before = bounded()
    await settle()
    book.advance([{ moves: [familyMove('counts')] }])
    const waiting = [now(), now(), now()]
    state.isHolding = false
    held.shift()?.()
    await before
    for (const proof of await Promise.all(waiting)) expect(proof.ok && proof.value.movedAt(countsTag)).toBe(1)
    expect(state.calls).toBe(2)
  })

  it('needs a call for every read with a bound of 0', async () => {
    const { bounded, state } = setUp(0)
    await bounded()
    await bounded()
    expect(state.calls).toBe(2)
  })

  it('needs another call with a bound of 0 after a step that took longer than the default bound', async () => {
    const { bounded, book, clock, state, views } = setUp(0)
    const proof = await bounded()
    book.advance([{ moves: [familyMove('counts')] }])
    await clock.advance(limits.stalenessBoundDefaultMs)
    expect(await views.renewed(workspaceId, proof, ignore)).toBe(proof)
    await clock.advance(1)
    const renewed = await views.renewed(workspaceId, proof, ignore)
    expect(renewed.ok && renewed.value.movedAt(countsTag)).toBe(1)
    expect(state.calls).toBe(2)
  })

  it('needs another call for a version newer than its own, even within the bound', async () => {
    const { bounded, views, book } = setUp()
    await bounded()
    book.advance([{ moves: [familyMove('counts')] }])
    const proof = await views.current(workspaceId, { kind: 'at-least', version: version(1) }, ignore)
    expect(proof.ok && proof.value.version).toBe(1)
  })

  it('is no proof while the ledger cannot be reached, is given as the last known one, and does not cause a call for every read', async () => {
    const { bounded, clock, state } = setUp()
    await bounded()
    state.isAway = true
    await clock.advance(boundMs + 1)
    const proof = await bounded()
    expect(proof).toMatchObject({ ok: false, error: { last: { version: 0 } } })
    const { calls } = state
    await bounded()
    expect(state.calls).toBe(calls)
    state.isAway = false
    await clock.advance(boundMs + 1)
    expect((await bounded()).ok).toBe(true)
  })

  it('does not wait forever for a call that never ends', async () => {
    const { bounded, clock, held, state } = setUp()
    state.isHolding = true
    const lost = bounded()
    await clock.advance(2 * limits.ledgerDeadlineMs)
    expect((await lost).ok).toBe(false)
    state.isHolding = false
    expect((await bounded()).ok).toBe(true)
    held.shift()?.()
  })

  it('begins again if the ledger has another id', async () => {
    const clock = createFakeClock()
    let book = createBook(undefined, undefined, { ledgerId: 'first', version: 0 })
    book.advance([{ moves: [familyMove('counts')] }])
    const ledger: LedgerClient = {
      advance: async (_workspace, events) => ok(book.advance(events)),
      since: async (_workspace, ledgerId, after) => ok(book.since(ledgerId, after)),
    }
    const views = createViews({ ledger, clock, boundMs, shared: null })
    await views.current(workspaceId, { kind: 'bounded' }, ignore)
    book = createBook(undefined, undefined, { ledgerId: 'second', version: 0 })
    await clock.advance(boundMs + 1)
    const proof = await views.current(workspaceId, { kind: 'bounded' }, ignore)
    expect(proof).toMatchObject({ ok: true, value: { ledgerId: 'second', version: 0 } })
    expect(proof.ok && proof.value.movedAt(countsTag)).toBe(0)
  })
})

describe('the proof of a view', () => {
  const provedOf = async (proof: Awaited<ReturnType<ReturnType<typeof setUp>['now']>>) =>
    proof.ok ? proof.value.provedAtMs : null

  it('comes with the changes of an answer, also when there are none', async () => {
    const { now, state } = setUp()
    expect(await provedOf(await now())).toBe(0)
    state.provedAtMs = 70
    expect(await provedOf(await now())).toBe(70)
  })

  it('stays when a later answer has none, since the view still contains what it contained', async () => {
    const { now, state } = setUp()
    state.provedAtMs = 70
    await now()
    state.provedAtMs = 0
    expect(await provedOf(await now())).toBe(70)
  })

  it('is never that of an answer that a later one overtook: the view has none of its changes', async () => {
    const { clock, views, now, state, held } = setUp()
    await now()
    state.isHolding = true
    const early = now()
    await settle()
    await clock.advance(4_000)
    // The first call is given up, and the second one overtakes it.
    const late = views.current(workspaceId, { kind: 'now' }, ignore)
    await settle()
    held[1]?.()
    await late
    state.isHolding = false
    held[0]?.()
    await early
    expect(views.atHand(workspaceId)?.provedAtMs ?? 0).toBe(0)
  })
})
