import { validateBounds as bounds } from './bounds.ts'
import { preparationRequestsMax, prepareCanary } from './canary.ts'
import { NotApplicable, Unmet } from './check-endings.ts'
import { checks } from './checks/index.ts'
import { type Ask, createDeployment, type Deployment } from './deployment.ts'
import type { Given } from './given.ts'
import { secretsOf } from './given.ts'
import {
  type CheckReport,
  type Figure,
  type Finding,
  figureOf,
  type Report,
  reportSchema,
  verdictOf,
  withoutSecrets,
} from './report.ts'
import type { Canary, Check, Run } from './run.ts'

export interface Listener {
  /** A line about what happens now. It contains no secret. */
  onProgress(line: string): void
}

/** The requests with which everything is restored. */
const restoreRequestsMax = 10

interface Restore {
  readonly what: string
  readonly restore: (ask: Ask) => Promise<void>
}

/**
 * Validates a deployment: says what it is going to do, runs the checks one after the other, and restores what it changed, also if
 * `interruption` aborts or the deadline of the run passes.
 */
export async function validateDeployment(
  given: Given,
  interruption: AbortSignal,
  listener: Listener,
): Promise<Report> {
  const secrets = secretsOf(given)
  const tell = (line: string) => listener.onProgress(withoutSecrets(line, secrets))
  const chosen = checks.filter(
    ({ name }) => (given.only?.includes(name) ?? true) && !given.skip.includes(name),
  )
  const plan = planOf(given, chosen)
  tellPlan(given, plan, tell)

  const startedAt = new Date().toISOString()
  const startMs = performance.now()
  const signal = AbortSignal.any([interruption, AbortSignal.timeout(given.deadlineSeconds * 1_000)])
  const deployment = createDeployment(given, signal, (seconds) =>
    tell(`waiting ${seconds} s for the user's limit`),
  )
  const restores: Restore[] = []
  const reports = await runAll({ given, signal, deployment, restores, tell }, chosen)
  const left = await restoreAll(given, restores, tell)

  const count = (outcome: CheckReport['outcome']) => reports.filter((each) => each.outcome === outcome).length
  const report: Report = {
    ...{ tool: 'boardcache-validate', formatVersion: 1, url: given.url, workspace: given.workspaceId },
    ...{ startedAt, durationMs: Math.round(performance.now() - startMs), isQuick: given.isQuick },
    verdict: verdictOf(reports, left, interruption.aborted),
    plan,
    requests: reports.reduce((sum, { requests }) => sum + requests, 0),
    counts: {
      ...{ passed: count('passed'), failed: count('failed') },
      ...{ skipped: count('skipped'), unfinished: count('unfinished') },
    },
    ...{ checks: reports, left },
  }
  return reportSchema.parse(JSON.parse(withoutSecrets(JSON.stringify(report), secrets)))
}

function planOf(given: Given, chosen: readonly Check[]): Report['plan'] {
  const running = chosen.filter((check) => check.skippedBecause(given) === null)
  const requests = running.reduce((sum, check) => sum + check.requestsMax(given), 0)
  const prepared = running.some(({ needsCanary }) => needsCanary)
  return {
    requestsMax: requests + (prepared ? preparationRequestsMax(given) + restoreRequestsMax : 0),
    deadlineSeconds: given.deadlineSeconds,
    writes: [
      ...(prepared ? ["the canary's settings, which are restored"] : []),
      ...running.flatMap(({ writes }) => (writes === null ? [] : [writes])),
    ],
  }
}

function tellPlan(given: Given, plan: Report['plan'], tell: (line: string) => void): void {
  tell(`Validates ${given.url} with the canary workspace ${given.workspaceId}.`)
  tell(
    `Sends at most ${plan.requestsMax} requests, ${bounds.atOnce} at a time, each for at most ${bounds.requestDeadlineMs / 1_000} s, within ${plan.deadlineSeconds} s in all.`,
  )
  for (const line of plan.writes) tell(`Writes: ${line}.`)
}

interface Running {
  readonly given: Given
  readonly signal: AbortSignal
  readonly deployment: Deployment
  readonly restores: Restore[]
  tell(line: string): void
}

async function runAll(running: Running, chosen: readonly Check[]): Promise<CheckReport[]> {
  const reports: CheckReport[] = []
  let canary: Canary | null = null
  const add = (report: CheckReport) => {
    reports.push(report)
    const more = report.findings.map(({ expected, saw }) => `\n    ${expected}. Seen: ${saw}`).join('')
    const words = report.reason === null ? report.outcome : `${report.outcome}: ${report.reason}`
    running.tell(
      `  ${report.name.padEnd(16)} ${words} (${report.requests} requests, ${Math.round(report.durationMs)} ms)${more}`,
    )
  }
  for (const check of chosen) {
    const reason = check.skippedBecause(running.given)
    if (reason !== null) {
      add(skipped(check, reason))
      continue
    }
    if (check.needsCanary && canary === null && !reports.some(({ name }) => name === preparation.name)) {
      add(
        await runCheck(running, preparation, nothing, async (run) => {
          canary = await prepareCanary(run)
        }),
      )
    }
    if (check.needsCanary && canary === null) add(skipped(check, 'the canary could not be prepared'))
    else add(await runCheck(running, check, canary ?? nothing, (run) => check.run(run)))
  }
  return reports
}

const nothing: Canary = { rows: null, contact: null }

const preparation: Check = {
  name: 'canary',
  title: 'the canary workspace can be prepared: settings, rows, a contact',
  needsCanary: false,
  skippedBecause: () => null,
  requestsMax: preparationRequestsMax,
  writes: null,
  run: () => Promise.resolve(),
}

const skipped = ({ name, title }: Check, reason: string): CheckReport => ({
  ...{ name, title, outcome: 'skipped', reason, findings: [], findingsMore: 0 },
  ...{ notes: [], figures: [], requests: 0, durationMs: 0 },
})

async function runCheck(
  { given, signal, deployment, restores, tell }: Running,
  check: Check,
  canary: Canary,
  body: (run: Run) => Promise<void>,
): Promise<CheckReport> {
  const { name, title } = check
  const startMs = performance.now()
  const budget = deployment.within(check.requestsMax(given))
  const found: Finding[] = []
  const notes: string[] = []
  const figures: Figure[] = []
  const run: Run = {
    ...{ given, signal, ask: budget.ask, deployment, canary },
    fail: (expected, saw) => void found.push({ expected, saw }),
    note: (text) => void notes.push(text),
    figure: (of, valuesMs, bound) => void figures.push(figureOf(of, valuesMs, bound)),
    progress: (text) => tell(`  ${name}: ${text}`),
    atTheEnd: (what, restore) => void restores.push({ what, restore }),
  }
  let reason: string | null = null
  try {
    await body(run)
  } catch (error) {
    if (error instanceof NotApplicable) reason = error.message
    else if (error instanceof Unmet) found.push({ expected: error.expected, saw: error.saw })
    // The error of an aborted wait says nothing about the deployment.
    else if (!signal.aborted) found.push({ expected: 'the check runs to its end', saw: messageOf(error) })
  }
  const outcome = outcomeOf(found.length > 0, signal.aborted, reason !== null)
  return {
    ...{ name, title, outcome, reason, notes, figures },
    findings: found.slice(0, bounds.findingsMax),
    findingsMore: Math.max(0, found.length - bounds.findingsMax),
    ...{ requests: budget.sent(), durationMs: Math.round(performance.now() - startMs) },
  }
}

function outcomeOf(hasFindings: boolean, isAborted: boolean, isSkipped: boolean): CheckReport['outcome'] {
  if (hasFindings) return 'failed'
  if (isAborted) return 'unfinished'
  return isSkipped ? 'skipped' : 'passed'
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : 'an unknown error')

/** Restores in the opposite order, with time of its own, because the run's may be over. Answers what could not be restored. */
async function restoreAll(
  given: Given,
  restores: readonly Restore[],
  tell: (line: string) => void,
): Promise<string[]> {
  const signal = AbortSignal.timeout(bounds.cleanupDeadlineMs)
  const { ask } = createDeployment(given, signal, () => undefined).within(restoreRequestsMax)
  const left: string[] = []
  for (const { what, restore } of restores.toReversed()) {
    try {
      await restore(ask)
      tell(`  afterwards: ${what}`)
    } catch (error) {
      left.push(`${what}: ${messageOf(error)}`)
    }
  }
  return left
}
