import { parseCLI, startVitest } from 'vitest/node'
import { ClosingReporter, closingLines } from './closing-reporter.ts'
import { absences } from './programs.ts'
import { makeRunFolder } from './run-folder.ts'

/**
 * What `npm test` and `npm run test:all` run: vitest once, with the arguments it was given, and the closing line after all that vitest and
 * the tests have to say. Fails where a test failed, and where none ran.
 */
const closing = new ClosingReporter()

process.once('exit', () => {
  if (closing.tally.failed > 0) process.exitCode = 1
  process.stdout.write(`${closingLines(closing.tally, absences())}\n`)
})

makeRunFolder()
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
// `reporter`, as the command line has it, would take the place of all `reporters`.
const { reporter = 'default', ...rest } = options
try {
  const vitest = await startVitest(filter, {
    config: 'test/vitest.config.ts',
    ...rest,
    reporters: [reporter, closing].flat(),
  })
  await vitest.close()
} catch (error) {
  // Said before the closing line, not after it.
  console.error(error)
  process.exitCode = 1
}
