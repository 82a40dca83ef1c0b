import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { runTool } from '../support/run-tool.ts'
import { checkNames } from '../validate/checks/index.ts'
import { parseGiven } from '../validate/given.ts'
import { type Report, reportSchema } from '../validate/report.ts'
import { reportText } from '../validate/report-text.ts'
import { validateDeployment } from '../validate/validate.ts'

/*
 * One stack, with a proxy before the Worker and another one on the relay's way to it. Each fault is planted in one of them or in the
 * database, while everything runs.
 */

const canary = 'canary-1'
/** Wide enough for a machine that is busy, so that only a planted fault passes them. */
const boundMs = 6_000

let stack: TestStack
let front: FaultyProxy
let relay: FaultyProxy

beforeAll(async () => {
  front = await startFaultyProxy()
  relay = await startFaultyProxy()
  stack = await startTestStack({
    contacts: 500,
    // The local stack has no limits, which is one of the faults.
    workerVariables: { RATE_LIMIT_USER_MAX: '2000', RATE_LIMIT_WORKSPACE_MAX: '30000' },
    originEnvironment: { WORKER_URL: relay.url },
  })
  front.target = stack.worker
  relay.target = stack.worker
  await stack.sql`insert into workspaces (id, name) values (${canary}, 'Canary')`
  // The relay found no Worker while the proxy before it led nowhere, and waits a little before it tries again.
  await eventually(
    async () => (await ask(`${stack.worker}/health`)).text.includes('"outbox":{"status":"running"}'),
    { deadlineMs: 60_000, everyMs: 200 },
  )
})
afterEach(() => {
  front.plant({})
  relay.plant({})
})
afterAll(async () => {
  await stack?.stop()
  await front?.stop()
  await relay?.stop()
})

const options = [
  ...['--workspace', canary, '--quick', '--allowed-origin', 'http://localhost:3000'],
  ...['--staleness-bound-ms', String(boundMs), '--row-bound-ms', String(boundMs)],
  ...['--live-bound-ms', String(boundMs)],
]

/** A user of its own for each run, whose limit no other run has spent. */
async function environment() {
  const tokenOf = (role: 'admin' | 'member') =>
    stack.tokenOf({ userId: crypto.randomUUID(), workspaces: { [canary]: role } })
  return {
    VALIDATE_TOKEN: await tokenOf('admin'),
    VALIDATE_MEMBER_TOKEN: await tokenOf('member'),
    INTERNAL_AUTH_KEY: stack.internalAuthKey,
    VALIDATE_DATABASE_URL: stack.databaseUrl,
  }
}

async function validate(...more: string[]): Promise<Report> {
  const given = parseGiven(['--url', front.url, ...options, ...more], await environment(), checkNames)
  return validateDeployment(given, new AbortController().signal, { onProgress: () => undefined })
}

const failed = ({ checks }: Report) =>
  checks.flatMap(({ name, outcome }) => (outcome === 'failed' ? [name] : []))
const findingsOf = ({ checks }: Report, check: string) =>
  checks.filter(({ name }) => name === check).flatMap(({ findings }) => findings)

/** Rows that a run made and did not remove, by table. */
async function rowsLeft() {
  const tables = ['boards', 'contacts', 'messages', 'companies', 'phone_numbers', 'workspace_configurations']
  const counted = await Promise.all(
    tables.map((table) => stack.sql`select from ${stack.sql(table)} where workspace_id = ${canary}`),
  )
  return counted.reduce((sum, rows) => sum + rows.length, 0)
}

it('the local stack without a fault passes, with a report for machines and for people, and nothing is left behind', async () => {
  const secrets = await environment()
  const own = ['test/validate/main.ts', '--json', '--switch-rollout', '--url', front.url]
  const run = await runTool('node', [...own, ...options], { environment: secrets })
  const report = reportSchema.parse(JSON.parse(run.stdout))
  expect(
    report.checks.flatMap(({ name, findings }) => findings.map((found) => ({ name, ...found }))),
  ).toEqual([])
  expect([report.verdict, run.exitCode, report.left]).toEqual(['passed', 0, []])
  expect(report.counts).toMatchObject({ failed: 0, unfinished: 0 })
  expect(report.checks.filter(({ outcome }) => outcome === 'skipped').map(({ name }) => name)).toEqual([
    ...['redis-off', 'spent-limit'],
  ])
  expect(report.requests).toBeLessThanOrEqual(report.plan.requestsMax)
  expect(reportText(report)).toContain(': passed')
  for (const secret of Object.values(secrets)) expect(run.stdout + run.stderr).not.toContain(secret)
  // Before anything is sent it is said how much.
  expect(run.stderr.indexOf('Sends at most')).toBeLessThan(run.stderr.indexOf('health'))
  expect(await rowsLeft()).toBe(0)
})

it('a broken grant is found', async () => {
  await stack.sql`revoke execute on function public.thread(text, text) from public, anon, authenticated, service_role`
  try {
    const report = await validate('--only', 'resources')
    expect(failed(report)).toEqual(['resources'])
    expect(JSON.stringify(findingsOf(report, 'resources'))).toContain('thread')
  } finally {
    await stack.sql`grant execute on function public.thread(text, text) to authenticated, service_role`
  }
})

it('a tag that is forgotten is found', async () => {
  await stack.sql`alter table public.call_sessions disable trigger user`
  try {
    const report = await validate('--only', 'changes')
    expect(failed(report)).toEqual(['changes'])
    for (const { expected } of findingsOf(report, 'changes')) expect(expected).toContain('call-session')
  } finally {
    await stack.sql`alter table public.call_sessions enable trigger user`
  }
})

it('a wrong secret is found', async () => {
  const authorization = `Bearer ${stack.internalAuthKey}`
  front.plant({
    request: (headers) =>
      headers.authorization === authorization ? { ...headers, authorization: `${authorization}x` } : headers,
  })
  const report = await validate('--only', 'invalidation,refusals')
  expect(failed(report)).toEqual(['invalidation'])
  expect(JSON.stringify(findingsOf(report, 'invalidation'))).toContain('401 key_invalid')
})

it('CORS that is open is found', async () => {
  front.plant({
    answer: (headers, { origin }) =>
      origin === undefined ? headers : { ...headers, 'access-control-allow-origin': origin },
  })
  expect(failed(await validate('--only', 'cors,headers,limits'))).toEqual(['cors'])
})

it('limits that are missing are found', async () => {
  front.plant({
    answer: ({ ratelimit: _, 'ratelimit-policy': __, ...headers }) => headers,
  })
  expect(failed(await validate('--only', 'limits,rate-limits'))).toEqual(['rate-limits'])
})

it('a run that is interrupted removes what it made, and a workspace that somebody uses is not touched', async () => {
  const interruption = new AbortController()
  const given = parseGiven(['--url', front.url, ...options], await environment(), checkNames)
  const report = await validateDeployment(given, interruption.signal, {
    onProgress: (line) => line.includes('resources: cold') && interruption.abort(),
  })
  expect([report.verdict, report.left, await rowsLeft()]).toEqual(['interrupted', [], 0])

  await stack.sql`insert into boards (workspace_id, id, name) values (${canary}, 'somebody', 'Somebody')`
  try {
    const refused = await validate('--only', 'rows')
    expect(failed(refused)).toEqual(['canary'])
    expect(await rowsLeft()).toBe(1)
  } finally {
    await stack.sql`delete from boards where workspace_id = ${canary}`
  }
})

/** Last, since a relay that met failures waits before it tries again. */
it('a stale relay is found', async () => {
  relay.plant({ holdMs: 4 * boundMs })
  const report = await validate('--only', 'rows,cors', '--row-bound-ms', '1000')
  expect(failed(report)).toEqual(['rows'])
})
