import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { tagsMovedBy } from '../../../shared/tags/moves.ts'
import type { LedgerClient } from '../../../worker/ledger/ledger-client.ts'
import type { SharedChanges, SharedViews } from '../../../worker/ledger/shared-views.ts'
import { createSharedViews } from '../../../worker/ledger/shared-views.ts'
import { createViews } from '../../../worker/ledger/view.ts'
import { createBook } from '../../support/book-storage.ts'
import { version, workspaceId } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { boardMove, boardTag, moveOf } from '../../support/tags.ts'

const boundMs = 1_000
const ignore = () => undefined

/** Isolates of one location that share a ledger. */
function createLocation() {
  const clock = createFakeClock()
  const book = createBook()
  const state = { calls: 0, isLedgerAway: false }
  const place: { left: SharedChanges | null } = { left: null }
  const ledger: LedgerClient = {
    advance: async (_workspace, events) => ok(book.advance(events)),
    since: async (_workspace, ledgerId, after) => {
      state.calls += 1
      return state.isLedgerAway ? err({ kind: 'unavailable' }) : ok(book.since(ledgerId, after))
    },
  }
  const shared: SharedViews = {
    read: async () => place.left,
    async write(_workspace, changes) {
      place.left = changes
    },
  }
  function createIsolate() {
    const views = createViews({ ledger, clock, boundMs, shared })
    const current = async (demand: Parameters<typeof views.current>[1] = { kind: 'bounded' }) => {
      const proof = await views.current(workspaceId, demand, ignore)
      return proof.ok ? proof.value : null
    }
    return { current }
  }
  return { clock, book, state, place, createIsolate }
}

describe('the isolates of a location', () => {
  it('call the ledger once for all of them', async () => {
    const { clock, state, createIsolate } = createLocation()
    const isolates = Array.from({ length: 20 }, createIsolate)
    for (const { current } of isolates) await current()
    state.calls = 0
    await clock.advance(boundMs + 1)
    for (const { current } of isolates) await current()
    expect(state.calls).toBe(1)
  })

  it('learn of moves from each other', async () => {
    const { clock, book, createIsolate } = createLocation()
    const [first, second] = [createIsolate(), createIsolate()]
    await first.current()
    await second.current()
    const { version: moved } = book.advance([{ moves: [boardMove('b1')] }])
    await clock.advance(boundMs + 1)
    await first.current()
    expect((await second.current())?.movedAt(boardTag('b1'))).toBe(moved)
  })

  it('never use a view as younger than it is, nor one from a clock that runs ahead', async () => {
    const { clock, state, place, createIsolate } = createLocation()
    const { current } = createIsolate()
    await current()
    const left = place.left
    if (left === null) throw new Error('nothing was left')
    for (const aheadMs of [limits.locationClockSkewMs + 1, -boundMs / 2]) {
      await clock.advance(boundMs + 1)
      place.left = { ...left, calledAtMs: clock.now() + aheadMs }
      state.calls = 0
      await current()
      expect(state.calls).toBe(1)
    }
    await clock.advance(boundMs + 1)
    place.left = { ...left, calledAtMs: clock.now() }
    state.calls = 0
    expect((await current())?.calledAtMs).toBe(clock.now() - limits.locationClockSkewMs)
    expect(state.calls).toBe(0)
  })

  it('use no view that does not continue their own', async () => {
    const { clock, state, place, createIsolate } = createLocation()
    const { current } = createIsolate()
    await current()
    const left = place.left
    if (left === null) throw new Error('nothing was left')
    const unfit = [{ ledgerId: 'another' }, { since: version(3), version: version(4) }]
    for (const change of unfit) {
      await clock.advance(boundMs + 1)
      place.left = { ...left, calledAtMs: clock.now(), ...change }
      state.calls = 0
      await current()
      expect(state.calls).toBe(1)
    }
  })

  it("never meet the demand `now` with each other's views", async () => {
    const { clock, book, createIsolate } = createLocation()
    const [first, second] = [createIsolate(), createIsolate()]
    await second.current()
    await clock.advance(boundMs + 1)
    await first.current()
    const { version: moved } = book.advance([{ moves: [boardMove('b1')] }])
    // This isolate begins to read the first one's view, and its own call of the ledger ends before that.
    const [, proved] = await Promise.all([second.current(), second.current({ kind: 'now' })])
    expect(proved?.version).toBe(moved)
  })

  it("use each other's views within the bound while the ledger cannot be reached", async () => {
    const { clock, state, createIsolate } = createLocation()
    const [first, second] = [createIsolate(), createIsolate()]
    await first.current()
    await second.current()
    await clock.advance(boundMs + 1)
    await first.current()
    state.isLedgerAway = true
    expect(await second.current()).not.toBeNull()
    await clock.advance(boundMs + 1)
    expect(await second.current()).toBeNull()
  })

  it('share only the newest part of a long history, and that part misses no change', async () => {
    const { clock, book, place, createIsolate } = createLocation()
    const [first, second] = [createIsolate(), createIsolate()]
    await first.current()
    await second.current()
    for (const [round, length] of [200, 200, 200, 1, 499, 500, 200].entries()) {
      const buckets = Array.from({ length }, (_, index) => (round * 171 + index) % 1_024)
      const moves = buckets.map((bucket) => moveOf(`contact#${bucket}`))
      const { version: moved } = book.advance(moves.map((each) => ({ moves: [each] })))
      const tags = moves.flatMap(tagsMovedBy)
      await clock.advance(boundMs + 1)
      await first.current()
      expect(place.left?.changes.length).toBeLessThanOrEqual(limits.sharedChangesMax)
      const view = await second.current()
      for (const [index, tag] of tags.entries()) expect(view?.movedAt(tag)).toBe(moved - length + index + 1)
    }
  })
})

describe('the place where views are shared', () => {
  function createCache() {
    const kept = new Map<string, Response>()
    return {
      kept,
      match: async (url: string) => kept.get(url)?.clone(),
      put: async (url: string, response: Response) => void kept.set(url, response),
    }
  }
  const changes: SharedChanges = {
    ledgerId: 'ledger',
    version: version(4),
    birth: version(0),
    since: version(2),
    changes: [[boardTag('b1'), 4]],
    calledAtMs: 5,
    provedAtMs: 3,
  }

  it('returns a view to its own workspace only', async () => {
    const place = createSharedViews(createCache(), createFakeClock())
    await place.write(workspaceId, changes)
    expect(await place.read(workspaceId)).toEqual(changes)
    const other = '15214' as typeof workspaceId
    expect(await place.read(other)).toBeNull()
  })

  it('has no view if its content cannot be read', async () => {
    const cache = createCache()
    const place = createSharedViews(cache, createFakeClock())
    await place.write(workspaceId, changes)
    for (const [url] of cache.kept) cache.kept.set(url, new Response('{"ledgerId":5}'))
    expect(await place.read(workspaceId)).toBeNull()
    for (const [url] of cache.kept) cache.kept.set(url, new Response('nonsense'))
    expect(await place.read(workspaceId)).toBeNull()
  })

  it('delays no reader if it does not answer', async () => {
    const clock = createFakeClock()
    const silent = { match: () => new Promise<never>(ignore), put: () => new Promise<never>(ignore) }
    const place = createSharedViews(silent, clock)
    const read = place.read(workspaceId)
    const written = place.write(workspaceId, changes)
    await clock.advance(limits.sharedViewDeadlineMs)
    expect(await read).toBeNull()
    await written
  })
})
