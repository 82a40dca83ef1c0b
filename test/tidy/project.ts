import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of the project: its path from the project's folder, with `/`, and its text. */
export interface ProjectFile {
  readonly path: string
  readonly text: string
}

const projectFolder = fileURLToPath(new URL('../../', import.meta.url))

/** Every file of the project, without the files that .gitignore names and git's own folder. */
export function readProject(folder = projectFolder): ProjectFile[] {
  const ignored = new Set([
    '.git',
    ...readFileSync(join(folder, '.gitignore'), 'utf8')
      .split('\n')
      .map((line) => line.replace(/\/$/, '')),
  ])
  const files: ProjectFile[] = []
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name)
      if (ignored.has(entry.name) || entry.name.endsWith('.log')) continue
      if (entry.isDirectory()) folders.push(path)
      else
        files.push({ path: path.slice(folder.length).split(sep).join('/'), text: readFileSync(path, 'utf8') })
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

export function isTypeScript({ path }: ProjectFile): boolean {
  return /\.tsx?$/.test(path)
}

export function linesOf({ text }: ProjectFile): number {
  return text.replace(/\n$/, '').split('\n').length
}
