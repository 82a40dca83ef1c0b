import { describe, expect, it } from 'vitest'
import type { Explanation } from '../../../shared/resources/explanation.ts'
import { lanesOf } from '../../../worker/dashboard/src/inspector/lanes.ts'
import { whyOf } from '../../../worker/dashboard/src/inspector/why.ts'
import { declaredResources } from '../../../worker/dashboard/src/resources/declared.ts'
import {
  inspectableThing,
  inspectableThings,
  inspectorAddress,
} from '../../../worker/dashboard/src/resources/inspector-address.ts'

type Tier = Explanation['tiers'][number]

function held(changes: Partial<NonNullable<Tier['held']>> = {}): NonNullable<Tier['held']> {
  return {
    ...{ stamp: { version: 1_005 }, age_ms: 12_000, proved_age_ms: 2_000, left_ms: 168_000 },
    ...{ is_of_ledger: true, outdated_by: [], ...changes },
  }
}

function explanation(tiers: readonly Tier[], loadedMs?: number): Explanation {
  const asked = tiers.filter(({ is_aside }) => !is_aside)
  return {
    asked: [
      ...asked,
      ...(loadedMs === undefined ? [] : [{ name: 'origin', said: 'loaded', duration_ms: loadedMs }]),
    ],
    tiers: [...tiers],
    entry: { stamp: { ledger: 'l', version: 1_005 }, age_ms: 12_000, proved_age_ms: 2_000, load_ms: 30 },
    view: { version: 1_007, floor: 1_000, age_ms: 100 },
    tags: [{ tag: 'counts', version: 0 }],
  }
}

const miss = (name: string, duration_ms: number): Tier => ({
  ...{ name, said: 'miss', duration_ms, is_aside: false },
})
const outdated: Tier = {
  ...{ name: 'kv', said: 'outdated', duration_ms: 4, is_aside: false },
  held: held({ outdated_by: [{ tag: 'contact#517', version: 1_007 }] }),
}

describe('the lanes of the waterfall', () => {
  it('begin where the tier before ended, and end with the database', () => {
    const { lanes, axisMs } = lanesOf(explanation([miss('memory', 1), outdated, miss('redis', 3)], 30))
    expect(lanes.map(({ name, startMs, durationMs }) => [name, startMs, durationMs])).toEqual([
      ['memory', 0, 1],
      ['kv', 1, 4],
      ['redis', 5, 3],
      ['database', 8, 30],
    ])
    expect(axisMs).toBe(38)
  })

  it('take no time of the answer for a tier that it did without', () => {
    const fresh: Tier = { ...miss('memory', 1), said: 'fresh', held: held() }
    const { lanes, axisMs } = lanesOf(explanation([fresh, { ...miss('redis', 90), is_aside: true }]))
    expect(lanes.at(1)).toMatchObject({ name: 'redis', isAside: true, startMs: 0, durationMs: 90 })
    expect(lanes.at(-1)).toMatchObject({ source: 'database', word: 'not asked', isAside: true })
    expect(axisMs).toBe(90)
  })
})

describe('the sentence that says why', () => {
  const database = { status: 'MISS', source: 'database' } as const

  it('names the guilty tag with its version and the stamp that it passed', () => {
    const told = { ...database, explanation: explanation([miss('memory', 0), outdated], 30) }
    expect(whyOf(told, 'database')).toBe(
      'The database answered, because a contact (bucket 517 of 1024) moved at version +7, past the stamp +5 of the entry in KV.',
    )
  })

  it.each([
    ['no tier had an entry for this question', miss('kv', 2)],
    ['the lifetime of the entry in KV was over', { ...outdated, said: 'expired', held: held() }],
    ['the entry in KV was of another ledger', { ...outdated, held: held({ is_of_ledger: false }) }],
  ])('says that %s', (reason, tier) => {
    const told = { ...database, explanation: explanation([tier], 30) }
    expect(whyOf(told, 'database')).toBe(`The database answered, because ${reason}.`)
  })

  it('says of a hit how long it may go on answering', () => {
    const fresh: Tier = { ...miss('memory', 1), said: 'fresh', held: held() }
    const told = { status: 'HIT', source: 'memory', explanation: explanation([fresh]) } as const
    expect(whyOf(told, 'memory')).toBe(
      'Memory answered: none of the 1 tags moved since its entry was loaded 12 s ago, and it may answer for 2.8 min more.',
    )
    expect(whyOf({ ...told, status: 'STALE' }, 'origin-failed')).toContain('the database could not be asked')
    expect(whyOf({ ...told, status: 'BYPASS' }, 'database')).toContain('the cache is off')
  })
})

describe('an address of the inspector', () => {
  it('has the resource and its parameters, without empty ones', () => {
    expect(inspectorAddress('contact-list', { boardId: 'board 1', page: 2, search: '', cursor: null })).toBe(
      '#/inspector/contact-list?boardId=board+1&page=2',
    )
    expect(inspectorAddress('contact-counts')).toBe('#/inspector/contact-counts')
  })

  it('is made for things of which a resource knows, and every such resource is declared', () => {
    const data = { contactId: 'c1', workspaceId: '15213', campaignId: 'k1', boardId: 7, callId: 'x' }
    expect(inspectableThings(data)).toEqual([
      { resource: 'contact', parameters: { id: 'c1' } },
      { resource: 'campaign-stats', parameters: { id: 'k1' } },
      { resource: 'call-session', parameters: { id: 'x' } },
    ])
    expect(inspectableThings(null)).toEqual([])
    expect(inspectableThing('export', 'e1')).toBeNull()
    for (const type of ['contact', 'lead', 'thread', 'communication', 'campaign', 'segment', 'call']) {
      const resource = inspectableThing(type, 'x')?.resource
      const declared = declaredResources.find(({ name }) => name === resource)
      expect(declared?.parameters.some(({ name }) => name === 'id')).toBe(true)
    }
  })
})
