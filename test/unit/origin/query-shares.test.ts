import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createQueryMetrics } from '../../../origin/metrics.ts'
import type { QueryClass } from '../../../origin/places.ts'
import { createPlaces } from '../../../origin/places.ts'
import { createQueries } from '../../../origin/queries.ts'
import { originMetricsSchema } from '../../../shared/contract/origin.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { ok } from '../../../shared/result.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { alice, bob, createOrigin } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase, emptyPage } from './stub-database.ts'

const patch = (token: string, workspaceId = '15213'): RequestInit => ({
  method: 'PATCH',
  headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId },
  body: '{"name":"X"}',
})

describe('what others do', () => {
  test('writes, of however many callers and workspaces, leave all places of the reads free', async () => {
    const database = createStubDatabase()
    const { app, loadList } = createOrigin({ database, queriesAtOnceMax: 8 })
    const writes = Array.from({ length: 330 }, (_, number) =>
      app.request('/contacts/c1', patch(`a${number}.b.c`, `${number}`)),
    )
    await settle()
    expect(database.calls).toHaveLength(2)
    const load = loadList({ workspaceId: '15214' }, bob)
    ;(await database.call(2)).answer(ok(emptyPage))
    expect((await load).status).toBe(200)
    expect(writes).toHaveLength(330)
  })

  test('a stranger who asks about invented workspaces has one turn among the members, not one a workspace', async () => {
    const database = createStubDatabase()
    const { request, loadList } = createOrigin({ database })
    for (let number = 0; number < 200; number += 1)
      void request(`/workspaces/w${number}/membership`, {}, alice)
    await settle()
    const taken = database.calls.length
    expect(taken).toBeLessThan(10)
    const loads = Array.from({ length: 30 }, (_, number) =>
      loadList({ workspaceId: `m${number}` }, `m${number}.b.c`),
    )
    await settle()
    // Each answer frees a place, and all members are served while the stranger has its turn once.
    for (let index = 0; index < taken + loads.length + 1; index += 1)
      (await database.call(index)).answer(ok({ ...emptyPage, role: null }))
    for (const load of await Promise.all(loads)) expect(load.status).toBe(200)
  })

  test('a workspace full of waiting reads delays another one by no more than what already runs', async () => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database })
    for (let number = 0; number < 300; number += 1)
      void loadList({ version: `l:${number}` }, `u${number}.b.c`)
    await settle()
    const before = database.calls.length
    void loadList({ workspaceId: '15214' }, bob)
    await settle()
    expect(database.calls.length).toBe(before + 1)
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
