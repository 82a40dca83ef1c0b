import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { bucketMove } from '../../../shared/tags/moves.ts'
import { version } from '../../support/entries.ts'
import { deferred } from '../../support/fake-clock.ts'
import { ann, framesOf, HubWorld, lastOf, page, shown, typesOf } from './hub-world.ts'

describe('a slow client', () => {
  it('gets no more than it has room for, and is brought up to date once it has caught up', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    for (let each = 0; each < 2 * limits.liveUnseenMax; each += 1) {
      world.write('c1', `Name ${each}`)
      await world.pass(200)
    }
    expect(client.frames.length).toBeLessThan(limits.liveUnseenMax)
    await world.send(client, { type: 'seen', frames: client.frames.length })
    const last = client.frames.at(-1)
    expect(['changed', 'moved']).toContain(last?.type)
    expect(last).toMatchObject({ version: world.book.headNow().version })
  })
})

describe('a proof', () => {
  it('comes every 30 seconds, and says how old the knowledge is', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    await world.pass(limits.liveCompareEveryMs)
    expect(lastOf(client)).toMatchObject({ type: 'proof', version: 1_000, asOfAgeMs: 0 })
    await world.pass(limits.liveCompareEveryMs)
    expect(framesOf(client, 'proof')).toHaveLength(2)
  })

  it('does not come while the ledger does not answer', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.faults.isLedgerAway = true
    await world.pass(3 * limits.liveCompareEveryMs)
    expect(framesOf(client, 'proof')).toEqual([])
    world.faults.isLedgerAway = false
    await world.pass(10_000)
    expect(framesOf(client, 'proof')).toHaveLength(1)
  })

  it('stands behind everything that happened before it', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.faults.loseTells = 100
    const held = deferred<void>()
    world.write('c1', 'Amy')
    world.hold = held.promise
    await world.pass(limits.liveCompareEveryMs)
    expect(client.frames).toEqual([])
    held.resolve()
    await world.settled()
    expect(typesOf(client)).toEqual(['changed', 'proof'])
  })
})

describe('a lost call of the ledger', () => {
  it('is made up for by the next one', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.faults.loseTells = 1
    world.write('c1', 'Amy')
    await world.pass(1_000)
    expect(lastOf(client)).toMatchObject({ type: 'changed', version: 1_001 })
  })

  it('is made up for within 30 seconds if the ledger forgets its place too', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.faults.loseTells = 1
    world.write('c1', 'Amy')
    world.restartLedger()
    await world.pass(limits.liveCompareEveryMs)
    expect(framesOf(client, 'changed')).toMatchObject([{ version: 1_001 }])
  })

  it('is made up for by the next write, although the ledger has restarted', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.faults.loseTells = 1
    world.write('c1', 'Amy')
    world.restartLedger()
    world.write('c9', null)
    await world.pass(1_000)
    expect(framesOf(client, 'changed')).toMatchObject([{ version: 1_002 }])
  })

  it('does no harm if it arrives twice', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.faults.tellTwice = true
    world.write('c1', 'Amy')
    await world.settled()
    expect(typesOf(client)).toEqual(['changed'])
  })
})

describe('after hibernation', () => {
  it('nothing is loaded or told that has not moved', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    await world.pass(10_000)
    world.hibernate()
    world.loads.length = 0
    await world.pass(1_000)
    expect([typesOf(client), world.loads]).toEqual([['proof'], []])
  })

  it('a change is told as a difference to what was held before', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    await world.pass(10_000)
    world.hibernate()
    world.write('c1', 'Amy')
    await world.pass(1_000)
    expect(framesOf(client, 'changed')).toMatchObject([{ version: 1_001 }])
  })

  it('a change that came before what the client held was saved is told all the same', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    world.write('c1', 'Amy')
    await world.settled()
    world.hibernate()
    world.write('c1', 'Abe')
    await world.pass(10_000)
    const last = client.frames.filter(({ type }) => type === 'moved' || type === 'changed').at(-1)
    expect(last).toMatchObject({ version: 1_002 })
  })

  it('a change that happened during it is told, although the ledger’s call was lost', async () => {
    const world = new HubWorld()
    const client = await shown(world)
    await world.pass(10_000)
    world.faults.loseTells = 100
    world.write('c1', 'Amy')
    world.hibernate()
    await world.pass(limits.liveCompareEveryMs)
    expect(framesOf(client, 'changed')).toMatchObject([{ version: 1_001 }])
  })

  it('an answer that belongs to one user is told only if it has moved', async () => {
    const world = new HubWorld()
    const client = await world.connect()
    await world.show(client, 'mine', null, `${page}?filter=assigned_to_me`)
    await world.pass(10_000)
    client.frames.length = 0
    world.hibernate()
    await world.pass(1_000)
    expect(typesOf(client)).toEqual(['proof'])
    world.hibernate()
    world.advance([bucketMove('user', ann)])
    await world.pass(1_000)
    expect(framesOf(client, 'moved')).toMatchObject([{ version: 1_001 }])
  })
})

it('a hub without connections need not be told, and one that has them again is', async () => {
  const world = new HubWorld()
  world.leave(await shown(world))
  world.write('c1', 'Amy')
  await world.settled()
  world.told = []
  world.write('c1', 'Abe')
  await world.settled()
  expect(world.told).toEqual([])
  const client = await shown(world)
  world.write('c1', 'Ada')
  await world.settled()
  expect(lastOf(client)).toMatchObject({ type: 'changed', version: version(1_003) })
})
