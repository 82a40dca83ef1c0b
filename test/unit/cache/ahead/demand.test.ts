import { beforeEach, describe, expect, it } from 'vitest'
import { defaultCacheSettings } from '../../../../shared/contract/settings.ts'
import { limits } from '../../../../shared/limits.ts'
import { contactByEmail } from '../../../../shared/resources/contacts/contact-by-email.ts'
import { contactCounts } from '../../../../shared/resources/contacts/contact-counts.ts'
import { askedOf, createDemand, type Demand, type ToldDemand } from '../../../../worker/cache/ahead/demand.ts'
import { questionOf as questionFrom } from '../../../../worker/deployment/ahead/ahead-loader.ts'
import { cacheKey } from '../../../../worker/entry/key.ts'
import { workspaceId } from '../../../support/entries.ts'
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts'
import { inquiryOf, questionOf } from '../../../support/inquiries.ts'

let clock: FakeClock
let features: typeof defaultCacheSettings.features
let calls: (readonly ToldDemand[])[]
let demand: Demand

beforeEach(() => {
  clock = createFakeClock()
  features = defaultCacheSettings.features
  calls = []
  demand = createDemand({
    ...{ clock, random: () => 1 },
    settings: { inForce: () => ({ ...defaultCacheSettings, features }) },
    tell: async (told) => void calls.push(told),
  })
})

const note = (board: string) => demand.note(inquiryOf(questionOf(board), () => undefined))
const waitMs = limits.aheadTellWaitMs + limits.aheadTellSpreadMs

describe('demand', () => {
  it('is told in one call for many reads, with whether the workspace wants it before work', async () => {
    features = { ...features, warmBeforeWork: true }
    for (const board of ['b1', 'b2', 'b1']) note(board)
    await clock.advance(waitMs)
    note('b3')
    await clock.advance(waitMs)
    expect(calls.map(([told]) => told?.questions.length)).toEqual([2, 1])
    expect(calls[0]).toMatchObject([{ workspaceId, isScheduled: true }])
  })

  it('is carried by another request once the platform has ended the one that should have told it', () => {
    let nowMs = 0
    const carriers: unknown[] = []
    const lost = createDemand({
      // The timer of a request that was ended never fires.
      clock: { now: () => nowMs, schedule: () => () => undefined },
      random: () => 0,
      settings: { inForce: () => defaultCacheSettings },
      tell: async () => undefined,
    })
    const noteAt = (atMs: number) => {
      nowMs = atMs
      lost.note(inquiryOf(questionOf('b1'), (work) => carriers.push(work)))
      return carriers.length
    }
    expect([0, 1, limits.aheadTellLostMs].map(noteAt)).toEqual([1, 1, 2])
  })

  it('of a workspace that wants no loads ahead is not told', async () => {
    features = { ...features, prefetch: false }
    note('b1')
    await clock.advance(waitMs)
    expect(calls).toEqual([])
  })

  it('has the parameters that keys show, and becomes the same question again', async () => {
    const question = questionOf('b1')
    const asked = askedOf(question)
    if (asked === null) throw new Error('the first page of a board is asked')
    const again = questionFrom(asked)
    if (again === null) throw new Error('the question is asked again')
    expect(await cacheKey(again, workspaceId, null)).toBe(await cacheKey(question, workspaceId, null))
  })

  it('never has contact data, nor an answer that belongs to a user', () => {
    const byEmail = contactByEmail.questionFrom({ email: 'a.person@example.com' })
    expect(byEmail && askedOf(byEmail)).toBeNull()
    expect(
      askedOf(questionOf('b1', { params: { ...questionOf('b1').params, search: 'A. Person' } })),
    ).toBeNull()
    expect(askedOf(questionOf('b1', { sharing: 'user' }))).toBeNull()
    expect(askedOf(questionOf('b1', { isBypass: true }))).toBeNull()
  })

  it('of another release is no question: of an unknown resource, of other parameters, or not JSON', () => {
    for (const asked of [
      { resource: 'gone', params: '{}' },
      { resource: contactCounts.name, params: '{"boardId":7}' },
      { resource: contactCounts.name, params: '{' },
    ])
      expect(questionFrom(asked)).toBeNull()
  })
})
