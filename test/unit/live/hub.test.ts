import { describe, expect, it } from 'vitest'
import { liveCloseCodes } from '../../../shared/contract/live.ts'
import { limits } from '../../../shared/limits.ts'
import { applyDifference } from '../../../shared/live/apply-difference.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { bucketMove, familyMove } from '../../../shared/tags/moves.ts'
import { deferred } from '../../support/fake-clock.ts'
import type { FakeClient } from './hub-world.ts'
import { ann, bob, etagOf, framesOf, HubWorld, lastOf, page, shown, typesOf } from './hub-world.ts'

const countsOf = ({ workspaceId }: HubWorld) => `/api/cache-settings/workspace/${workspaceId}/counts`
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

describe('a connection', () => {
  it('is welcomed with the ledger, its version, and how old that is', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    expect(client.frames).toEqual([
      expect.objectContaining({ type: 'welcome', version: 1_000, asOfAgeMs: 0, tokenExpiresInMs: 3_600_000 }),
    ])
  })

  it('is refused while the ledger is away, and past the bounds of a user and of the hub', async () => {
    const world = new HubWorld()
    world.faults.isLedgerAway = true
    expect(await world.admit(world.joining())).toEqual({ kind: 'ledger-away' })
    world.faults.isLedgerAway = false
    for (let each = 0; each < limits.liveUserSocketsMax; each += 1) await world.connect()
    expect(await world.admit(world.joining())).toEqual({ kind: 'user-full' })
    for (let each = limits.liveUserSocketsMax; each < limits.liveSocketsMax; each += 1)
      await world.connect(world.joining(`user${Math.floor(each / 32)}` as never))
    expect(await world.admit(world.joining(bob))).toEqual({ kind: 'full' })
  })

  it('is not admitted on a membership that moved since it was judged', async () => {
    const world = new HubWorld()
    const early = world.joining()
    const moved = world.advance([bucketMove('members', ann)])
    expect(await world.admit(early)).toEqual({ kind: 'membership-moved', version: moved })
    expect(await world.admit(world.joining())).toEqual({ kind: 'admitted' })
  })

  it('ends at once when the membership of its user moves, and no other one does', async () => {
    const world = new HubWorld()
    const [first, second] = [await world.connect(), await world.connect(world.joining(bob))]
    world.advance([bucketMove('members', ann)])
    await world.settled()
    expect([first.closedWith(), second.closedWith()]).toEqual([liveCloseCodes.membershipMoved, null])
  })

  it('ends when its token expires, unless it was renewed by the same user', async () => {
    const world = new HubWorld()
    const soon = { tokenExpiresAtMs: world.clock.now() + 60_000 }
    const [expiring, renewed] = [
      await world.connect(world.joining(ann, soon)),
      await world.connect(world.joining(ann, soon)),
    ]
    await world.send(expiring, { type: 'renew', token: `bob ${world.clock.now() + 600_000}` })
    expect(lastOf(expiring)).toMatchObject({ type: 'refused', code: 'token_invalid' })
    await world.send(renewed, { type: 'renew', token: `ann ${world.clock.now() + 600_000}` })
    expect(lastOf(renewed)).toEqual({ type: 'renewed', tokenExpiresInMs: 600_000 })
    await world.pass(60_000)
    expect([expiring.closedWith(), renewed.closedWith()]).toEqual([liveCloseCodes.tokenExpired, null])
  })

  it('ends if its client sends too many frames', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    for (let each = 0; each < limits.liveClientFramesMax; each += 1)
      await world.hub.message(client, 'nonsense')
    expect(framesOf(client, 'refused')).toHaveLength(limits.liveClientFramesMax)
    await world.hub.message(client, 'nonsense')
    expect(client.closedWith()).toBe(liveCloseCodes.tooMuch)
  })

  it('is given up when the ledger begins again under another id', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.loseLedger('another')
    await world.pass(limits.liveCompareEveryMs)
    expect(client.closedWith()).toBe(liveCloseCodes.comeBack)
    expect(await world.connect()).toMatchObject({ frames: [{ type: 'welcome', ledger: 'another' }] })
  })
})

describe('a question', () => {
  it('is confirmed if the client holds the current entry', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    expect(client.frames).toEqual([])
    expect(world.loads).toEqual(['contact-list'])
  })

  it('that the client holds nothing of is left to the client at once, which then hears of everything after it', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    const held = deferred<void>()
    world.hold = held.promise
    await world.show(client, null)
    expect(lastOf(client)).toEqual({ type: 'moved', id: 1, version: 1_000 })
    held.resolve()
    await world.settled()
    expect(typesOf(client)).toEqual(['welcome', 'moved'])
    world.write('c1', 'Amy')
    await world.settled()
    expect(lastOf(client)).toMatchObject({ type: 'changed', version: 1_001 })
  })

  it('that changed is told with the times of its last change, as far as the ledger remembers them', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.write('c1', 'Amy')
    await world.settled()
    expect(lastOf(client)).toMatchObject({ type: 'changed', version: 1_001 })
    expect(lastOf(client)).not.toHaveProperty('times')
    world.times.take([{ version: 1_002, toldAtMs: 40, writtenAtMs: 46 }])
    world.write('c1', 'Ann')
    await world.pass(1_000)
    const [changed] = framesOf(client, 'changed').filter((frame) => frame.version === 1_002)
    expect(changed?.times?.slice(0, 3)).toEqual([1_002, 40, 46])
    expect(changed?.times?.[3]).toBeGreaterThan(0)
  })

  it('that moved while it was first loaded is told again', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    const held = deferred<void>()
    world.hold = held.promise
    await world.show(client, null)
    world.write('c1', 'Amy')
    held.resolve()
    await world.pass(1_000)
    const versions = framesOf(client, 'moved').map((frame) => frame.version)
    expect(versions).toEqual([1_000, 1_001])
  })

  it('is confirmed only at a version that is at least the client’s own', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    world.faults.loseTells = 1
    world.write('c1', 'Amy')
    await world.show(client, (await world.entry()).etag, 1_001)
    expect(lastOf(client)).toMatchObject({ type: 'shown', version: 1_001 })
  })

  it.each([
    ['of another workspace', '/api/cache-settings/workspace/15214/counts'],
    ['that is no route', '/api/nothing'],
    ['with a parameter that its route does not have', `${page}?unheard=1`],
    ['with a parameter given twice', `${page}?page=1&page=2`],
    ['of the deployment', '/api/organizations/by-phone?phone=%2B4930123456'],
    ['past the cache', '/api/cache-settings/workspace/15213/counts?useCache=false'],
    ['that is not a path', 'https://elsewhere.example/api/boards/b1/contacts'],
  ])('%s is refused', async (_what, question) => {
    const world = new HubWorld()
    const client = await world.connect()
    await world.show(client, null, null, question)
    expect(lastOf(client)).toMatchObject({ type: 'refused', id: 1, code: 'question_invalid' })
    expect(world.loads).toEqual([])
  })

  it('is refused past the bounds of a connection, by number and by length', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    for (let id = 1; id <= limits.liveQuestionsMax; id += 1)
      await world.send(client, { type: 'show', id, question: page, etag: null, version: null })
    await world.send(client, { type: 'show', id: 99, question: page, etag: null, version: null })
    expect(lastOf(client)).toMatchObject({ type: 'refused', id: 99, code: 'too_many_questions' })
    const wordy = await world.connect()
    const long = (id: number) => `${page}?search=${'%C3%84'.repeat(200)}&page=${id}`
    for (let id = 1; id <= limits.liveQuestionsMax; id += 1)
      await world.send(wordy, { type: 'show', id, question: long(id), etag: null, version: null })
    expect(framesOf(wordy, 'refused').every(({ code }) => code === 'too_many_questions')).toBe(true)
    expect(framesOf(wordy, 'refused').length).toBeGreaterThan(10)
  })

  it('that belongs to one user is never loaded, and its user is told when it moves', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    await world.show(client, 'mine', null, `${page}?filter=assigned_to_me`)
    world.advance([bucketMove('user', ann)])
    world.advance([bucketMove('user', bob)])
    await world.settled()
    expect(framesOf(client, 'moved').map((frame) => frame.version)).toEqual([1_000, 1_001])
    expect(world.loads).toEqual([])
  })
})

describe('a change', () => {
  it('is told to everybody as the difference to what they hold, after one load', async () => {
    const world = new HubWorld()
    const clients = [await shown(world), await shown(world, bob)]
    const before = await world.entry()
    world.loads.length = 0
    world.write('c1', 'Amy')
    await world.settled()
    const after = await world.entry()
    expect(world.loads).toEqual(['contact-list'])
    for (const client of clients) {
      const [changed] = framesOf(client, 'changed')
      expect(changed).toMatchObject({ version: 1_001, from: before.etag, to: after.etag, dueInMs: null })
      const decoded = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))
      expect(applyDifference(decoded(before.body), changed?.difference ?? {})).toEqual(decoded(after.body))
    }
  })

  it('of something else is not told', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.write('c9', null)
    await world.settled()
    expect(client.frames).toEqual([])
  })

  it('that leaves the answer as it was confirms it at the new version', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.write('c1', 'Ada')
    await world.settled()
    expect(lastOf(client)).toMatchObject({ type: 'shown', version: 1_001 })
  })

  it('to a client that holds another entry is left to the client', async () => {
    const world = new HubWorld()
    await shown(world)
    const client = await world.connect()
    await world.show(client, 'something-else')
    expect(lastOf(client)).toEqual({ type: 'moved', id: 1, version: 1_000 })
  })

  it('is told as one difference if several happen during a load', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    const held = deferred<void>()
    world.hold = held.promise
    for (const name of ['Amy', 'Ann', 'Abe']) {
      world.write('c1', name)
      await world.settled()
    }
    held.resolve()
    await world.pass(1_000)
    const { etag } = await world.entry()
    expect(framesOf(client, 'changed').at(-1)).toMatchObject({ version: 1_003, to: etag })
    expect(framesOf(client, 'changed').length).toBeLessThanOrEqual(2)
  })

  it('that the origin cannot be asked about is left to the client, and so is everything after it', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.faults.isOriginAway = true
    world.write('c1', 'Amy')
    await world.pass(5_000)
    expect(framesOf(client, 'moved')).toHaveLength(1)
    // Without the answer its tags are unknown, so any write may concern it.
    world.advance([familyMove('config')])
    await world.pass(10_000)
    expect(framesOf(client, 'moved')).toHaveLength(2)
  })

  it('of the counts is told with the figures of its user, and only from an entry that the hub held', async () => {
    const world = new HubWorld()
    const computedAt = '2026-01-31T12:00:00.000Z'
    const bodyWith = (total: number) => {
      const counts = { ...contactCounts.example.data.counts, total }
      return bytesOf({ counts, assignees: { ann: 3 }, computedAt, isComplete: true })
    }
    const held = bodyWith(7)
    world.bodyOf = () => held
    const clients = [await world.connect(), await world.connect(world.joining(bob))]
    const etag = await etagOf(contactCounts.namedPart(held))
    for (const client of clients) await world.show(client, etag, null, countsOf(world))
    const stranger = await world.connect()
    // The API may have given it a newer answer than the hub has.
    await world.show(stranger, 'of-a-tier', null, countsOf(world))
    world.bodyOf = () => bodyWith(8)
    world.advance([familyMove('counts')])
    await world.pass(1_000)
    const told = clients.map((client) => framesOf(client, 'changed')[0])
    expect(told).toMatchObject([
      { from: etag, difference: { set: { total: 8, assignedToMe: 3 } } },
      { from: etag, difference: { set: { total: 8, assignedToMe: 0 } } },
    ])
    expect(JSON.stringify(told)).not.toContain('_timestamp')
    expect(told[0]?.dueInMs).toBe(300_000)
    expect(framesOf(stranger, 'moved').length).toBeGreaterThan(0)
    expect(framesOf(stranger, 'changed').every(({ from }) => from === etag)).toBe(true)
  })

  it('that time made is told before the answer is due, without a request of the client', async () => {
    const world = new HubWorld()
    const body = bytesOf({ ...contactCounts.example.data, computedAt: '2026-01-31T12:00:00.000Z' })
    world.bodyOf = () => body
    const client = await world.connect()
    await world.show(client, await etagOf(contactCounts.namedPart(body)), null, countsOf(world))
    const before = world.loads.length
    await world.pass(300_000)
    expect(world.loads.length).toBeGreaterThan(before)
    expect(framesOf(client, 'moved')).toEqual([])
    const { dueInMs } = [...framesOf(client, 'shown'), ...framesOf(client, 'changed')].at(-1) ?? {}
    expect(dueInMs).toBeGreaterThan(0)
  })

  it('whose difference is too large is left to the client', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.write('c1', 'x'.repeat(limits.liveDifferenceBytesMax))
    await world.settled()
    expect(lastOf(client)).toMatchObject({ type: 'moved', version: 1_001 })
    world.write('c1', 'Amy')
    await world.settled()
    expect(lastOf(client)).toMatchObject({ type: 'changed', version: 1_002 })
  })

  it('is told to 200 clients with one load', async () => {
    const world = new HubWorld()
    const clients: FakeClient[] = []
    for (let each = 0; each < 200; each += 1) clients.push(await shown(world, `user${each}` as never))
    world.loads.length = 0
    world.write('c1', 'Amy')
    await world.pass(1_000)
    expect(clients.every((client) => framesOf(client, 'changed').length === 1)).toBe(true)
    expect(world.loads).toHaveLength(1)
  })
})
