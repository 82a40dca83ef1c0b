import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantedEnvironment, plantedWorkerEntry } from '../support/planting.ts'
import type { Finding } from './findings.ts'
import { fuzzMalformed } from './fuzz-malformed.ts'
import { type FuzzStack, startFuzzStack } from './fuzz-stack.ts'
import { findInRounds } from './rounds.ts'
import { originTargets, workerTargets } from './targets.ts'

const ofWorker = [
  {
    file: 'worker/cache/wish.ts',
    find: "const [name = '', value = ''] = directive.split('=', 2)",
    replace: "const [name = '', value] = directive.split('=', 2) as [string, string]; value.trim()",
  },
  {
    file: 'worker/http/answers.ts',
    find: 'const response = respondJson(body, status)',
    replace: `const response = status === 405
      ? new Response('<h1>No</h1>', { status, headers: { 'Content-Type': 'text/html' } })
      : respondJson(body, status)`,
  },
  {
    file: 'worker/http/exchange.ts',
    find: 'this.startedAtMs = Date.now()',
    replace:
      "this.startedAtMs = Date.now(); console.log(JSON.stringify({ level: 'info', url: request.url }))",
  },
]
const ofOrigin = [
  {
    file: 'origin/http/respond.ts',
    find: 'return (context) => {',
    replace:
      'return (context) => { if (context.req.method.startsWith("P")) return new Promise<Response>(() => undefined)',
  },
  {
    file: 'origin/routes/load.ts',
    find: 'if (loader === null) return',
    replace: 'if (loader === null) throw new Error("no loader"); if (loader === null) return',
  },
  {
    file: 'origin/routes/jobs.ts',
    find: 'const isChosen = scope !== null &&',
    replace: 'if (id.includes("~")) throw new Error("no such id"); const isChosen = scope !== null &&',
  },
  {
    file: 'origin/board/board-changes.ts',
    find: 'const { kind } = changed.error',
    replace: 'const { kind } = changed.error; if (kind === "job_not_found") throw new Error("no such job")',
  },
]

const planted: readonly (readonly [what: string, place: string, kind: RegExp])[] = [
  ['a header that throws', 'worker', /^a 500 internal$/],
  ['an error in HTML', 'worker', /^a 405 of another shape$/],
  ['a log that repeats the text of a search', 'worker', /^a log that tells$/],
  ['a route that never answers', 'origin', /^hangs$/],
  ['a path that throws', 'origin', /^a 500 internal$/],
  ['an id of a job that throws', 'origin /api/v1/queues', /^a 500 internal$/],
  ['a click on the board that throws', 'origin /admin/queues', /^a 500 internal$/],
  ['an error in the log of the origin', 'origin', /^origin logs Error/],
]

const isOf = (place: string, kind: RegExp) => (finding: Finding) =>
  `${finding.side} ${finding.route}`.startsWith(place) && kind.test(finding.kind)

describe('a fault planted for malformed requests is found:', () => {
  let given: FuzzStack
  let findings: readonly Finding[]

  beforeAll(async () => {
    given = await startFuzzStack({
      workerEntry: await plantedWorkerEntry(ofWorker),
      originEnvironment: plantedEnvironment(ofOrigin),
    })
    findings = await findInRounds({
      roundsMax: 6,
      isFound: (found) => planted.every(([, place, kind]) => found.some(isOf(place, kind))),
      round: (index) =>
        fuzzMalformed({
          seed: 7 + index,
          casesMax: 600,
          targets: [...workerTargets(), ...originTargets()],
          place: given.place,
          logs: given.logs,
          slowMax: 0,
          deadlineMs: 2_000,
          isReduced: false,
        }),
    })
  }, 600_000)
  afterAll(async () => {
    await given?.stop()
  })

  it.each(planted)('%s', (_what, place, kind) => {
    const seen = findings.map((finding) => `${finding.side} ${finding.kind}`).join('\n')
    expect(findings.filter(isOf(place, kind)), seen).not.toEqual([])
  })
})
