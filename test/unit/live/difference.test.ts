import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyDifference } from '../../../shared/live/apply-difference.ts'
import { differenceOf } from '../../../shared/live/difference.ts'
import type { JsonObject } from '../../../shared/live/json-value.ts'

const names = fc.constantFrom('contacts', 'pagination', 'total', '__proto__', 'a')
const leaf = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null), fc.string({ maxLength: 2 }))
/** Few values, so that two objects often have much in common. */
const value = fc.letrec((tie) => ({
  object: fc
    .array(fc.tuple(names, tie('any')), { maxLength: 4 })
    .map((members) => Object.fromEntries(members)),
  any: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('any'), { maxLength: 6 }), tie('object')),
}))
const object = value.object as fc.Arbitrary<JsonObject>

describe('a difference', () => {
  it('makes the newer object of the older one, and of no other list length silently', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const sent: unknown = JSON.parse(JSON.stringify(differenceOf(before, after)))
        const made = applyDifference(before, sent as ReturnType<typeof differenceOf>)
        // The order of members means nothing in JSON.
        expect(made).toEqual(after)
        expect(Object.keys(made ?? {}).sort()).toEqual(Object.keys(after).sort())
      }),
      { numRuns: 2_000 },
    )
  })

  it('costs one row for a page in which one row changed, moved in or moved away', () => {
    const row = (id: number, name = 'x'.repeat(200)) => ({ id, name })
    const page = {
      contacts: Array.from({ length: 50 }, (_, id) => row(id)),
      pagination: { total: 50, page: 1 },
    }
    const changed = { ...page, contacts: page.contacts.map((each) => (each.id === 7 ? row(7, 'y') : each)) }
    const moved = {
      contacts: [row(99), ...page.contacts.slice(0, 49)],
      pagination: { total: 51, page: 1 },
    }
    expect(differenceOf(page, changed)).toEqual({
      lists: { contacts: [[0, 7], { put: row(7, 'y') }, [8, 42]] },
    })
    expect(differenceOf(page, moved)).toEqual({
      lists: { contacts: [{ put: row(99) }, [0, 49]] },
      within: { pagination: { set: { total: 51 } } },
    })
    expect(differenceOf(page, page)).toEqual({})
  })

  it('is refused if it does not fit what the client holds', () => {
    expect(applyDifference({ contacts: [1] }, { lists: { contacts: [[0, 2]] } })).toBeNull()
    expect(applyDifference({ contacts: 1 }, { lists: { contacts: [[0, 1]] } })).toBeNull()
    expect(applyDifference({}, { within: { pagination: {} } })).toBeNull()
  })
})
