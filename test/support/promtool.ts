import { spawnSync } from 'node:child_process'
import { projectFolder } from './run-tool.ts'

/** Runs Debian's promtool in the project's folder. Answers its complaints, or an empty text if it has none. */
export function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', [...args], {
    cwd: projectFolder,
    input,
    encoding: 'utf8',
    timeout: 30_000,
  })
  if (error !== undefined) throw error
  return status === 0 && stderr === '' ? '' : `exit code ${status}\n${stdout}${stderr}`
}
