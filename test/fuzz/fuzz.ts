import { parseArgs } from 'node:util'
import { wholeNumberOption } from '../support/whole-number-option.ts'
import { type FuzzReport, told } from './findings.ts'
import { type ForeignStack, startForeignStack } from './foreign-stack.ts'
import { fuzzForeign } from './fuzz-foreign.ts'
import { fuzzMalformed, sendCase } from './fuzz-malformed.ts'
import { type FuzzStack, startFuzzStack } from './fuzz-stack.ts'
import { faultsOf } from './judge.ts'
import { requestCaseSchema } from './request-case.ts'
import { originTargets, workerTargets } from './targets.ts'

/**
 * `npm run fuzz` sends malformed requests to every route of Worker and origin, on a local stack of its own. With
 * `--foreign` it makes attempts to see another workspace's data. `-- --seconds 60 --seed N` sets time and seed,
 * `--cases N` the number of cases. `-- --replay '<JSON>'` sends one case of an earlier run again and prints the
 * answer.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    foreign: { type: 'boolean', default: false },
  },
})
const seed = wholeNumberOption('seed', values.seed ?? `${Math.floor(Math.random() * 1_000_000)}`)
const targets = [...workerTargets(), ...originTargets()]

async function malformed({ place, logs }: FuzzStack): Promise<FuzzReport> {
  const casesMax =
    values.cases === undefined ? Number.POSITIVE_INFINITY : wholeNumberOption('cases', values.cases)
  const endMs = performance.now() + wholeNumberOption('seconds', values.seconds) * 1_000
  const isOver = () => values.cases === undefined && performance.now() >= endMs
  return fuzzMalformed({ seed, casesMax, isOver, targets, place, logs })
}

async function foreign({ place, world }: ForeignStack): Promise<FuzzReport> {
  const attempts = values.cases === undefined ? 10_000 : wholeNumberOption('cases', values.cases)
  return fuzzForeign({ seed, attempts, targets, place, world })
}

async function replay(text: string, { place, logs }: ForeignStack): Promise<void> {
  const request = requestCaseSchema.parse(JSON.parse(text))
  const exchanged = await sendCase(request, place)
  for (const { status, headers, body } of exchanged.answers) {
    console.log(status, Object.fromEntries(headers), body.toString('utf8', 0, 2_000))
  }
  const faults = [...faultsOf(request, exchanged), ...(await logs.faults())]
  for (const { kind, seen } of faults) console.log(`${kind}: ${seen}`)
  process.exitCode = faults.length === 0 ? 0 : 1
}

async function report(found: Promise<FuzzReport>): Promise<void> {
  console.log(`seed ${seed}`)
  const done = await found
  console.log(told(done, seed))
  process.exitCode = done.findings.length === 0 ? 0 : 1
}

if (values.foreign || values.replay !== undefined) {
  const stack = await startForeignStack()
  const work = values.replay === undefined ? report(foreign(stack)) : replay(values.replay, stack)
  await work.finally(() => stack.stop())
} else {
  const stack = await startFuzzStack()
  await report(malformed(stack)).finally(() => stack.stop())
}
