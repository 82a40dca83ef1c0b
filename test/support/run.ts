import { parseCLI, startVitest } from 'vitest/node'
import { ClosingReporter, closingLines } from './closing-reporter.ts'
import { absences } from './programs.ts'
import { makeRunFolder } from './run-folder.ts'

/**
 * The program behind `npm test` and `npm run test:all`. It runs vitest once with the given arguments and prints the
 * closing line after everything that vitest and the tests print. Fails if a test failed or none ran.
 */
const closing = new ClosingReporter()

process.once('exit', () => {
  if (closing.tally.failed > 0) process.exitCode = 1
  process.stdout.write(`${closingLines(closing.tally, absences())}\n`)
})

makeRunFolder()
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
// `reporter`, which the command line sets, would replace all `reporters`.
const { reporter = 'default', ...rest } = options
try {
  const vitest = await startVitest(filter, {
    config: 'test/vitest.config.ts',
    ...rest,
    reporters: [reporter, closing].flat(),
  })
  await vitest.close()
} catch (error) {
  // Printed before the closing line.
  console.error(error)
  process.exitCode = 1
}
