import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { eventually } from '../support/eventually.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))

export interface Started {
  readonly process: ChildProcess
  readonly lines: string[]
  /** Settles with the exit code when the process ends. */
  readonly ended: Promise<number | null>
  line(matching: RegExp): Promise<string>
}

/** Runs `npm start` as a user does, with a small reference workspace. */
export function npmStart(folder: string, port: number, ...more: string[]): Started {
  return npmStartIn(project, folder, port, ...more)
}

/** Runs it in a copy of the project. */
export function npmStartIn(root: string, folder: string, port: number, ...more: string[]): Started {
  const program = join(root, 'origin/local/start.ts')
  const args = [program, '--data', folder, '--port', String(port), '--contacts', '500', ...more]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line))
  }
  return {
    process: child,
    lines,
    ended: once(child, 'close').then(() => child.exitCode),
    async line(matching) {
      const found = () => lines.find((line) => matching.test(line))
      await eventually(() => expect(found() ?? lines.join('\n')).toMatch(matching), { deadlineMs: 120_000 })
      return found() ?? ''
    },
  }
}
