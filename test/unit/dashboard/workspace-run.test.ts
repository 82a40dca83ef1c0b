import { describe, expect, it } from 'vitest'
import {
  matching,
  type RunCalls,
  type RunResult,
  runOver,
  standingOf,
  triesMax,
  waitSecondsMax,
} from '../../../worker/dashboard/src/deployment/workspace-run.ts'

const late = new Error('late')
const refused = new Error('refused')

/** A run in which a request takes 10 ms, with what it saw. */
function world(more: Partial<RunCalls> = {}) {
  const results: RunResult[] = []
  const waits: number[] = []
  let nowMs = 0
  const calls: RunCalls = {
    act: async (workspaceId) => {
      nowMs += 10
      return `did ${workspaceId}`
    },
    refusalOf: (error) => ({
      reason: String(error instanceof Error ? error.message : error),
      retryAfterSeconds: error === late ? 7 : null,
    }),
    nowMs: () => nowMs,
    wait: async (seconds) => {
      waits.push(seconds)
      nowMs += seconds * 1_000
    },
    whenGoing: async () => undefined,
    isStopped: () => false,
    onResult: (result) => results.push(result),
    onWait: () => undefined,
    ...more,
  }
  return { calls, results, waits }
}

describe('a run over workspaces', () => {
  it('asks for each once, in order and never two at a time', async () => {
    let underWay = 0
    const { calls, results } = world({
      act: async (workspaceId) => {
        underWay += 1
        expect(underWay).toBe(1)
        await Promise.resolve()
        underWay -= 1
        return workspaceId
      },
    })
    await runOver(['a', 'b', 'c'], calls)
    expect(results.map(({ workspaceId, isOk }) => [workspaceId, isOk])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ])
  })

  it('waits as long as the API asks, asks again, and goes on after a refusal', async () => {
    const failures = [late, late]
    const { calls, results, waits } = world({
      act: async (workspaceId) => {
        const failure = workspaceId === 'b' ? failures.pop() : workspaceId === 'c' ? refused : undefined
        if (failure !== undefined) throw failure
        return 'done'
      },
    })
    await runOver(['a', 'b', 'c', 'd'], calls)
    expect(waits).toEqual([7, 7])
    expect(results.map(({ isOk, note }) => [isOk, note])).toEqual([
      [true, 'done'],
      [true, 'done'],
      [false, 'refused'],
      [true, 'done'],
    ])
    expect(results[1]?.durationMs).toBe(14_000)
  })

  it('gives a workspace up after so many tries, and never waits longer than its bound', async () => {
    const { calls, results, waits } = world({
      act: () => Promise.reject(late),
      refusalOf: () => ({ reason: 'late', retryAfterSeconds: 600 }),
    })
    await runOver(['a'], calls)
    expect(waits).toEqual(Array.from({ length: triesMax - 1 }, () => waitSecondsMax))
    expect(results).toMatchObject([{ isOk: false, note: 'late' }])
  })

  it('asks for no more once it is stopped, also during a wait, and holds while it is paused', async () => {
    let isStopped = false
    const between = world({
      act: async () => {
        isStopped = true
        return 'last'
      },
      isStopped: () => isStopped,
    })
    await runOver(['a', 'b'], between.calls)
    expect(between.results).toHaveLength(1)

    let isOver = false
    const waiting = world({
      act: () => Promise.reject(late),
      wait: async () => {
        isOver = true
      },
      isStopped: () => isOver,
    })
    await runOver(['a', 'b'], waiting.calls)
    expect(waiting.results).toEqual([])

    let goOn = () => {}
    const paused = world({
      whenGoing: () =>
        new Promise((resolve) => {
          goOn = resolve
        }),
    })
    const running = runOver(['a'], paused.calls)
    expect(paused.results).toEqual([])
    goOn()
    await running
    expect(paused.results).toHaveLength(1)
  })
})

it('the standing of a run counts refusals, and reckons what is left by the pace so far', () => {
  const result = { workspaceId: 'a', isOk: true, note: '', durationMs: 20 }
  expect(standingOf([], 10)).toEqual({ done: 0, refused: 0, leftMs: null })
  expect(standingOf([result, { ...result, isOk: false, durationMs: 40 }], 10)).toEqual({
    ...{ done: 2, refused: 1, leftMs: 240 },
  })
})

it('workspaces are found by a part of their name or id, in any case', () => {
  const all = [
    { id: '15213', name: 'Reference' },
    { id: '15214', name: 'Xenia Clinics' },
  ]
  expect(matching(all, '')).toEqual(all)
  expect(matching(all, ' xenia ')).toEqual([all[1]])
  expect(matching(all, '213')).toEqual([all[0]])
  expect(matching(all, 'none')).toEqual([])
})
