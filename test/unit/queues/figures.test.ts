import { expect, test } from 'vitest'
import { createFigures, type RunRecord } from '../../../origin/queues/figures.ts'

const atMs = Date.parse('2026-11-26T10:59:59.000Z')
const run: RunRecord = { queue: 'flows', atMs, runMs: 12, waitMs: 3, outcome: 'completed', reason: null }

test('what a process ran is handed out by minute and by hour, once', () => {
  const figures = createFigures()
  figures.record(run)
  figures.record({ ...run, outcome: 'failed_run', reason: 'busy', waitMs: null })
  figures.record({ ...run, atMs: atMs + 1_000, outcome: 'failed', reason: 'busy', waitMs: null })
  const { periods, failures } = figures.take()
  expect(
    periods.map(({ seconds, beganAt, completed, failed, failedRuns }) => ({
      seconds,
      beganAt,
      counts: [completed, failed, failedRuns],
    })),
  ).toEqual([
    { seconds: 60, beganAt: '2026-11-26T10:59:00.000Z', counts: [1, 0, 1] },
    { seconds: 3600, beganAt: '2026-11-26T10:00:00.000Z', counts: [1, 0, 1] },
    { seconds: 60, beganAt: '2026-11-26T11:00:00.000Z', counts: [0, 1, 1] },
    { seconds: 3600, beganAt: '2026-11-26T11:00:00.000Z', counts: [0, 1, 1] },
  ])
  expect(failures).toEqual([
    { queue: 'flows', hour: '2026-11-26T10:00:00.000Z', reason: 'busy', runs: 1 },
    { queue: 'flows', hour: '2026-11-26T11:00:00.000Z', reason: 'busy', runs: 1 },
  ])
  expect(figures.take()).toEqual({ periods: [], failures: [] })
})

test('figures that could not be stored are handed out again, together with those that came since', () => {
  const figures = createFigures()
  figures.record({ ...run, reason: 'busy', outcome: 'failed_run' })
  const lost = figures.take()
  figures.record({ ...run, reason: 'busy', outcome: 'failed_run' })
  figures.giveBack(lost)
  const { periods, failures } = figures.take()
  expect(periods.map(({ failedRuns }) => failedRuns)).toEqual([2, 2])
  expect(periods[0]?.runTimes.reduce((sum, count) => sum + count, 0)).toBe(2)
  expect(failures.map(({ runs }) => runs)).toEqual([2])
})

test('a flood of different reasons stays bounded', () => {
  const figures = createFigures()
  for (let index = 0; index < 1_000; index += 1) {
    figures.record({ ...run, outcome: 'failed_run', reason: `reason ${index}` })
  }
  const { failures } = figures.take()
  expect(failures.length).toBeLessThanOrEqual(101)
  expect(failures.reduce((sum, { runs }) => sum + runs, 0)).toBe(1_000)
})
