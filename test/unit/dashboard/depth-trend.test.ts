import { describe, expect, it } from 'vitest'
import type { QueueMetrics } from '../../../shared/contract/queues.ts'
import {
  type DepthTrend,
  pointsOf,
  trendMs,
  withFigures,
} from '../../../worker/dashboard/src/queues/depth-trend.ts'

const startMs = Date.parse('2026-11-26T13:00:00Z')

function figures(afterMs: number, waiting: number): QueueMetrics {
  const lastHour = {
    ...{ completed: 0, failed: 0, failedRuns: 0, perMinute: 0, failureRate: 0 },
    ...{ waitMs: null, runMs: null },
  }
  const flows = {
    ...{ waiting, active: 0, completed: 0, failed: 0, delayed: 0 },
    ...{ isPaused: false, oldestWaitingMs: 0, isServed: true, lastHour },
  }
  return { queues: { flows }, timestamp: new Date(startMs + afterMs).toISOString() }
}

const trendOf = (...all: readonly QueueMetrics[]) => all.reduce<DepthTrend>(withFigures, [])
const box = { width: 60, height: 10 }

describe('the trend of the depths', () => {
  it('takes figures once, and none that are older than the last', () => {
    const trend = trendOf(figures(0, 1), figures(5_000, 2), figures(5_000, 9), figures(4_000, 9))
    expect(trend.map(({ waiting }) => waiting.get('flows'))).toEqual([1, 2])
  })

  it('forgets what is too old', () => {
    const trend = trendOf(figures(0, 1), figures(5_000, 2), figures(trendMs + 4_000, 3))
    expect(trend.map(({ waiting }) => waiting.get('flows'))).toEqual([2, 3])
  })

  it('draws no job at the lower edge and the most at the upper one', () => {
    expect(pointsOf(trendOf(figures(0, 4), figures(10_000, 2), figures(20_000, 0)), 'flows', box)).toBe(
      '0.0,0.0 30.0,5.0 60.0,10.0',
    )
  })

  it('draws no line through a single point, and none for a queue in which nothing waited', () => {
    expect(pointsOf(trendOf(), 'flows', box)).toBeNull()
    expect(pointsOf(trendOf(figures(0, 4)), 'flows', box)).toBeNull()
    expect(pointsOf(trendOf(figures(0, 0), figures(5_000, 0)), 'flows', box)).toBeNull()
  })
})
