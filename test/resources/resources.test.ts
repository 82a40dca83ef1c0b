import { afterAll, beforeAll, expect, it } from 'vitest'
import { resources } from '../../shared/resources/index.ts'
import { ask } from '../support/api-client.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { cases } from './cases/index.ts'
import { fillPlaces, liveThrough, placesAt } from './story.ts'

const now = new Date().toISOString()

let stack: TestStack
let withoutRedis: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 500 })
  withoutRedis = await startTestStack({ contacts: 500, hasRedis: false })
  for (const each of [stack, withoutRedis]) await fillPlaces(each, Object.values(cases), now)
})
afterAll(async () => {
  await stack?.stop()
  await withoutRedis?.stop()
})

it.each(resources)(
  '$name is a MISS and then a HIT, the same for a member and the backend and never that of another workspace; a write and a deletion move it, and a creation moves that there was none; and all that without Redis too',
  async (resource) => {
    const told = await liveThrough(stack, resource, cases[resource.name], now)
    expect(await liveThrough(withoutRedis, resource, cases[resource.name], now)).toEqual(told)
  },
)

it.each(resources)('$name is refused to a member of another workspace, and to nobody', async (resource) => {
  const { here } = placesAt(now)
  const statusOf = async (authorization: Record<string, string>) =>
    (
      await ask(`${stack.worker}${cases[resource.name].there(here)}`, {
        headers: { ...authorization, 'X-Workspace-ID': here.workspaceId },
      })
    ).status
  expect([403, 401]).toContain(await statusOf({ Authorization: `Bearer ${stack.tokens.otherAdmin}` }))
  expect(await statusOf({})).toBe(401)
})
