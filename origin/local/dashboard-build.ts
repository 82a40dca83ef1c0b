import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const project = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(project, 'worker/dashboard')
const page = join(folder, 'dist/index.html')

/** What the build is made of. */
const sources = ['worker/dashboard', 'shared', 'package-lock.json', 'tsconfig.json']

/** Builds the dashboard's files into worker/dashboard/dist, where they are older than what they are made of. */
export async function buildDashboard(): Promise<void> {
  const builtAtMs = await changedAtMs(page)
  const changed = await Promise.all(sources.map((source) => newestIn(join(project, source))))
  if (builtAtMs > Math.max(...changed)) return
  await build({ configFile: join(folder, 'vite.config.ts') })
}

async function newestIn(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.mtimeMs
  const entries = await readdir(path)
  const inside = entries.filter((name) => name !== 'dist' && name !== 'screenshots')
  return Math.max(...(await Promise.all(inside.map((name) => newestIn(join(path, name))))), found.mtimeMs)
}

async function changedAtMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  return found?.mtimeMs ?? 0
}

if (import.meta.main) await buildDashboard()
