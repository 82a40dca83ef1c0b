import { type Fault, isOurs } from './judge.ts'
import type { LogFault } from './logs.ts'
import { type Reach, reachOf } from './reach.ts'
import type { RequestCase, Side } from './request-case.ts'
import { smallestOf } from './smallest.ts'
import type { Exchange } from './wire.ts'

/** One kind of fault, and the first case that showed it, reduced to the smallest case that still shows it. */
export interface Finding extends Fault {
  readonly side: Side
  readonly route: string
  readonly times: number
  readonly replay: RequestCase | null
}

/** How many answers to requests of one route show that they got this far. */
export interface Depth {
  readonly side: Side
  readonly method: string
  readonly route: string
  readonly reach: Reach
  readonly times: number
}

export interface FuzzReport {
  readonly cases: number
  /** Each route that was requested, by side and pattern. */
  readonly routes: ReadonlySet<string>
  /** Answers of our code by side and status, and those that a server in front of it gave. */
  readonly statuses: Readonly<Record<string, number>>
  readonly depths: readonly Depth[]
  readonly findings: readonly Finding[]
}

/** Counts answers, and keeps the first case of each kind of fault. */
export function createTally() {
  const statuses: Record<string, number> = {}
  const depths = new Map<string, Depth>()
  const findings = new Map<string, Finding>()
  const add = (finding: Omit<Finding, 'times'>) => {
    const key = `${finding.side} ${finding.route} ${finding.kind}`
    const known = findings.get(key)
    findings.set(key, known === undefined ? { ...finding, times: 1 } : { ...known, times: known.times + 1 })
  }
  return {
    statuses,
    get depths() {
      return [...depths.values()]
    },
    get findings() {
      return [...findings.values()]
    },
    countAnswers({ side, method, route }: RequestCase, { answers }: Exchange) {
      for (const answer of answers) {
        const reach = reachOf(side, answer)
        const key = `${side} ${method} ${route} ${reach}`
        depths.set(key, { side, method, route, reach, times: (depths.get(key)?.times ?? 0) + 1 })
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

/** The findings with reduced cases. `shows` sends a case. Each try is a request, so their number is bounded. */
export async function reduced(
  findings: readonly Finding[],
  shows: (request: RequestCase, kind: string) => Promise<boolean>,
): Promise<Finding[]> {
  const done: Finding[] = []
  for (const [index, finding] of findings.entries()) {
    const { replay, kind } = finding
    if (replay === null || replay.ending === 'wait' || kind === 'hangs' || index >= reducedMax)
      done.push(finding)
    else {
      done.push({ ...finding, replay: await smallestOf(replay, (smaller) => shows(smaller, kind)) })
    }
  }
  return done
}

/** The report as text. Each finding has the command that replays it. */
export function told({ cases, statuses, depths, findings }: FuzzReport, seed: number): string {
  const reached = Object.entries(
    Object.groupBy(depths, ({ side, reach }) => `${side} as far as ${reach}`),
  ).map(([name, all = []]): [string, number] => [name, all.reduce((sum, { times }) => sum + times, 0)])
  const counted = [...Object.entries(statuses), ...reached]
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
