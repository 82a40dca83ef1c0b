import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { runCrashes } from '../support/run-crashes.ts'

/** A machine with other work takes several times as long as the half a minute that the longer one needs. */
const withinMs = 240_000

describe.skipIf(chromiumPath === null)('two browsers with a live board', () => {
  it(
    'end with the list of the database, row by row, whatever failed while it was changed',
    async () => {
      const { code, output } = await runCrashes('live-crash.ts', '--minutes', '0.15', '--changes', '150')
      expect(output).toContain('\n0 faults')
      expect(code).toBe(0)
    },
    withinMs,
  )

  it(
    'are found to differ from the database if nobody heard of a change',
    async () => {
      const { code, output } = await runCrashes(
        'live-crash.ts',
        '--minutes',
        '0.02',
        '--changes',
        '20',
        '--deaf',
      )
      expect(output).toContain('shows {')
      expect(code).toBe(1)
    },
    withinMs,
  )
})
