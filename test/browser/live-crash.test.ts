import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { projectFolder } from '../support/run-tool.ts'

/** In a process of its own, because a killed Postgres makes its driver throw where no test could catch it. */
async function runCrashes(...options: string[]): Promise<{ code: unknown; output: string }> {
  const script = join(projectFolder, 'test/chaos/live-crash.ts')
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  const [code] = await once(child, 'close')
  return { code, output: output.join('') }
}

/** A machine with other work takes several times as long as the half a minute that the longer one needs. */
const withinMs = 240_000

describe.skipIf(chromiumPath === null)('two browsers with a live board', () => {
  it(
    'end with the list of the database, row by row, whatever failed while it was changed',
    async () => {
      const { code, output } = await runCrashes('--minutes', '0.15', '--changes', '150')
      expect(output).toContain('\n0 faults')
      expect(code).toBe(0)
    },
    withinMs,
  )

  it(
    'are found to differ from the database if nobody heard of a change',
    async () => {
      const { code, output } = await runCrashes('--minutes', '0.02', '--changes', '20', '--deaf')
      expect(output).toContain('shows {')
      expect(code).toBe(1)
    },
    withinMs,
  )
})
