import { expect } from 'vitest'
import type { Bound, FairQueue, FairQueueBounds, Place } from '../../../origin/database/fair-queue.ts'

export interface ModelParty {
  readonly share: string
  readonly caller: string
  abort(): void
}

/** A model of a fair queue, kept beside it from its answers alone: the parties that wait and those that hold a place. */
export interface QueueModel {
  readonly waiting: readonly ModelParty[]
  readonly held: readonly Pick<Place, 'free'>[]
  arrive(share: string, caller: string, abort: () => void): ModelParty
  /** Must be called in the order in which places are given. */
  placed(party: ModelParty, place: Place): void
  refused(party: ModelParty): void
  /** Errors that no caller awaits; the next check throws the first. */
  fail(error: unknown): void
  /** Checks the invariants between two steps, once everything has settled. */
  check(queue: FairQueue): void
}

export function createQueueModel(bounds: FairQueueBounds): QueueModel {
  const waiting: ModelParty[] = []
  const running: ModelParty[] = []
  const held: Pick<Place, 'free'>[] = []
  const passes = createPasses()
  let fault: unknown = null

  const mayRun = ({ share, caller }: ModelParty) =>
    running.length < bounds.all.placesMax &&
    of(running, 'share', share).length < bounds.share.placesMax &&
    of(running, 'caller', caller).length < bounds.caller.placesMax

  function leave(party: ModelParty): void {
    remove(waiting, party)
    const { share, caller } = party
    if (of(waiting, 'share', share).length === 0) passes.forget(share)
    if (of(of(waiting, 'share', share), 'caller', caller).length === 0) passes.forget(lineOf(party))
  }

  return {
    waiting,
    held,
    arrive(share, caller, abort) {
      const party = { share, caller, abort }
      waiting.push(party)
      return party
    },
    placed(party, place) {
      expect(mayRun(party), 'a place is given within the bounds').toBe(true)
      const able = waiting.filter((other) => other !== party && mayRun(other))
      passes.count(party, able)
      leave(party)
      running.push(party)
      const mine = {
        free() {
          remove(held, mine)
          remove(running, party)
          place.free()
        },
      }
      held.push(mine)
    },
    refused: leave,
    fail(error) {
      fault ??= error
    },
    check(queue) {
      if (fault !== null) throw fault
      expect([queue.running, queue.waiting]).toEqual([running.length, waiting.length])
      expectWithin(waiting.length, 'waitingMax', bounds.all)
      for (const { share, caller } of waiting) {
        expectWithin(of(waiting, 'share', share).length, 'waitingMax', bounds.share)
        expectWithin(of(waiting, 'caller', caller).length, 'waitingMax', bounds.caller)
      }
      expect(waiting.filter(mayRun), 'nobody waits beside a free place').toEqual([])
    },
  }
}

/**
 * Counts how often each share was served while another share that could have been served waited, and the same for the
 * callers of a share. Once is a turn; twice is unfair.
 */
function createPasses() {
  const passes = new Map<string, number>()

  function pass(passer: string, passed: string): void {
    const key = `${passer} over ${passed}`
    passes.set(key, (passes.get(key) ?? 0) + 1)
    expect(passes.get(key), key).toBeLessThanOrEqual(1)
  }

  /** The waiting one was served itself, or no longer waits. */
  function forget(passed: string): void {
    for (const key of passes.keys()) if (key.endsWith(` over ${passed}`)) passes.delete(key)
  }

  return {
    forget,
    count(served: ModelParty, able: readonly ModelParty[]): void {
      const others = new Set(able.map(({ share }) => share))
      for (const share of others) if (share !== served.share) pass(served.share, share)
      const lines = new Set(of(able, 'share', served.share).map(lineOf))
      for (const line of lines) if (line !== lineOf(served)) pass(lineOf(served), line)
      forget(served.share)
      forget(lineOf(served))
    },
  }
}

function lineOf({ share, caller }: ModelParty): string {
  return `${share}/${caller}`
}

function of(parties: readonly ModelParty[], key: 'share' | 'caller', name: string): ModelParty[] {
  return parties.filter((party) => party[key] === name)
}

function remove<Each>(all: Each[], one: Each): void {
  all.splice(all.indexOf(one), 1)
}

function expectWithin(count: number, of: keyof Bound, bound: Bound): void {
  expect(count).toBeLessThanOrEqual(bound[of])
}
