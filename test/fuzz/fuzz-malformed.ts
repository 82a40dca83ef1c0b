import { createDice, type Dice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { createTally, type FuzzReport, reduced } from './findings.ts'
import { faultsOf } from './judge.ts'
import type { LogWatch } from './logs.ts'
import { malformedCase } from './malformed-requests.ts'
import { type Filling, type RequestCase, renderCase, type Side } from './request-case.ts'
import type { Target } from './targets.ts'
import { type Exchange, exchange } from './wire.ts'

/** Where cases are sent, and the tokens for them. */
export interface Place {
  readonly ports: Readonly<Record<Side, number>>
  readonly secrets: Readonly<Record<string, string>>
}

export interface FuzzOptions {
  readonly seed: number
  /** The run ends after this many cases, or when `isOver` says so. */
  readonly casesMax: number
  readonly isOver?: () => boolean
  readonly targets: readonly Target[]
  readonly place: Place
  readonly logs: LogWatch
  /** How many cases may be left open, and how long an answer may take. */
  readonly slowMax?: number
  readonly deadlineMs?: number
  /** Whether the cases of findings are reduced, which sends more requests. */
  readonly isReduced?: boolean
}

const atOnce = 24
/** The origin gives up a request 15 s after it began, and an import after 30 s without data. */
const deadlineMsUsual = 25_000
const importDeadlineMs = 45_000
/**
 * The number of requests that never become complete. It is enough for every kind of them, and each takes as long as
 * the server's patience.
 */
const slowMaxUsual = 40
const slowEvery = 20

export async function sendCase(
  request: RequestCase,
  place: Place,
  deadlineMs = deadlineMsUsual,
): Promise<Exchange> {
  const port = place.ports[request.side]
  const filling: Filling = { host: `127.0.0.1:${port}`, secrets: place.secrets }
  const ownMs = request.target.includes('/import') ? Math.max(importDeadlineMs, deadlineMs) : deadlineMs
  return exchange({
    port,
    pieces: renderCase(request, filling),
    ending: request.ending,
    methods: Array.from({ length: request.copies }, () => request.method),
    // Requests that are sent together on one connection are answered one after the other.
    deadlineMs: ownMs * request.copies,
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
  const shows = async (request: RequestCase, kind: string) => {
    const seen = faultsOf(request, await sendCase(request, place))
    if (seen.some((fault) => fault.kind === kind)) return true
    return (await logs.faults()).some((fault) => fault.kind === kind)
  }
  const findings = options.isReduced === false ? tally.findings : await reduced(tally.findings, shows)
  return { cases: next, routes, statuses: tally.statuses, depths: tally.depths, findings }
}

export function caseOf(
  seed: number,
  index: number,
  targets: readonly Target[],
  isSlow: boolean,
): RequestCase {
  const dice: Dice = createDice(createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)))
  // Only the origin gets slow requests, because the local Worker's front waits for a request without limit.
  const origins = targets.filter(({ side }) => side === 'origin')
  return malformedCase(isSlow && origins.length > 0 ? origins : targets, dice, index, isSlow)
}
