import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { watchFiles } from '../../origin/local/project-files.ts'
import { eventually } from '../support/eventually.ts'
import { makeDataDirectory } from '../support/run-folder.ts'

let root: string
let seen: Set<string>
let watching: { stop(): void }

beforeEach(async () => {
  root = await makeDataDirectory()
  seen = new Set()
  await mkdir(join(root, 'src/inner'), { recursive: true })
  await mkdir(join(root, 'src/dist'))
  await writeFile(join(root, 'src/inner/a.ts'), 'a')
  await writeFile(join(root, 'settings.toml'), 'a')
  await writeFile(join(root, 'other.toml'), 'a')
  watching = await watchFiles({
    root,
    paths: ['src', 'settings.toml'],
    ignored: new Set(['dist']),
    onChange: (paths) => {
      for (const path of paths) seen.add(path)
    },
    onFailure: (error) => {
      throw error
    },
  })
})

afterEach(async () => {
  watching.stop()
  await rm(root, { recursive: true, force: true })
})

const isSeen = (path: string) => eventually(() => expect([...seen]).toContain(path))

it('a changed, added, removed or replaced file is reported', async () => {
  await writeFile(join(root, 'src/inner/a.ts'), 'changed')
  await isSeen('src/inner/a.ts')
  await writeFile(join(root, 'src/b.ts'), 'added')
  await isSeen('src/b.ts')
  seen.clear()
  await writeFile(join(root, 'src/b.ts.draft'), 'replaced by an editor')
  await rename(join(root, 'src/b.ts.draft'), join(root, 'src/b.ts'))
  await isSeen('src/b.ts')
  seen.clear()
  await rm(join(root, 'src/b.ts'))
  await isSeen('src/b.ts')
  await writeFile(join(root, 'settings.toml'), 'changed')
  await isSeen('settings.toml')
})

it('a folder that is made, or removed and made again, is watched', async () => {
  await mkdir(join(root, 'src/new/deep'), { recursive: true })
  await writeFile(join(root, 'src/new/deep/a.ts'), 'a')
  await isSeen('src/new/deep/a.ts')
  await rm(join(root, 'src/inner'), { recursive: true })
  await isSeen('src/inner/a.ts')
  await mkdir(join(root, 'src/inner'))
  await writeFile(join(root, 'src/inner/b.ts'), 'b')
  await isSeen('src/inner/b.ts')
  seen.clear()
  await writeFile(join(root, 'src/inner/b.ts'), 'changed')
  await isSeen('src/inner/b.ts')
})

it('nothing else is reported', async () => {
  await writeFile(join(root, 'src/dist/built.js'), 'built')
  await writeFile(join(root, 'other.toml'), 'changed')
  await writeFile(join(root, 'src/inner/a.ts'), 'changed')
  await isSeen('src/inner/a.ts')
  expect([...seen]).toEqual(['src/inner/a.ts'])
})
