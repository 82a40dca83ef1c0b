import { LocalError } from '../../origin/local/local-error.ts'
import { checkNames } from './checks/index.ts'
import { type Given, parseGiven, usage } from './given.ts'
import { exitCodes } from './report.ts'
import { reportText } from './report-text.ts'
import { validateDeployment } from './validate.ts'

/*
 * `npm run validate`: the report on standard output, progress on standard error, and an exit code: 0 if every check passed, 1 if one
 * failed or was cut short by the deadline, 2 if the run could not begin, 130 if it was interrupted.
 */

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    console.log(usage)
    return exitCodes.passed
  }
  let given: Given
  try {
    given = parseGiven(process.argv.slice(2), process.env, checkNames)
  } catch (error) {
    if (!(error instanceof LocalError)) throw error
    console.error(error.message)
    return exitCodes.unusable
  }
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    // A second signal ends the process at once.
    process.once(name, () => {
      console.error('Interrupted: what was changed is restored first.')
      interruption.abort()
    })
  }
  const report = await validateDeployment(given, interruption.signal, {
    onProgress: (line) => console.error(line),
  })
  const text = given.isJson ? `${JSON.stringify(report, null, 2)}\n` : reportText(report)
  // The process ends right afterwards, and a pipe takes a long text in parts.
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => resolve())
  })
  return exitCodes[report.verdict]
}

process.exit(await main())
