import { afterAll, beforeAll, expect, it } from 'vitest'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
  await database.owner.unsafe(`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, last_activity_at)
      select w, 'k' || n, 'b' || 1 + n % 2, 'c1', 'K', timestamptz '2030-01-01T00:00:00Z' + n * interval '1 second'
      from unnest(array['w1', 'w2']) w, generate_series(10, 60) n;
    insert into public.campaigns (workspace_id, id, name, created_at)
      select 'w1', 'g' || n, 'G', timestamptz '2030-01-01T00:00:00Z' + n * interval '1 second' from generate_series(10, 40) n;
    insert into public.segments (workspace_id, id, name) values ('w1', 's1', 'One'), ('w2', 's2', 'Two')`)
})
afterAll(() => server?.stop())

const latest = (letter: string, last: number) =>
  Array.from({ length: 20 }, (_, index) => `${letter}${last - index}`)

it("a workspace's needs are its latest leads of all boards, its latest campaigns and its segments, and no other's", async () => {
  for (const caller of [callers.member, 'service_role'] as const) {
    expect(await database.rpc(caller, 'workspace_needs', { p_workspace: 'w1' })).toEqual({
      ...{ outcome: 'ok', leads: latest('k', 60), campaigns: latest('g', 40), segments: ['s1'] },
    })
  }
  const others = await database.rpc(callers.outsider, 'workspace_needs', { p_workspace: 'w2' })
  expect(others).toMatchObject({ campaigns: [], segments: ['s2'] })
})
