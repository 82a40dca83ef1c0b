import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { planting, type Replacement } from '../support/planting.ts'
import type { simulate } from './simulation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Bundles the simulation with a bug planted in production's code. Production has no hooks for this, so its source is
 * changed while it is bundled. Throws if a text to replace does not occur exactly once.
 */
export async function simulateWith(replacements: readonly Replacement[]): Promise<typeof simulate> {
  const planted = planting(replacements)
  const bundle = await build({
    entryPoints: [`${root}test/simulation/simulation.ts`],
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
    const module: { simulate: typeof simulate } = await import(pathToFileURL(path).href)
    return module.simulate
  } finally {
    await rm(folder, { recursive: true })
  }
}
