import type { Reporter, TestModule, TestSuite } from 'vitest/node'
import { hasRedisServer, redisServerAbsent } from './redis-server.ts'

/** How a run ended. What failed outside a test (a file that did not load, a hook, a stray rejection) is a failure too. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Closes a run with the line `N passed, N failed`, and `, N skipped` where some were, alone on the last line. */
export class ClosingReporter implements Reporter {
  #tally: Tally = { passed: 0, failed: 0, skipped: 0 }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#tally = tallyOf(modules, unhandledErrors.length)
    if (this.#tally.passed + this.#tally.failed === 0) process.exitCode = 1
    // The other reporters write their summaries in the same hook; the last line has to come after them.
    process.once('exit', () => process.stdout.write(`${closingLines(this.#tally, hasRedisServer())}\n`))
  }
}

export function tallyOf(modules: readonly TestModule[], unhandledErrors: number): Tally {
  const tally = { passed: 0, failed: unhandledErrors, skipped: 0 }
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test that never came to an end proves nothing.
      tally[state === 'pending' ? 'failed' : state] += 1
    }
    for (const suite of [module, ...module.children.allSuites()]) tally.failed += failuresOutsideTests(suite)
  }
  return tally
}

/** Without redis-server the closing line says what that left unproven. */
export function closingLines({ passed, failed, skipped }: Tally, redisPresent: boolean): string {
  const counts = `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
  return redisPresent ? counts : `${counts}\n${redisServerAbsent}`
}

function failuresOutsideTests(suite: TestModule | TestSuite): number {
  return suite.errors().length
}
