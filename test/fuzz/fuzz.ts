import { parseArgs } from 'node:util'
import { z } from 'zod'
import { told } from './findings.ts'
import { fuzzMalformed, sendCase } from './fuzz-malformed.ts'
import { startFuzzStack } from './fuzz-stack.ts'
import { faultsOf } from './judge.ts'
import { requestCaseSchema } from './request-case.ts'
import { originTargets, workerTargets } from './targets.ts'

/**
 * `npm run fuzz`: malformed requests over every route of Worker and origin, on a local stack of its own.
 * `-- --seconds 60 --seed N` for so long and from that seed; `-- --replay '<JSON>'` sends one case of an earlier run again
 * and prints what came back.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    replay: { type: 'string' },
  },
})
const wholeNumber = z.coerce.number().int().nonnegative()
const seed = wholeNumber.parse(values.seed ?? Math.floor(Math.random() * 1_000_000))
const casesMax = values.cases === undefined ? Number.POSITIVE_INFINITY : wholeNumber.parse(values.cases)
const stack = await startFuzzStack()
try {
  if (values.replay === undefined) {
    console.log(`seed ${seed}`)
    const endMs = performance.now() + wholeNumber.parse(values.seconds) * 1_000
    const report = await fuzzMalformed({
      seed,
      casesMax,
      isOver: () => casesMax === Number.POSITIVE_INFINITY && performance.now() >= endMs,
      targets: [...workerTargets(), ...originTargets()],
      place: stack.place,
      logs: stack.logs,
    })
    console.log(told(report, seed))
    process.exitCode = report.findings.length === 0 ? 0 : 1
  } else {
    const request = requestCaseSchema.parse(JSON.parse(values.replay))
    const exchanged = await sendCase(request, stack.place)
    for (const { status, headers, body } of exchanged.answers) {
      console.log(status, Object.fromEntries(headers), body.toString('utf8', 0, 2_000))
    }
    const faults = [...faultsOf(request, exchanged), ...(await stack.logs.faults())]
    for (const { kind, seen } of faults) console.log(`${kind}: ${seen}`)
    process.exitCode = faults.length === 0 ? 0 : 1
  }
} finally {
  await stack.stop()
}
