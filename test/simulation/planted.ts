import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { simulate } from './simulation.ts'

/** One place of the production's source, and what stands there instead. */
export interface Replacement {
  /** From the project's folder. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The simulation over production with a bug planted in it. Production has no door for this: its source is changed on
 * the way into a bundle. Throws where a text to replace does not stand exactly once.
 */
export async function simulateWith(replacements: readonly Replacement[]): Promise<typeof simulate> {
  const done = new Set<Replacement>()
  const bundle = await build({
    entryPoints: [`${root}test/simulation/simulation.ts`],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'silent',
    plugins: [planting(replacements, done)],
  })
  const missed = replacements.find((replacement) => !done.has(replacement))
  if (missed !== undefined) throw new Error(`${missed.file} is no part of the simulation`)
  const [file] = bundle.outputFiles
  if (file === undefined) throw new Error('nothing was bundled')
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

function planting(replacements: readonly Replacement[], done: Set<Replacement>): Plugin {
  return {
    name: 'planting',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const here = replacements.filter(({ file }) => path === `${root}${file}`)
        if (here.length === 0) return null
        let source = await readFile(path, 'utf8')
        for (const replacement of here) {
          const { file, find, replace } = replacement
          if (source.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`)
          source = source.replace(find, () => replace)
          done.add(replacement)
        }
        return { contents: source, loader: 'ts' }
      })
    },
  }
}
