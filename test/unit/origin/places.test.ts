import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bound, FairQueue } from '../../../origin/database/fair-queue.ts'
import { createPlaces } from '../../../origin/database/places.ts'
import { limits } from '../../../shared/limits.ts'

const atOnce = fc.integer({ min: limits.queriesAtOnceMin, max: 1_000 })
const waiting = fc.nat(100_000)

function sum(queues: readonly FairQueue[], of: keyof Bound): number {
  return queues.reduce((total, { bounds }) => total + bounds.all[of], 0)
}

describe('for any number of places and any waiting room', () => {
  test('the classes divide all of them, each has one place at least, and reads have most', () =>
    fc.assert(
      fc.property(atOnce, waiting, (queriesAtOnceMax, queriesWaitingMax) => {
        const { reads, writes, imports, mails } = createPlaces({ queriesAtOnceMax, queriesWaitingMax })
        expect(sum([reads, writes, imports, mails], 'placesMax')).toBe(queriesAtOnceMax)
        expect(sum([reads, writes], 'waitingMax')).toBe(queriesWaitingMax)
        for (const { bounds } of [reads, writes, imports, mails])
          expect(bounds.all.placesMax).toBeGreaterThan(0)
        const others = sum([writes, imports, mails], 'placesMax')
        if (queriesAtOnceMax > limits.queriesAtOnceMin + 1)
          expect(reads.bounds.all.placesMax).toBeGreaterThanOrEqual(others)
      }),
    ))

  test('no caller may take more than a workspace, and no workspace a whole class', () =>
    fc.assert(
      fc.property(atOnce, waiting, (queriesAtOnceMax, queriesWaitingMax) => {
        for (const { bounds } of Object.values(createPlaces({ queriesAtOnceMax, queriesWaitingMax }))) {
          for (const of of ['placesMax', 'waitingMax'] as const) {
            expect(bounds.caller[of]).toBeLessThanOrEqual(bounds.share[of])
            expect(bounds.share[of]).toBeLessThanOrEqual(bounds.all[of])
          }
          if (bounds.all.placesMax > 1) expect(bounds.share.placesMax).toBeLessThan(bounds.all.placesMax)
        }
      }),
    ))

  test('an import that has its turn may always wait for a place', () => {
    const { bounds } = createPlaces({
      queriesAtOnceMax: limits.queriesAtOnceMin,
      queriesWaitingMax: 0,
    }).imports
    expect(bounds.all.waitingMax).toBeGreaterThanOrEqual(limits.importsMax)
    expect(bounds.share.waitingMax).toBeGreaterThanOrEqual(limits.workspaceImportsMax)
    expect(bounds.caller.waitingMax).toBeGreaterThanOrEqual(limits.workspaceImportsMax)
  })
})
