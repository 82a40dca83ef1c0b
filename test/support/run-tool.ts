import { execFile } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder, in which tools run. */
export const projectFolder = fileURLToPath(new URL('../../', import.meta.url))

/** How a tool ended. */
export interface ToolRun {
  /** The exit code, or null if a signal ended the tool, as at its deadline. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

const outputBytesMax = 16 * 1_048_576

/**
 * Runs a command of node_modules/.bin in the project's folder and answers how it ended. Rejects if it cannot be
 * started.
 */
export function runTool(
  name: string,
  args: readonly string[],
  {
    environment = {},
    deadlineMs = 120_000,
  }: { readonly environment?: Readonly<Record<string, string>>; readonly deadlineMs?: number } = {},
): Promise<ToolRun> {
  const path = `${fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))}${delimiter}${process.env['PATH'] ?? ''}`
  return new Promise((resolve, reject) => {
    execFile(
      name,
      [...args],
      {
        cwd: projectFolder,
        env: { ...process.env, ...environment, PATH: path },
        timeout: deadlineMs,
        maxBuffer: outputBytesMax,
        // On Windows the commands of node_modules/.bin are batch files.
        shell: process.platform === 'win32',
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ exitCode: 0, stdout, stderr })
        else if (typeof error.code === 'number' || error.killed === true) {
          resolve({ exitCode: typeof error.code === 'number' ? error.code : null, stdout, stderr })
        } else reject(error)
      },
    )
  })
}
