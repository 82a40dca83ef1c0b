import type { Reporter, TestModule, TestSuite } from 'vitest/node'

/**
 * How a run ended. A failure outside a test (a file that did not load, a hook, an unhandled rejection) counts as a
 * failure too.
 */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Counts a run for its closing line. */
export class ClosingReporter implements Reporter {
  #tally: Tally | null = null

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#tally = tallyOf(modules, unhandledErrors.length)
  }

  /** How the run ended. A run that did not finish, or in which no test ran, has failed. */
  get tally(): Tally {
    const tally = this.#tally ?? { passed: 0, failed: 0, skipped: 0 }
    return tally.passed + tally.failed > 0 ? tally : { ...tally, failed: 1 }
  }
}

export function tallyOf(modules: readonly TestModule[], unhandledErrors: number): Tally {
  const tally = { passed: 0, failed: unhandledErrors, skipped: 0 }
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test that never finished proves nothing.
      tally[state === 'pending' ? 'failed' : state] += 1
    }
    for (const suite of [module, ...module.children.allSuites()]) tally.failed += failuresOutsideTests(suite)
  }
  return tally
}

/**
 * The line `N passed, N failed`, with `, N skipped` if some were. After it comes a line for each program that the
 * machine lacks (programs.ts), which says what was not tested because of it.
 */
export function closingLines({ passed, failed, skipped }: Tally, absent: readonly string[]): string {
  const counts = `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
  return [counts, ...absent].join('\n')
}

function failuresOutsideTests(suite: TestModule | TestSuite): number {
  return suite.errors().length
}
