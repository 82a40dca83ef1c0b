import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answersHttp } from '../../origin/local/processes.ts'
import { routes } from '../../worker/app.ts'
import { type FuzzReport, told } from './findings.ts'
import { fuzzMalformed } from './fuzz-malformed.ts'
import { type FuzzStack, startFuzzStack } from './fuzz-stack.ts'
import { originTargets, type Target, workerTargets } from './targets.ts'

/** As many as a two-core machine sends in about two minutes, some 90 for each route. `npm run fuzz -- --seed 2` sends others. */
const casesMax = 16_000
const seed = 1

const targets = [...workerTargets(), ...originTargets()]

describe('malformed requests to every route and method of Worker and origin', () => {
  let given: FuzzStack
  let pids: readonly (number | null)[]
  let report: FuzzReport
  const running = () => [given.stack.pieces.origin.pid, given.stack.pieces.worker.pid]

  beforeAll(async () => {
    given = await startFuzzStack()
    pids = running()
    report = await fuzzMalformed({ seed, casesMax, targets, place: given.place, logs: given.logs })
  }, 600_000)
  afterAll(async () => {
    await given?.stop()
  })

  it('get no 5xx except our 503 and 504, errors of one form, an end in time, and leave nothing in the logs', () => {
    expect(report.findings, told(report, seed)).toEqual([])
    expect(report.cases).toBe(casesMax)
  })

  it('leave both processes running and serving', async () => {
    expect(running()).toEqual(pids)
    expect(await answersHttp(`${given.stack.worker}/health`)).toBe(true)
    expect(await answersHttp(`${given.stack.origin}/health`)).toBe(true)
  })

  it('reach every route of the Worker and of the origin', () => {
    expect(report.routes).toEqual(new Set(targets.map(({ side, path }) => `${side} ${path}`)))
    for (const { path } of routes) expect(report.routes).toContain(`worker ${path}`)
    for (const path of ['/load/{resource}', '/contacts/import', '/health']) {
      expect(report.routes).toContain(`origin ${path}`)
    }
  })

  it.each(targets.filter(isServed).map(({ side, method, path }) => [side, method, path] as const))(
    'get as far as the route itself with credentials that it accepts: %s %s %s',
    (side, method, path) => {
      const inside = report.depths.filter(
        (depth) =>
          depth.side === side && depth.method === method && depth.route === path && depth.reach === 'inside',
      )
      expect(inside[0]?.times ?? 0, told(report, seed)).toBeGreaterThan(10)
    },
  )
})

/** The stack does not serve everything that is a target, and one session can be ended only once. */
function isServed({ method, path }: Target): boolean {
  const isEnd = method === 'POST' && path.endsWith('/logout')
  return !isEnd && !['/no/such/route', '/favicon.ico', '/dashboard/index.js'].includes(path)
}
