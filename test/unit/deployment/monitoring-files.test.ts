import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  counterFamilies,
  durationFamilies,
  gaugeFamilies,
} from '../../../worker/deployment/metrics/families.ts'
import { renderPrometheus, sampleNames } from '../../../worker/deployment/metrics/prometheus.ts'
import { hasProgram } from '../../support/programs.ts'
import { promtool } from '../../support/promtool.ts'
import { projectFolder } from '../../support/run-tool.ts'
import { cacheEvent } from './metrics/events.ts'
import { readingOf } from './metrics/figures.ts'

const rulesPath = 'worker/deployment/alert-rules.yml'
const rules = readFileSync(join(projectFolder, rulesPath), 'utf8')
const dashboardText = readFileSync(join(projectFolder, 'worker/deployment/grafana-dashboard.json'), 'utf8')

const panelSchema = z.object({
  id: z.int(),
  type: z.enum(['row', 'stat', 'timeseries']),
  title: z.string().min(1),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  datasource: z
    .object({ type: z.literal('prometheus'), uid: z.literal(['$', '{datasource}'].join('')) })
    .optional(),
  targets: z.array(z.object({ expr: z.string().min(1), refId: z.string() })).default([]),
})
/** The parts of a dashboard that Grafana 11 reads (its dashboard schema 39), as far as they are used here. */
const dashboard = z
  .object({
    title: z.string(),
    uid: z.string(),
    schemaVersion: z.literal(39),
    templating: z.object({
      list: z.array(z.object({ name: z.string(), type: z.string(), query: z.string() })),
    }),
    panels: z.array(panelSchema),
  })
  .parse(JSON.parse(dashboardText))

/** Every name of ours in a text. */
function namesIn(text: string): Set<string> {
  return new Set(text.match(/\bboardcache_\w+/g) ?? [])
}

describe('the dashboard for Grafana', () => {
  test('uses the data source that the reader chooses, and no fixed one', () => {
    expect(dashboard.templating.list).toContainEqual(
      expect.objectContaining({ name: 'datasource', type: 'datasource', query: 'prometheus' }),
    )
    const asking = dashboard.panels.filter(({ type }) => type !== 'row')
    expect(
      asking.filter(({ datasource, targets }) => datasource === undefined || targets.length === 0),
    ).toEqual([])
  })

  test('has panels of different ids, none over another', () => {
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })

  test('queries no family that the Worker does not expose', () => {
    const asked = namesIn(
      dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'),
    )
    expect([...asked].filter((name) => !sampleNames().includes(name))).toEqual([])
  })

  test('shows every family that the Worker exposes', () => {
    const families = [
      ...Object.keys(counterFamilies).map((family) => `boardcache_${family}_total`),
      ...Object.keys(gaugeFamilies).map((family) => `boardcache_${family}`),
      ...Object.values(durationFamilies).map(({ name }) => `boardcache_${name}_bucket`),
    ]
    const shown = namesIn(dashboardText)
    expect(families.filter((name) => !shown.has(name))).toEqual([])
  })
})

describe('the alert rules', () => {
  test('query no family that the Worker does not expose', () => {
    const names = [...namesIn(rules)]
    expect(names.length).toBeGreaterThan(5)
    expect(names.filter((name) => !sampleNames().includes(name))).toEqual([])
  })

  test.skipIf(!hasProgram('promtool'))('are such as Prometheus takes', () => {
    expect(promtool(['check', 'rules', rulesPath])).toBe('')
  })

  test.skipIf(!hasProgram('promtool'))('fire where they must and are silent where they must be', () => {
    expect(promtool(['test', 'rules', 'test/unit/deployment/alert-rules.test.yml'])).toBe('')
  })
})

const spread = { p50: 5, p95: 20, p99: 90 }
const busyJobs = {
  messages: {
    ...{ waiting: 3, active: 1, delayed: 2, completed: 100, failed: 7, isPaused: false, isServed: true },
    oldestWaitingMs: 1_500,
    lastHour: {
      ...{ completed: 40, failed: 2, failedRuns: 5, perMinute: 0.7, failureRate: 0.05 },
      ...{ waitMs: spread, runMs: spread },
    },
  },
}

describe('the figures as text', () => {
  test.skipIf(!hasProgram('promtool'))(
    'keep to the conventions of Prometheus, with every family in them',
    () => {
      const gauges = { LAX: { 'breaker_state kv get': 1, memory_tier_bytes: 5, isolates: 1 } }
      const outbox = { status: 'running' as const, depth: 1, oldestAgeMs: 1_500, parked: 0, relayed: 1 }
      const origin = {
        fetchedAtMs: 0,
        isUp: true,
        queriesRunning: 1,
        queriesRunningMax: 16,
        queriesWaiting: 0,
        outbox,
        jobs: busyJobs,
      }
      const check = fc.property(fc.array(cacheEvent, { minLength: 5, maxLength: 200 }), (events) => {
        const text = renderPrometheus(readingOf(events, { gauges, origin }), 'prometheus')
        expect(promtool(['check', 'metrics'], text)).toBe('')
      })
      fc.assert(check, { numRuns: 10 })
    },
  )

  test('contain no sample that sampleNames leaves out', () => {
    const [events] = fc.sample(fc.array(cacheEvent, { minLength: 400, maxLength: 400 }), {
      numRuns: 1,
      seed: 1,
    })
    const text = renderPrometheus(readingOf(events ?? []), 'prometheus')
    const given = [...text.matchAll(/^(boardcache_\w+)/gm)].map(([, name]) => name ?? '')
    expect([...new Set(given)].filter((name) => !sampleNames().includes(name))).toEqual([])
  })
})
