import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { QueryClass } from '../../../origin/database/places.ts'
import { createPlaces } from '../../../origin/database/places.ts'
import { createQueries } from '../../../origin/database/queries.ts'
import { createQueryMetrics } from '../../../origin/database/query-metrics.ts'
import { originMetricsSchema } from '../../../shared/contract/origin.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { ok } from '../../../shared/result.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { alice, bob, createOrigin } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase, emptyPage } from './stub-database.ts'

describe('what others do', () => {
  test('writes, however many wait, take no place of the reads', async () => {
    const database = createStubDatabase()
    const { app, loadList } = createOrigin({ database, queriesAtOnceMax: 3 })
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

  test('a stranger who asks about invented workspaces has one turn among the members, not one a workspace', async () => {
    const database = createStubDatabase()
    const { request, loadList } = createOrigin({ database, queriesAtOnceMax: 3 })
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

  test('a workspace whose users fill its share leaves places free to another one', async () => {
    const { places, ask } = createWorld(32, 512)
    const read = { queryClass: 'reads', afterMs: 0, takesMs: 500 } as const
    for (let caller = 0; caller < 300; caller += 1) {
      void ask({ ...read, workspace: 1, caller })
      await settle()
    }
    const { bounds, running } = places.reads
    expect(running).toBe(bounds.share.placesMax)
    void ask({ ...read, workspace: 2, caller: 300 })
    await settle()
    expect(places.reads.running).toBe(running + 1)
  })
})

test('the figures of the queues are numbers by class, of no workspace and no user', async () => {
  const { request, loadList } = createOrigin({ database: createStubDatabase() })
  void loadList()
  await settle()
  const { queues } = originMetricsSchema.parse(await (await request('/metrics')).json())
  expect(Object.keys(queues)).toEqual(['reads', 'writes', 'imports', 'import-turns'])
  expect(queues['reads']).toEqual({ running: 1, runningMax: 22, waiting: 0, waitingMax: 192, refused: 0 })
})

const deadlineMs = 1_000
const arrival = fc.record({
  afterMs: fc.nat(300),
  queryClass: fc.constantFrom<QueryClass[]>('reads', 'writes', 'imports'),
  workspace: fc.nat(4),
  caller: fc.nat(5),
  /** Beyond the deadline: the database does not let go. */
  takesMs: fc.integer({ min: 1, max: 1_500 }),
})
type Arrival = typeof arrival extends fc.Arbitrary<infer Each> ? Each : never

interface Running {
  readonly workspace: string
  readonly caller: string
  /** From here on the place is free, whatever the database does. */
  readonly untilMs: number
}

/** Queries as the database sees them: a place is held from the start to the end, or to the deadline. */
function createWorld(queriesAtOnceMax: number, queriesWaitingMax: number) {
  const clock = createFakeClock()
  const places = createPlaces({ queriesAtOnceMax, queriesWaitingMax })
  const database = createPromptDatabase(() => null)
  const metrics = createQueryMetrics()
  const queries = createQueries({ database, clock, metrics, places, queryDeadlineMs: deadlineMs })
  const all: Record<QueryClass, Set<Running>> = { reads: new Set(), writes: new Set(), imports: new Set() }

  /** How many places are left to this one: of all, of its workspace's, of its caller's. */
  function placesLeft(queryClass: QueryClass, mine: Running): number[] {
    const running = [...all[queryClass]].filter(({ untilMs }) => untilMs > clock.now())
    const { bounds } = places[queryClass]
    return [
      bounds.all.placesMax - running.length,
      bounds.share.placesMax - running.filter(({ workspace }) => workspace === mine.workspace).length,
      bounds.caller.placesMax - running.filter(({ caller }) => caller === mine.caller).length,
    ]
  }

  /** Answers how long it took. */
  async function ask({ queryClass, takesMs, workspace, caller }: Arrival): Promise<number> {
    const askedAtMs = clock.now()
    const untilMs = askedAtMs + deadlineMs
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
      expect(startedAtMs, 'a query with a free place begins at once').toBe(askedAtMs)
    }
    const answer = await performed
    if (!answer.ok) expect(['timeout', 'overloaded', 'rate_limited']).toContain(answer.error.kind)
    return clock.now() - askedAtMs
  }

  return { clock, places, ask }
}

describe('whatever is asked, by whomever and whenever', () => {
  test('each class keeps its places, everything settles by its deadline, and all places are free again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 12 }),
        fc.nat(20),
        fc.array(arrival, { minLength: 20, maxLength: 60 }),
        async (queriesAtOnceMax, queriesWaitingMax, arrivals) => {
          const { clock, places, ask } = createWorld(queriesAtOnceMax, queriesWaitingMax)
          const asked: Promise<number>[] = []
          for (const each of arrivals) {
            await clock.advance(each.afterMs)
            asked.push(ask(each))
            asked.at(-1)?.catch(() => undefined)
          }
          await clock.advance(deadlineMs)
          expect(Math.max(...(await Promise.all(asked)))).toBeLessThanOrEqual(deadlineMs)
          for (const { running, waiting } of Object.values(places)) expect([running, waiting]).toEqual([0, 0])
        },
      ),
      { numRuns: 60 },
    ))
})
