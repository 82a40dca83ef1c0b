import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { planting, type Replacement } from '../support/planting.ts'
import type { simulateLive } from './live/live.ts'
import type { simulate } from './simulation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The simulation with a bug planted in production's code. Throws if a text to replace does not occur exactly once. */
export async function simulateWith(replacements: readonly Replacement[]): Promise<typeof simulate> {
  const module = await bundledWith<{ simulate: typeof simulate }>('simulation.ts', replacements)
  return module.simulate
}

/** The simulation of live boards with a bug planted, likewise. */
export async function simulateLiveWith(replacements: readonly Replacement[]): Promise<typeof simulateLive> {
  const module = await bundledWith<{ simulateLive: typeof simulateLive }>('live/live.ts', replacements)
  return module.simulateLive
}

/** Production has no hooks for bugs, so its source is changed while it is bundled. */
async function bundledWith<Module>(entry: string, replacements: readonly Replacement[]): Promise<Module> {
  const planted = planting(replacements)
  const bundle = await build({
    entryPoints: [`${root}test/simulation/${entry}`],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'silent',
    plugins: [planted.plugin],
  })
  planted.assertAll()
  const [file] = bundle.outputFiles
  if (file === undefined) throw new Error('esbuild wrote no file')
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-planted-'))
  try {
    const path = join(folder, 'simulation.mjs')
    await writeFile(path, file.contents)
    const module: Module = await import(pathToFileURL(path).href)
    return module
  } finally {
    await rm(folder, { recursive: true })
  }
}
