import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { workspaceIdSchema } from '../../../../shared/ids.ts'
import { limits } from '../../../../shared/limits.ts'
import { createAheadDesk } from '../../../../worker/deployment/ahead/ahead-desk.ts'
import { mergedDemand, openDemandBook, scoreAt } from '../../../../worker/deployment/ahead/demand-book.ts'
import { type Turn, Turns } from '../../../../worker/deployment/ahead/turns.ts'
import { leadMsOf, type WorkspaceHours } from '../../../../worker/deployment/ahead/working-day.ts'
import type { AheadOutcome } from '../../../../worker/events.ts'
import { createSqlStorage } from '../../../support/book-storage.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

const workspace = (name: string | number) => workspaceIdSchema.parse(String(name))
const asked = (name: number) => ({ resource: 'contact-counts', params: `{"boardId":"b${name}"}` })
const tellOf = (name: string | number, questions: number, isScheduled = false) => ({
  ...{ workspaceId: workspace(name), isScheduled },
  questions: Array.from({ length: questions }, (_, at) => asked(at)),
})

/** Nine to five, and the instant of a monday at midnight. */
const nine: WorkspaceHours = {
  timeZone: 'UTC',
  hours: { mon: [['09:00', '17:00']], tue: [['09:00', '17:00']] },
}
const mondayMs = Date.parse('2026-06-01T00:00Z')
const hourMs = 3_600_000

function createWorld({
  startMs = mondayMs + 9 * hourMs,
  questionsMax = 24,
  database = new DatabaseSync(':memory:'),
} = {}) {
  const clock = createFakeClock(startMs)
  const state = { hasRoom: true, outcome: 'loaded' as AheadOutcome, loadMs: 50, atOnceMost: 0 }
  const loads: (Turn & { readonly atMs: number })[] = []
  const counted: string[] = []
  const running = new Map<string, number>()

  function createDesk(release: string) {
    return createAheadDesk({
      ...{ clock, release, questionsMax, wake: () => undefined, mayLoad: () => state.hasRoom },
      book: openDemandBook(createSqlStorage(database), clock.now),
      async load(turn) {
        loads.push({ ...turn, atMs: clock.now() })
        running.set(turn.workspaceId, (running.get(turn.workspaceId) ?? 0) + 1)
        expect(running.get(turn.workspaceId)).toBe(1)
        const atOnce = [...running.values()].reduce((sum, each) => sum + each, 0)
        state.atOnceMost = Math.max(state.atOnceMost, atOnce)
        await new Promise<void>((resolve) => clock.schedule(resolve, state.loadMs))
        running.set(turn.workspaceId, 0)
        return state.outcome
      },
      hoursOf: async () => nine,
      count: (why, outcome) => counted.push(`${why} ${outcome}`),
    })
  }
  const run = async (desk: ReturnType<typeof createDesk>, forMs: number) => {
    for (let waitedMs = 0; waitedMs < forMs; ) {
      const stepMs = desk.tick() ?? 10_000
      await clock.advance(stepMs)
      waitedMs += stepMs
    }
  }
  return { clock, state, loads, counted, createDesk, run }
}

describe('after a deploy', () => {
  it('it is waited for the origin of the release, with a few queries a minute, and then everything is loaded', async () => {
    const { createDesk, run, loads, state, counted } = createWorld()
    const before = createDesk('one')
    await run(before, 1_000)
    for (let each = 0; each < 20; each += 1) before.take([tellOf(each, 10)])
    state.outcome = 'passing'
    const desk = createDesk('two')
    await run(desk, 300_000)
    expect(loads.length).toBeLessThanOrEqual(
      limits.aheadAtOnce * (300_000 / limits.aheadOriginLookEveryMs + 1),
    )
    state.outcome = 'loaded'
    await run(desk, 120_000)
    expect(counted.filter((each) => each === 'deploy loaded')).toHaveLength(200)
    // A new object of the same release has nothing left to do.
    const { length } = loads
    await run(createDesk('two'), 60_000)
    expect(loads).toHaveLength(length)
  })

  it('what was in demand in the last minutes is loaded once by the new release, and by no release before', async () => {
    const { createDesk, run, loads, counted } = createWorld()
    const before = createDesk('one')
    await run(before, 1_000)
    before.take([tellOf('15213', 3)])
    await run(before, 60_000)
    expect(loads).toEqual([])
    for (let starts = 0; starts < 2; starts += 1) await run(createDesk('two'), 60_000)
    expect(loads.map(({ asked: { params } }) => params).sort()).toEqual(
      [0, 1, 2].map((at) => asked(at).params),
    )
    expect(counted).toEqual(Array.from({ length: 3 }, () => 'deploy loaded'))
  })

  it('what nobody has read for a while is not loaded', async () => {
    const { createDesk, run, loads, clock } = createWorld()
    const before = createDesk('one')
    await run(before, 1_000)
    before.take([tellOf('15213', 3)])
    await clock.advance(limits.aheadDeployDemandMs + 1)
    await run(createDesk('two'), 60_000)
    expect(loads).toEqual([])
  })

  it('with a bound of 0 nothing is loaded', async () => {
    const { createDesk, run, loads } = createWorld({ questionsMax: 0 })
    const desk = createDesk('one')
    desk.take([tellOf('15213', 3)])
    await run(desk, 60_000)
    expect(loads).toEqual([])
  })

  it('500 workspaces at once never have more loads than the bound, one of a workspace, and each a fair share', async () => {
    const { createDesk, run, loads, state } = createWorld({ questionsMax: 8 })
    const desk = createDesk('one')
    for (let at = 0; at < 500; at += 1) desk.take([tellOf(15_000 + at, at % 3 === 0 ? 10 : 4)])
    await run(desk, limits.aheadWaitsMaxMs)
    expect(state.atOnceMost).toBe(limits.aheadAtOnce)
    const counts = new Map<string, number>()
    for (const { workspaceId } of loads.slice(0, 500 * 4))
      counts.set(workspaceId, (counts.get(workspaceId) ?? 0) + 1)
    expect(new Set(counts.values())).toEqual(new Set([4]))
    const perWorkspace = Map.groupBy(loads, ({ workspaceId }) => workspaceId)
    expect(Math.max(...[...perWorkspace.values()].map(({ length }) => length))).toBe(8)
  })

  it('waits while the origin has no room, pauses after a failure, and gives up what came too late', async () => {
    const { createDesk, run, loads, state, counted, clock } = createWorld()
    const desk = createDesk('one')
    desk.take([tellOf('15213', 24), tellOf('15214', 24)])
    state.hasRoom = false
    await run(desk, 60_000)
    expect(loads).toEqual([])
    Object.assign(state, { hasRoom: true, outcome: 'failed' })
    await run(desk, limits.aheadPauseMs - 2_000)
    expect(loads).toHaveLength(2)
    state.hasRoom = false
    await clock.advance(limits.aheadWaitsMaxMs)
    desk.tick()
    expect(counted.filter((each) => each === 'deploy refused')).toHaveLength(46)
  })
})

describe('before working hours', () => {
  const beginMs = mondayMs + 33 * hourMs

  it('what was in demand on the last working day is loaded once, its lead before they begin', async () => {
    const { createDesk, run, loads, clock } = createWorld()
    const desk = createDesk('one')
    await run(desk, 1_000)
    desk.take([tellOf('15213', 3, true), tellOf('15214', 3)])
    await run(desk, 25 * hourMs)
    expect(new Set(loads.map(({ workspaceId, why }) => `${workspaceId} ${why}`))).toEqual(
      new Set(['15213 schedule']),
    )
    expect(loads).toHaveLength(3)
    const leadMs = beginMs - (loads[0]?.atMs ?? 0)
    expect(leadMs).toBeLessThanOrEqual(leadMsOf('15213'))
    expect(leadMs).toBeGreaterThan(leadMsOf('15213') - 2 * limits.aheadLookEveryMs)
    expect(clock.now()).toBeGreaterThan(beginMs)
  })

  it('500 workspaces with the same hours are spread over the time before them', async () => {
    const { createDesk, run, loads, state } = createWorld({ startMs: mondayMs + 32 * hourMs })
    const desk = createDesk('one')
    await run(desk, 1_000)
    for (let at = 0; at < 500; at += 1) desk.take([tellOf(15_000 + at, 2, true)])
    await run(desk, hourMs)
    expect(loads).toHaveLength(500 * 2)
    expect(state.atOnceMost).toBeLessThanOrEqual(limits.aheadAtOnce)
    expect(Math.max(...loads.map(({ atMs }) => atMs))).toBeLessThan(beginMs)
    const perMinute = Map.groupBy(loads, ({ atMs }) => Math.floor(atMs / 60_000))
    expect(Math.max(...[...perMinute.values()].map(({ length }) => length))).toBeLessThan(60 * 2)
  })
})

describe('the record of demand', () => {
  it('is bounded in workspaces, in questions and in age, and what was told last survives a restart', () => {
    const clock = createFakeClock()
    const storage = createSqlStorage(new DatabaseSync(':memory:'))
    const book = openDemandBook(storage, clock.now)
    for (let at = 0; at < limits.aheadWorkspacesMax + 10; at += 1) book.take([tellOf(at + 1, 1)])
    expect(book.workspaces()).toHaveLength(limits.aheadWorkspacesMax)
    for (let rows = 0; rows < limits.aheadWorkspacesMax; rows += limits.aheadRowsAtOnceMax) book.write()
    const again = openDemandBook(storage, clock.now)
    expect(new Set(again.workspaces())).toEqual(new Set(book.workspaces()))
    expect(again.workspaces()).not.toContain('1')
    expect(again.inDemand(workspace(500), 0, 5)).toEqual([asked(0)])
  })

  it('leaves out what does not have its form', () => {
    const book = openDemandBook(createSqlStorage(), () => 0)
    book.take([null, { workspaceId: '15213' }, { ...tellOf('15213', 1), questions: [{ resource: 1 }] }])
    expect(book.workspaces()).toEqual([])
  })

  it('keeps the questions that are most in demand, and demand fades', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(99), { maxLength: 48 }), { maxLength: 20 }), (told) => {
        let kept: ReturnType<typeof mergedDemand> = []
        for (const [at, each] of told.entries()) kept = mergedDemand(kept, each.map(asked), at * 60_000)
        expect(kept.length).toBeLessThanOrEqual(limits.aheadQuestionsMax)
        const scores = kept.map((each) => scoreAt(each, told.length * 60_000))
        expect(scores).toEqual([...scores].sort((one, other) => other - one))
      }),
    )
    expect(scoreAt({ score: 4, atMs: 0 }, 2 * limits.aheadHalfLifeMs)).toBe(1)
    expect(mergedDemand(mergedDemand([], [asked(1)], 0), [], limits.aheadKeptMs + 1)).toEqual([])
  })
})

describe('turns', () => {
  it('give every workspace one load before any gets its next, and never two at once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 8 }), fc.array(fc.boolean()), (sizes, ends) => {
        const turns = new Turns()
        for (const [at, size] of sizes.entries()) {
          const workspaceId = workspace(`w${at}`)
          turns.add(
            workspaceId,
            Array.from({ length: size }, (_, name) => ({
              ...{ workspaceId, why: 'deploy' as const, asked: asked(name), sinceMs: 0 },
            })),
          )
        }
        const open: Turn[] = []
        let begun = 0
        for (const isEnd of [...ends, ...Array.from({ length: 100 }, (_, at) => at % 2 === 0)]) {
          const ended = isEnd ? open.shift() : undefined
          if (ended !== undefined) turns.end(ended)
          const turn = turns.begin()
          if (turn === null) continue
          expect(open.map(({ workspaceId }) => workspaceId)).not.toContain(turn.workspaceId)
          open.push(turn)
          begun += 1
        }
        expect(begun).toBe(sizes.reduce((sum, size) => sum + size, 0))
      }),
    )
  })
})
