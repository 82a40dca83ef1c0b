import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectFolder } from './run-tool.ts'

/**
 * Runs a program of test/chaos and answers its exit code and its output. It has a process of its own, because a killed Postgres makes its
 * driver throw where no test could catch it.
 */
export async function runCrashes(
  name: string,
  ...options: string[]
): Promise<{ code: unknown; output: string }> {
  const script = join(projectFolder, 'test/chaos', name)
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  const [code] = await once(child, 'close')
  return { code, output: output.join('') }
}
