import { expect, test } from 'vitest'
import { startPeriodic } from '../../../origin/upkeep/periodic.ts'
import { createFakeClock, deferred } from '../../support/fake-clock.ts'

test('periodic work runs repeatedly, never twice at once, and not after it is stopped', async () => {
  const clock = createFakeClock()
  const runs: PromiseWithResolvers<void>[] = []
  const periodic = startPeriodic({
    clock,
    everyMs: 1_000,
    deadlineMs: 60_000,
    work() {
      const run = deferred<void>()
      runs.push(run)
      return run.promise
    },
  })
  await clock.advance(10_000)
  expect(runs).toHaveLength(1)
  runs[0]?.resolve()
  await clock.advance(1_000)
  expect(runs).toHaveLength(2)
  const stopped = periodic.stop()
  runs[1]?.resolve()
  await stopped
  await clock.advance(10_000)
  expect(runs).toHaveLength(2)
})

test('periodic work that never ends is abandoned at its deadline, and runs again', async () => {
  const clock = createFakeClock()
  let runs = 0
  const periodic = startPeriodic({
    clock,
    everyMs: 1_000,
    deadlineMs: 500,
    work() {
      runs += 1
      return new Promise(() => undefined)
    },
  })
  await clock.advance(3_000)
  expect(runs).toBe(2)
  await clock.advance(500)
  await periodic.stop()
})
