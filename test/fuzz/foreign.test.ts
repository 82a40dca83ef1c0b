import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FuzzReport, told } from './findings.ts'
import { type ForeignStack, startForeignStack } from './foreign-stack.ts'
import { fuzzForeign } from './fuzz-foreign.ts'
import { originTargets, workerTargets } from './targets.ts'

const attempts = 10_000
const seed = 1
const targets = [...workerTargets(), ...originTargets()]

describe("10,000 attempts to see what is another workspace's", () => {
  let given: ForeignStack
  let report: FuzzReport

  beforeAll(async () => {
    given = await startForeignStack()
    const { place, world } = given
    report = await fuzzForeign({ seed, attempts, targets, place, world })
  }, 300_000)
  afterAll(async () => {
    await given?.stop()
  })

  it("see none of it and change none of it, over Worker, origin and Supabase's interface, a removed member included", () => {
    expect(report.findings, told(report, seed)).toEqual([])
    expect(report.cases).toBe(attempts)
  })

  it('reach every route of Worker and origin, every table and every function', () => {
    for (const { side, path } of targets) expect(report.routes).toContain(`${side} ${path}`)
    for (const name of ['contacts', 'memberships', 'rpc/contacts_page', 'rpc/contact_counts']) {
      expect(report.routes).toContain(`supabase /rest/v1/${name}`)
    }
  })

  it('are requests that their own workspace answers', () => {
    // Else the attempts would prove that nothing is let in, and not that nobody is.
    for (const status of ['worker 200', 'worker 403', "supabase's front 200", 'origin 401', 'origin 403']) {
      expect(report.statuses[status] ?? 0, told(report, seed)).toBeGreaterThan(100)
    }
  })
})
