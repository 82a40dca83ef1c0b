import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { QueryClass } from '../../../origin/database/places.ts'
import { createPlaces } from '../../../origin/database/places.ts'
import { createQueries } from '../../../origin/database/queries.ts'
import { createQueryMetrics } from '../../../origin/database/query-metrics.ts'
import { originMetricsSchema } from '../../../shared/contract/origin.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { ok } from '../../../shared/result.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { alice, bob, createOrigin } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase, emptyPage } from './stub-database.ts'

describe('the load of others', () => {
  test('writes take no place of the reads, however many wait', async () => {
    const database = createStubDatabase()
    const { app, loadList } = createOrigin({ database, queriesAtOnceMax: 4 })
    const headers = { Authorization: `Bearer ${alice}`, 'X-Workspace-ID': '15213' }
    const init = { method: 'PATCH', headers, body: '{"name":"X"}' }
    for (let number = 0; number < 60; number += 1) void app.request('/contacts/c1', init)
    await database.call(0)
    await settle()
    expect(database.calls).toHaveLength(1)
    const load = loadList({}, alice)
    ;(await database.call(1)).answer(ok(emptyPage))
    expect((await load).status).toBe(200)
  })

  test('a stranger who invents workspaces has one turn among the members, not one for each workspace', async () => {
    const database = createStubDatabase()
    const { request, loadList } = createOrigin({ database, queriesAtOnceMax: 4 })
    for (let number = 0; number < 20; number += 1)
      void request(`/workspaces/w${number}/membership`, {}, alice)
    await settle()
    const load = loadList({}, bob)
    await settle()
    for (let index = 0; index < 2; index += 1)
      (await database.call(index)).answer(ok({ outcome: 'ok', role: null }))
    ;(await database.call(2)).answer(ok(emptyPage))
    expect((await load).status).toBe(200)
  })

  test('a workspace that fills its share leaves places free for another one', async () => {
    const { places, query } = createWorld(32, 512)
    const read = { queryClass: 'reads', afterMs: 0, takesMs: 500 } as const
    for (let caller = 0; caller < 300; caller += 1) {
      void query({ ...read, workspace: 1, caller })
      await settle()
    }
    const { bounds, running } = places.reads
    expect(running).toBe(bounds.share.placesMax)
    void query({ ...read, workspace: 2, caller: 300 })
    await settle()
    expect(places.reads.running).toBe(running + 1)
  })
})

test('the figures of the queues are by class and name no workspace and no user', async () => {
  const { request, loadList } = createOrigin({ database: createStubDatabase() })
  void loadList()
  await settle()
  const { queues } = originMetricsSchema.parse(await (await request('/metrics')).json())
  expect(Object.keys(queues)).toEqual(['reads', 'writes', 'imports', 'mails', 'import-turns'])
  expect(queues['reads']).toEqual({ running: 1, runningMax: 18, waiting: 0, waitingMax: 192, refused: 0 })
})

const deadlineMs = 1_000
const arrival = fc.record({
  afterMs: fc.nat(300),
  queryClass: fc.constantFrom<QueryClass[]>('reads', 'writes', 'imports', 'mails'),
  workspace: fc.nat(4),
  caller: fc.nat(5),
  /** Some times are beyond the deadline: the database does not settle the call. */
  takesMs: fc.integer({ min: 1, max: 1_500 }),
})
type Arrival = typeof arrival extends fc.Arbitrary<infer Each> ? Each : never

interface Running {
  readonly workspace: string
  readonly caller: string
  /** The instant from which on the place is free, whatever the database does. */
  readonly untilMs: number
}

/** Queries as the database sees them: a query holds its place until it ends or its deadline passes. */
function createWorld(queriesAtOnceMax: number, queriesWaitingMax: number) {
  const clock = createFakeClock()
  const places = createPlaces({ queriesAtOnceMax, queriesWaitingMax })
  const database = createPromptDatabase(() => null)
  const metrics = createQueryMetrics()
  const queries = createQueries({ database, clock, metrics, places, queryDeadlineMs: deadlineMs })
  const all: Record<QueryClass, Set<Running>> = {
    reads: new Set(),
    writes: new Set(),
    imports: new Set(),
    mails: new Set(),
  }

  /** The places that are left to this query: of all, of its workspace and of its caller. */
  function placesLeft(queryClass: QueryClass, mine: Running): number[] {
    const running = [...all[queryClass]].filter(({ untilMs }) => untilMs > clock.now())
    const { bounds } = places[queryClass]
    return [
      bounds.all.placesMax - running.length,
      bounds.share.placesMax - running.filter(({ workspace }) => workspace === mine.workspace).length,
      bounds.caller.placesMax - running.filter(({ caller }) => caller === mine.caller).length,
    ]
  }

  /** Runs a query and answers the time that it took. */
  async function query({ queryClass, takesMs, workspace, caller }: Arrival): Promise<number> {
    const arrivedAtMs = clock.now()
    const untilMs = arrivedAtMs + deadlineMs
    const mine = { workspace: `w${workspace}`, caller: `c${caller}`, untilMs }
    const isFree = Math.min(...placesLeft(queryClass, mine)) > 0
    let startedAtMs: number | null = null
    const performed = queries.perform({
      name: 'contact-list',
      queryClass,
      workspaceId: workspaceIdSchema.parse(mine.workspace),
      callerKey: mine.caller,
      callerToken: null,
      async perform() {
        startedAtMs = clock.now()
        all[queryClass].add(mine)
        expect(Math.min(...placesLeft(queryClass, mine)), 'a place too many').toBeGreaterThanOrEqual(0)
        await new Promise<void>((resolve) => clock.schedule(resolve, takesMs))
        all[queryClass].delete(mine)
        return ok(null)
      },
    })
    if (isFree) {
      await settle()
      expect(startedAtMs, 'a query with a free place begins at once').toBe(arrivedAtMs)
    }
    const answer = await performed
    if (!answer.ok) expect(['timeout', 'overloaded', 'rate_limited']).toContain(answer.error.kind)
    return clock.now() - arrivedAtMs
  }

  return { clock, places, query }
}

describe('for any queries of any callers at any time', () => {
  test('each class keeps its places, everything settles by its deadline, and all places are free again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: limits.queriesAtOnceMin, max: 12 }),
        fc.nat(20),
        fc.array(arrival, { minLength: 20, maxLength: 60 }),
        async (queriesAtOnceMax, queriesWaitingMax, arrivals) => {
          const { clock, places, query } = createWorld(queriesAtOnceMax, queriesWaitingMax)
          const durations: Promise<number>[] = []
          for (const each of arrivals) {
            await clock.advance(each.afterMs)
            durations.push(query(each))
            durations.at(-1)?.catch(() => undefined)
          }
          await clock.advance(deadlineMs)
          expect(Math.max(...(await Promise.all(durations)))).toBeLessThanOrEqual(deadlineMs)
          for (const { running, waiting } of Object.values(places)) expect([running, waiting]).toEqual([0, 0])
        },
      ),
      { numRuns: 60 },
    ))
})
