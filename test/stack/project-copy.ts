import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const project = fileURLToPath(new URL('../../', import.meta.url))
const copied = [
  'origin',
  'shared',
  'worker',
  'wrangler.toml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]
const left = new Set(['dist', 'screenshots', '.wrangler'])

/** Copies the product's files to another folder, where a test may edit them. They share the packages of the project. */
export async function copyProject(folder: string): Promise<string> {
  const copy = join(folder, 'project')
  await mkdir(copy)
  for (const name of copied) {
    const filter = (source: string) => !left.has(basename(source))
    await cp(join(project, name), join(copy, name), { recursive: true, filter })
  }
  await symlink(join(project, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Replaces a text in a file, as an editor does, and answers a function that restores the file. */
export async function edit(path: string, before: string, after: string): Promise<() => Promise<void>> {
  const text = await readFile(path, 'utf8')
  expect(text).toContain(before)
  await writeFile(path, text.replaceAll(before, after))
  return () => writeFile(path, text)
}
