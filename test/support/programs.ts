import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program of the machine's is, by the folders of its search path; null where there is none. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | null {
  const found = path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
  return found.find(isExecutable) ?? null
}

export function hasProgram(name: string, path?: string): boolean {
  return findProgram(name, path) !== null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
