import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { families, tagsCount } from '../../../shared/tags/families.ts'
import { tagsMovedBy } from '../../../shared/tags/moves.ts'
import { narrowestMoves } from '../../../shared/tags/narrowest-moves.ts'
import { countsTag, familyTag, tagAt, workspaceTag } from '../../../shared/tags/tags.ts'
import { Healings } from '../../../worker/ledger/healings.ts'

describe('a ledger heals', () => {
  it('a key once an hour', () => {
    const healings = new Healings()
    expect(healings.take('a', 0)).toBe(true)
    expect(healings.take('a', limits.healKeyEveryMs - 1)).toBe(false)
    expect(healings.take('a', limits.healKeyEveryMs)).toBe(true)
  })

  it('ten keys in any minute', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 60 }), (pauses) => {
        const healings = new Healings()
        const healedAtMs: number[] = []
        let nowMs = 0
        for (const [index, pauseMs] of pauses.entries()) {
          nowMs += pauseMs
          if (healings.take(`key ${index}`, nowMs)) healedAtMs.push(nowMs)
        }
        for (const startMs of healedAtMs) {
          const within = healedAtMs.filter((atMs) => atMs >= startMs && atMs < startMs + 60_000)
          expect(within.length).toBeLessThanOrEqual(limits.healingsPerMinuteMax)
        }
      }),
    )
  })
})

describe('the narrowest tags of an entry', () => {
  const whole = new Set(families.filter(({ buckets }) => buckets > 0).map(({ name }) => familyTag(name)))

  it('are some of its own, few, and never the workspace or a family that has buckets', () => {
    const tags = fc.uniqueArray(fc.nat(tagsCount - 1).map(tagAt), { maxLength: 40 })
    fc.assert(
      fc.property(tags, (own) => {
        const moved = narrowestMoves(own).flatMap(tagsMovedBy)
        expect(moved.length).toBeLessThanOrEqual(limits.healedTagsMax)
        for (const tag of moved) {
          expect(own).toContain(tag)
          expect(whole.has(tag)).toBe(false)
          expect(tag).not.toBe(workspaceTag)
        }
      }),
    )
  })

  it('are a single thing of the workspace if the entry depends on nothing narrower', () => {
    expect(narrowestMoves([workspaceTag, countsTag]).flatMap(tagsMovedBy)).toEqual([countsTag])
    expect(narrowestMoves([workspaceTag])).toEqual([])
  })
})
