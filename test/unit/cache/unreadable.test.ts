import { beforeEach, describe, expect, it } from 'vitest'
import { defaultCacheSettings } from '../../../shared/contract/settings.ts'
import { tierNames, wireNamesOfTiers } from '../../../shared/contract/tier-names.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../../shared/resources/question.ts'
import { cacheSettings } from '../../../shared/resources/workspace/cache-settings.ts'
import { err, ok } from '../../../shared/result.ts'
import { createReadPath } from '../../../worker/cache/read-path.ts'
import { etagOf } from '../../../worker/entry/entry.ts'
import { cacheKey } from '../../../worker/entry/key.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createMemoryTier } from '../../../worker/tiers/memory.ts'
import type { TierSlot } from '../../../worker/tiers/slots.ts'
import { createBook } from '../../support/book-storage.ts'
import { entryOf, workspaceId } from '../../support/entries.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'
import { inquiryOf } from '../../support/inquiries.ts'

const encoder = new TextEncoder()
const bytesOf = (value: unknown) => encoder.encode(typeof value === 'string' ? value : JSON.stringify(value))

/** The settings of the workspace. Its cache is off, so that a default would be noticed. */
const off = { ...defaultCacheSettings, cacheEnabled: false }
const counts = contactCounts.example.data
const page = contactList.example.data

let clock: FakeClock
let events: CacheEvent[]
let isOriginAway: boolean
let loads: number
let book: ReturnType<typeof createBook>
let slots: TierSlot[]

beforeEach(() => {
  clock = createFakeClock()
  events = []
  isOriginAway = false
  loads = 0
  book = createBook()
  slots = tierNames.map((name) => ({
    tier: name === 'memory' ? createMemoryTier(clock, 1_000_000) : createFakeTier(name, clock),
    source: wireNamesOfTiers[name].source,
    isNear: name === 'memory' || name === 'edge-cache',
    admits: 'every-fill',
  }))
})

/** One isolate's read path over all four tiers. */
function createIsolate() {
  const from = (body: unknown) => {
    loads += 1
    return isOriginAway ? err({ code: 'origin_unavailable' as const }) : ok(bytesOf(body))
  }
  return createReadPath({
    ...{ clock, slots, etagOf, stalenessBoundMs: 1_000, staleIfErrorSeconds: 86_400 },
    origin: {
      load: async ({ resource }) => from(resource.example.data),
      settings: async () => from(off),
    },
    ledger: {
      advance: async (_workspace, moved) => ok(book.advance(moved)),
      since: async (_workspace, ledgerId, after) => ok(book.since(ledgerId, after)),
    },
    random: () => 0,
    recorder: { record: (event) => events.push(event) },
    sharedViews: null,
    consistencySampleRate: 0,
    report: () => undefined,
    instant: async () => null,
    heal: async () => false,
    noteViolation: async () => undefined,
  })
}

/** Puts a body into tiers as a fresh entry of the question, as another release would have left it there. */
async function plant(question: Question, body: unknown, tiers: readonly string[]): Promise<void> {
  const { ledgerId, version } = book.since(null, 0)
  const entry = entryOf({
    stamp: { ledgerId, version },
    tags: question.tagsFor(null),
    createdAtMs: clock.now(),
    deleteAtMs: clock.now() + 86_400_000,
    body: bytesOf(body),
  })
  const key = await cacheKey(question, workspaceId, null)
  for (const { tier } of slots) {
    if (tiers.includes(tier.name)) await tier.put(key, entry)
  }
}

const unreadable = () => events.flatMap((event) => (event.kind === 'unreadable-entry' ? [event.tier] : []))
const background: Promise<unknown>[] = []
const keepAlive = (work: Promise<unknown>) => void background.push(work)
const { caller } = inquiryOf(contactCounts.questionOf({}), keepAlive)
const settingsQuestion = cacheSettings.questionOf({})

const { prefetch: _later, ...olderFeatures } = off.features
const olderShapes = [
  ['of other members', { enabled: false, ttl: 300 }],
  ['that is empty', {}],
  ['without the part of the lifetimes', { cacheEnabled: false, features: off.features }],
  ['with a value of another kind', { ...off, cacheEnabled: 'no' }],
  ['that is no JSON', '{"cacheEnabled":false'],
  ['that is a list', []],
] as const

describe.each([...tierNames.map((name) => [name]), [...tierNames]])('cached settings in %s', (...tiers) => {
  it.each(olderShapes)('%s are a miss, counted, and never a failure or a default', async (_name, shape) => {
    await plant(settingsQuestion, shape, tiers)
    expect(await createIsolate().settings.read(workspaceId, caller)).toEqual(ok(off))
    expect([unreadable(), loads]).toEqual([tiers, 1])
    const { answer } = createIsolate()
    const answered = await answer(inquiryOf(contactCounts.questionOf({}), keepAlive))
    expect(answered).toMatchObject({ ok: true, value: { status: 'BYPASS', isCacheEnabled: false } })
  })

  it("from before a new toggle keep the workspace's values, even while the origin cannot be reached", async () => {
    await plant(settingsQuestion, { ...off, features: { ...olderFeatures, search: true } }, tiers)
    isOriginAway = true
    const features = { ...off.features, search: true }
    expect(await createIsolate().settings.read(workspaceId, caller)).toEqual(ok({ ...off, features }))
    expect([unreadable(), loads]).toEqual([[], 0])
  })

  it('of a later release are read without the members that are not known here', async () => {
    await plant(settingsQuestion, { ...off, features: { ...off.features, leads: true }, theme: 1 }, tiers)
    expect(await createIsolate().settings.read(workspaceId, caller)).toEqual(ok(off))
    expect(loads).toBe(0)
  })
})

it('settings that cannot be read while the origin cannot be reached are an error, and no default', async () => {
  await plant(settingsQuestion, { enabled: false }, ['kv'])
  isOriginAway = true
  const read = await createIsolate().settings.read(workspaceId, caller)
  expect(read).toEqual(err({ code: 'origin_unavailable' }))
})

describe.each(tierNames)('an entry of another shape in %s', (tier) => {
  it.each([
    ['counts', contactCounts.questionOf({}), { total: 1 }],
    ['counts that are no JSON', contactCounts.questionOf({}), 'counts'],
    ['a page that is no object', pageQuestion(), '[]'],
    ['a page that was cut short', pageQuestion(), '{"contacts":['],
    ['a page without anything', pageQuestion(), ''],
  ] as const)('(%s) is a miss, and answered from the database', async (_name, question, shape) => {
    // The cache is on here, since no tier would be read otherwise.
    await plant(settingsQuestion, defaultCacheSettings, ['memory'])
    await plant(question, shape, [tier])
    const answered = await createIsolate().answer(inquiryOf(question, keepAlive))
    const data = question.resource.name === 'contact-counts' ? counts : page
    expect(answered).toMatchObject({ ok: true, value: { status: 'MISS', source: 'database' } })
    expect(answered.ok && answered.value.entry.body).toEqual(bytesOf(data))
    expect(unreadable()).toEqual([tier])
  })

  it('does not hide a readable entry in a farther tier', async () => {
    if (tier === 'redis') return
    const question = contactCounts.questionOf({})
    await plant(settingsQuestion, defaultCacheSettings, ['memory'])
    await plant(question, { total: 1 }, [tier])
    await plant(question, counts, ['redis'])
    const answered = await createIsolate().answer(inquiryOf(question, keepAlive))
    expect(answered).toMatchObject({ ok: true, value: { status: 'HIT', source: 'redis_cache' } })
  })
})

it("a user's own answer of another shape is a miss too", async () => {
  const mine = contactCounts.questionOf({}).ownOf(bytesOf({ ...counts, isComplete: false }), userOf())
  if (mine === null) throw new Error('the shared entry lacks the user')
  await plant(settingsQuestion, defaultCacheSettings, ['memory'])
  const key = await cacheKey(mine, workspaceId, userOf())
  const { ledgerId, version } = book.since(null, 0)
  const stamp = { ledgerId, version }
  const deleteAtMs = clock.now() + 86_400_000
  await slots[2]?.tier.put(
    key,
    entryOf({
      stamp,
      tags: mine.tagsFor(userOf()),
      createdAtMs: clock.now(),
      deleteAtMs,
      body: bytesOf('{}'),
    }),
  )
  const answered = await createIsolate().answer(inquiryOf(mine, keepAlive))
  expect(answered).toMatchObject({ ok: true, value: { status: 'MISS' } })
  expect(unreadable()).toEqual(['kv'])
})

it('a load that cannot be presented is a failure of the origin, and is stored nowhere', async () => {
  await plant(settingsQuestion, defaultCacheSettings, ['memory'])
  const question = contactCounts.questionOf({})
  const stranger: Question = {
    ...question,
    resource: { ...question.resource, example: { ...question.resource.example, data: { total: 1 } } },
  }
  const answered = await createIsolate().answer(inquiryOf(stranger, keepAlive))
  expect(answered).toEqual(err({ code: 'origin_unavailable' }))
  for (const work of background.splice(0)) await work
  expect(events.filter(({ kind }) => kind === 'entry-stored')).toEqual([])
})

function pageQuestion(): Question {
  const parsed = contactList.parse(contactList.example.path, {})
  if (!parsed.ok) throw new Error('the example is a question')
  return parsed.value
}

function userOf() {
  if (caller.userId === null) throw new Error('the caller is a user')
  return caller.userId
}
