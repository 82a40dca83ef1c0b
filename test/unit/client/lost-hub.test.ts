import { expect, it } from 'vitest'
import { createClientWorld, tokenOf } from './client-world.ts'
import { perPage } from './fake-api.ts'

it('a query is not current again because the hub was lost before it told anything', async () => {
  const world = createClientWorld()
  const client = world.client()
  const query = client.board('board_1').page(1, { perPage })
  const stop = query.subscribe(() => {})
  await world.clock.advance(1_500)
  stop()
  await world.clock.advance(4_000)
  world.api.change(query.peek().data?.contacts[0]?.id ?? '', { name: 'Changed' })
  await world.clock.advance(1_500)
  query.subscribe(() => {})
  await world.clock.advance(0)
  expect(query.peek().status).toBe('unproved')
  world.hub.closeAll(1006)
  await world.clock.advance(1)
  expect(client.status().mode).toBe('polling')
  expect(query.peek().status).toBe('unproved')
  await world.clock.advance(12_000)
  expect(query.peek().status).toBe('current')
  expect(query.peek().data?.contacts[0]?.name).toBe('Changed')
})

it('a client whose token expired while nothing was asked asks for another one, though the door says no reason', async () => {
  const world = createClientWorld()
  world.hub.faults.isAway = true
  const client = world.client()
  const query = client.board('board_1').page(1, { perPage })
  const stop = query.subscribe(() => {})
  await world.clock.advance(5_000)
  stop()
  world.api.refusedTokens.add(tokenOf('user_1', 1))
  world.hub.faults.isAway = false
  await world.clock.advance(180_000)
  expect(client.status().mode).toBe('live')
  expect(world.tokensAsked).toEqual([null, tokenOf('user_1', 1)])
})

it('a token that the API takes is not renewed because there is no hub', async () => {
  const world = createClientWorld()
  world.hub.faults.isAway = true
  const client = world.client()
  client
    .board('board_1')
    .page(1, { perPage })
    .subscribe(() => {})
  await world.clock.advance(600_000)
  expect(client.status().mode).toBe('polling')
  expect(world.tokensAsked).toEqual([null])
})
