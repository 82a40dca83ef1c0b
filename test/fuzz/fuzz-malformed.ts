import { createDice, type Dice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { type Fault, faultsOf, isOurs } from './judge.ts'
import type { LogFault, LogWatch } from './logs.ts'
import { malformedCase } from './malformed-requests.ts'
import { type Filling, type RequestCase, renderCase, type Side } from './request-case.ts'
import { smallestOf } from './smallest.ts'
import type { Target } from './targets.ts'
import { type Exchange, exchange } from './wire.ts'

/** Where a case is sent, and with which tokens. */
export interface Place {
  readonly ports: Readonly<Record<Side, number>>
  readonly secrets: Readonly<Record<string, string>>
}

export interface FuzzOptions {
  readonly seed: number
  /** So many cases, or until `isOver` says so. */
  readonly casesMax: number
  readonly isOver?: () => boolean
  readonly targets: readonly Target[]
  readonly place: Place
  readonly logs: LogWatch
  /** What is left open: so many cases; and how long an answer may take. */
  readonly slowMax?: number
  readonly deadlineMs?: number
  /** Whether the cases of findings are made small, which sends more. */
  readonly isReduced?: boolean
}

/** One kind of fault, with the first case that showed it, made as small as it shows it still. */
export interface Finding extends Fault {
  readonly side: Side
  readonly route: string
  readonly times: number
  readonly replay: RequestCase | null
}

export interface FuzzReport {
  readonly cases: number
  /** Each route that was asked, by side and pattern. */
  readonly routes: ReadonlySet<string>
  /** Answers of our code by side and status, and those that a server in front of it gave by itself. */
  readonly statuses: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
}

const atOnce = 24
/** The origin gives a request up 15 s after it began, an import when nothing came of it for 30 s. */
const deadlineMsUsual = 25_000
const importDeadlineMs = 45_000
/** Requests that never become whole: enough for every kind of them, each of which takes as long as the server's patience. */
const slowMaxUsual = 40
const slowEvery = 20

export async function sendCase(
  request: RequestCase,
  place: Place,
  deadlineMs = deadlineMsUsual,
): Promise<Exchange> {
  const port = place.ports[request.side]
  const filling: Filling = { host: `127.0.0.1:${port}`, secrets: place.secrets }
  return exchange({
    port,
    pieces: renderCase(request, filling),
    ending: request.ending,
    methods: Array.from({ length: request.copies }, () => request.method),
    deadlineMs: request.target.includes('/import') ? Math.max(importDeadlineMs, deadlineMs) : deadlineMs,
  })
}

/** Sends cases, each a function of the seed and its number, and reports every kind of fault that it saw. */
export async function fuzzMalformed(options: FuzzOptions): Promise<FuzzReport> {
  const { seed, casesMax, isOver = () => false, targets, place, logs, deadlineMs } = options
  const slowMax = options.slowMax ?? slowMaxUsual
  const tally = createTally()
  const cases = new Map<string, RequestCase>()
  const routes = new Set<string>()
  const slow: Promise<void>[] = []
  let next = 0

  async function run(request: RequestCase): Promise<void> {
    const exchanged = await sendCase(request, place, deadlineMs)
    tally.countAnswers(request, exchanged)
    for (const fault of faultsOf(request, exchanged)) tally.note(fault, request)
  }
  async function work(): Promise<void> {
    while (next < casesMax && !isOver()) {
      const index = next
      next += 1
      const isSlow = index % slowEvery === 0 && index < slowMax * slowEvery
      const request = caseOf(seed, index, targets, isSlow)
      cases.set(`fuzz-${index}`, request)
      routes.add(`${request.side} ${request.route}`)
      if (isSlow) slow.push(run(request))
      else await run(request)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  await Promise.all(slow)
  for (const fault of await logs.faults()) tally.noteLogged(fault, cases)
  const findings = options.isReduced === false ? tally.findings : await reduced(tally.findings, place, logs)
  return { cases: next, routes, statuses: tally.statuses, findings }
}

export function caseOf(
  seed: number,
  index: number,
  targets: readonly Target[],
  isSlow: boolean,
): RequestCase {
  const dice: Dice = createDice(createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)))
  // The origin alone is asked slowly: the local Worker's front waits for a request as long as it takes.
  const origins = targets.filter(({ side }) => side === 'origin')
  return malformedCase(isSlow && origins.length > 0 ? origins : targets, dice, index, isSlow)
}

function createTally() {
  const statuses: Record<string, number> = {}
  const findings = new Map<string, Finding>()
  const add = (finding: Omit<Finding, 'times'>) => {
    const key = `${finding.side} ${finding.route} ${finding.kind}`
    const known = findings.get(key)
    findings.set(key, known === undefined ? { ...finding, times: 1 } : { ...known, times: known.times + 1 })
  }
  return {
    statuses,
    get findings() {
      return [...findings.values()]
    },
    countAnswers({ side }: RequestCase, { answers }: Exchange) {
      for (const answer of answers) {
        const name = `${side}${isOurs(answer) ? '' : "'s front"} ${answer.status}`
        statuses[name] = (statuses[name] ?? 0) + 1
      }
    },
    note(fault: Fault, replay: RequestCase) {
      add({ ...fault, side: replay.side, route: replay.route, replay })
    },
    noteLogged({ requestId, ...fault }: LogFault, cases: ReadonlyMap<string, RequestCase>) {
      const replay = cases.get(requestId ?? '') ?? null
      add({ ...fault, side: replay?.side ?? 'worker', route: replay?.route ?? '', replay })
    },
  }
}

const reducedMax = 30

/** The findings with their cases made small; each try is a request, so only so many are. */
async function reduced(findings: readonly Finding[], place: Place, logs: LogWatch): Promise<Finding[]> {
  const done: Finding[] = []
  for (const [index, finding] of findings.entries()) {
    const { replay, kind } = finding
    if (replay === null || replay.ending === 'wait' || kind === 'hangs' || index >= reducedMax)
      done.push(finding)
    else {
      const shows = async (request: RequestCase) => {
        const seen = faultsOf(request, await sendCase(request, place))
        if (seen.some((fault) => fault.kind === kind)) return true
        return (await logs.faults()).some((fault) => fault.kind === kind)
      }
      done.push({ ...finding, replay: await smallestOf(replay, shows) })
    }
  }
  return done
}

/** A report as people read it; each finding with what replays it. */
export function told({ cases, statuses, findings }: FuzzReport, seed: number): string {
  const counted = Object.entries(statuses)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, times]) => `  ${name}: ${times}`)
  const found = findings.map(
    ({ side, route, kind, seen, times, replay }) =>
      `\n${side} ${route}: ${kind} (${times} times)\n  ${seen.replaceAll('\n', '\\n')}\n  replay: ${JSON.stringify(replay)}`,
  )
  return [`seed ${seed}: ${cases} requests, ${findings.length} kinds of faults`, ...counted, ...found].join(
    '\n',
  )
}
