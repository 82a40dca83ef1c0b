import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../worker/app.ts'
import type { Access } from '../../worker/auth/callers.ts'
import { type Depth, told } from './findings.ts'
import { type ForeignStack, startForeignStack } from './foreign-stack.ts'
import { type ForeignReport, fuzzForeign, isPastCredentials } from './fuzz-foreign.ts'
import { originTargets, type Target, workerTargets } from './targets.ts'

const attempts = 20_000
const seed = 1
const targets = [...workerTargets(), ...originTargets()]

describe("20,000 attempts to see another workspace's data", () => {
  let given: ForeignStack
  let report: ForeignReport
  const timesOf = (wanted: (depth: Depth) => boolean) =>
    report.depths.filter(wanted).reduce((sum, { times }) => sum + times, 0)

  beforeAll(async () => {
    given = await startForeignStack()
    const { place, world } = given
    report = await fuzzForeign({ seed, attempts, targets, place, world })
  }, 600_000)
  afterAll(async () => {
    await given?.stop()
  })

  it("see and change none of them, through Worker, origin and Supabase's interface, and for a removed member too", () => {
    expect(report.findings, told(report, seed)).toEqual([])
    expect(report.attempts).toBeGreaterThanOrEqual(attempts)
  })

  it('reach every route of Worker and origin that checks its caller, and tables and functions', () => {
    for (const { side, path } of targets.filter(({ isOpen }) => !isOpen))
      expect(report.routes).toContain(`${side} ${path}`)
    for (const name of ['contacts', 'memberships', 'rpc/contacts_page', 'rpc/contact_counts']) {
      expect(report.routes).toContain(`supabase /rest/v1/${name}`)
    }
  })

  it('mostly get past the credentials, on each of the three', () => {
    // Otherwise the attempts would only prove that bad credentials are refused. Of some routes no attacker has the credentials.
    const closed = new Set(targets.filter(isClosed).map(({ path }) => path))
    for (const side of ['worker', 'origin', 'supabase'] as const) {
      const all = timesOf((depth) => depth.side === side && !closed.has(depth.route))
      const past = timesOf((depth) => depth.side === side && isPastCredentials(depth.reach))
      expect(past, told(report, seed)).toBeGreaterThan(2_000)
      expect(past / all, told(report, seed)).toBeGreaterThan(0.6)
    }
  })

  it('bring mail with claims about it, which is taken in by ours or by nobody', () => {
    const inside = ({ method, route, reach }: Depth) =>
      method === 'POST' && route === '/api/email-webhook' && reach === 'inside'
    expect(timesOf(inside), told(report, seed)).toBeGreaterThan(200)
  })

  it.each([
    ...routes.filter(({ access }) => judged.has(access)).map(({ path }) => ['worker', path]),
    ...[
      '/load/{resource}',
      '/workspaces/{id}/boards',
      '/workspaces/{id}/needs',
      '/workspaces/{id}/settings',
    ].map((path) => ['origin', path]),
    ...work.map((path) => ['origin', path]),
    ...['/contacts', '/contacts/import', '/contacts/{id}', '/contacts/{id}/move'].map((path) => [
      'origin',
      path,
    ]),
    ...['workspaces', 'memberships', 'boards', 'board_columns', 'contacts', 'cache_settings'].map(ofSupabase),
    ...['rpc/contacts_page', 'rpc/contact_counts', 'rpc/contact_update', 'rpc/contacts_import'].map(
      ofSupabase,
    ),
  ])('get as far as the check of the membership: %s %s', (side, route) => {
    const refused = timesOf(
      (depth) => depth.side === side && depth.route === route && depth.reach === 'membership',
    )
    expect(refused, told(report, seed)).toBeGreaterThan(5)
  })
})

/** Routes that are opened by a session of the board, by the internal key alone or by a signed link. */
function isClosed({ isBoard = false, isForKey = false, path }: Target): boolean {
  return isBoard || isForKey || path.startsWith('/files')
}

/** The doors of the Worker that judge a caller by the workspace that is named, and those of operators. */
const judged: ReadonlySet<Access> = new Set([
  ...(['member', 'service-or-admin', 'jobs', 'queues', 'queue-figures', 'email-figures'] as const),
  ...(['operator-named', 'operator-reading'] as const),
])
/** Routes of the origin about work in the background, and about mail. */
const work = [
  ...['/contacts/import/jobs', '/api/v1/queues/{queue}/jobs', '/api/v1/queues/{queue}/jobs/{id}'],
  ...['/api/v1/queues/{queue}/clean', '/api/v1/exports', '/api/v1/exports/{id}', '/api/v1/imports/{id}'],
  ...['/api/v1/notifications/read', '/api/v1/webhook-endpoints', '/api/v1/webhook-endpoints/{id}'],
  ...['/api/v1/webhook-endpoints/{id}/deliveries', '/inbound-email/settings'],
]

function ofSupabase(name: string): [string, string] {
  return ['supabase', `/rest/v1/${name}`]
}
