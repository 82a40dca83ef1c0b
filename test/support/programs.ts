import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { hasEarlierRelease } from './earlier-release.ts'

/**
 * Debian programs that some tests need; `.ci/install-debian` installs them. If one is missing, its tests are skipped,
 * and the run says so after its closing line.
 */
const programs = {
  'redis-server':
    'Redis: the tests against real Redis were skipped, there is no redis-server on this machine',
  prometheus: 'Prometheus: the tests with real Prometheus were skipped, there is none on this machine',
  promtool:
    'promtool: the tests of metrics and alert rules by it were skipped, there is none on this machine',
  chromium:
    'Chromium: the tests of the dashboard in a browser were skipped, there is no chromium on this machine',
} as const
export type Program = keyof typeof programs

/** The path of a program in the folders of the search path, or null if it is not there. */
export function findProgram(program: Program, path = process.env['PATH'] ?? ''): string | null {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null
}

/** Whether a program is installed. */
export function hasProgram(program: Program, path?: string): boolean {
  return findProgram(program, path) !== null
}

const noEarlierRelease =
  'git: the test of two releases at once was skipped, this clone does not have the earlier one'

/** The lines that a run prints for programs that are missing, and for the earlier release if this clone does not have it. */
export function absences(path = process.env['PATH'] ?? ''): string[] {
  const names: Program[] = ['redis-server', 'prometheus', 'promtool', 'chromium']
  const absent = names.filter((program) => !hasProgram(program, path)).map((program) => programs[program])
  return hasEarlierRelease(path) ? absent : [...absent, noEarlierRelease]
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
