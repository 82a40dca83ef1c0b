import fc from 'fast-check'
import { expect, test } from 'vitest'
import { queueMetricsFormatOf, queueMetricsText } from '../../../shared/contract/queue-metrics-text.ts'
import { queueNames } from '../../../shared/contract/queue-names.ts'
import { queueFiguresSchema } from '../../../shared/contract/queues.ts'
import { hasProgram } from '../../support/programs.ts'
import { promtool } from '../../support/promtool.ts'

const count = fc.nat()
const ms = fc.double({ min: 0, max: 1e9, noNaN: true })
const spread = fc.option(fc.record({ p50: ms, p95: ms, p99: ms }))
const figures = fc.record({
  ...{ waiting: count, active: count, delayed: count, completed: count, failed: count },
  ...{ isPaused: fc.boolean(), isServed: fc.boolean(), oldestWaitingMs: ms },
  lastHour: fc.record({
    ...{ completed: count, failed: count, failedRuns: count, perMinute: ms, waitMs: spread, runMs: spread },
    failureRate: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
})
const timestamp = '2026-01-31T12:00:00.000Z'

test.skipIf(!hasProgram('promtool'))(
  'the figures of the queues keep to the conventions of Prometheus',
  () => {
    const check = fc.property(figures, figures, (one, other) => {
      for (const each of [one, other]) queueFiguresSchema.parse(each)
      const text = queueMetricsText({ queues: { messages: one, 'emails-in': other }, timestamp })
      expect(promtool(['check', 'metrics'], text)).toBe('')
    })
    fc.assert(check, { numRuns: 10 })
  },
)

test('every queue and state has a line, and a time that nobody knows has none', () => {
  const lastHour = {
    ...{ completed: 0, failed: 0, failedRuns: 0, perMinute: 0, failureRate: 0, waitMs: null, runMs: null },
  }
  const idle = {
    ...{ waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, isPaused: false, isServed: true },
    ...{ oldestWaitingMs: 0, lastHour },
  }
  const text = queueMetricsText({
    queues: Object.fromEntries(queueNames.map((queue) => [queue, idle])),
    timestamp,
  })
  const lines = text.split('\n').filter((line) => line.startsWith('boardcache_origin_queue_jobs{'))
  expect(lines).toHaveLength(queueNames.length * 5)
  expect(text).not.toContain('percentile')
  expect(text).not.toMatch(/null|NaN|undefined/)
})

test.each([
  [undefined, null, 'json'],
  [undefined, '*/*', 'json'],
  [undefined, 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'prometheus'],
  ['json', 'text/plain', 'json'],
  ['prometheus', 'application/json', 'prometheus'],
] as const)('a query for %s and Accept of %s get %s', (named, accept, format) => {
  expect(queueMetricsFormatOf(named, accept)).toBe(format)
})
