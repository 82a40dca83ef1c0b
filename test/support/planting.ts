import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { runFolder } from './run-folder.ts'

/** One place of the production's source, and what stands there instead. */
export interface Replacement {
  /** From the project's folder. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The source with what is planted in it. Throws where a text to replace does not stand exactly once. */
export function plantedSource(source: string, replacements: readonly Replacement[]): string {
  let planted = source
  for (const { file, find, replace } of replacements) {
    if (planted.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`)
    planted = planted.replace(find, () => replace)
  }
  return planted
}

/** Changes the source on its way into a bundle. `assertAll` throws where a file to be changed was no part of it. */
export function planting(replacements: readonly Replacement[]): { plugin: Plugin; assertAll(): void } {
  const done = new Set<Replacement>()
  const plugin: Plugin = {
    name: 'planting',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const here = replacements.filter(({ file }) => path === `${root}${file}`)
        if (here.length === 0) return null
        const contents = plantedSource(await readFile(path, 'utf8'), here)
        for (const replacement of here) done.add(replacement)
        return { contents, loader: 'ts' }
      })
    },
  }
  return {
    plugin,
    assertAll() {
      const missed = replacements.find((replacement) => !done.has(replacement))
      if (missed !== undefined) throw new Error(`${missed.file} is no part of what was bundled`)
    },
  }
}

/** A Worker with faults planted in it, as an entry for the local stack. */
export async function plantedWorkerEntry(replacements: readonly Replacement[]): Promise<string> {
  const { plugin, assertAll } = planting(replacements)
  const bundle = await build({
    entryPoints: [`${root}worker/index.ts`],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    target: 'es2024',
    logLevel: 'silent',
    plugins: [plugin],
  })
  assertAll()
  const entry = join(await mkdtemp(join(runFolder() ?? tmpdir(), 'boardcache-planted-')), 'worker.mjs')
  await writeFile(entry, bundle.outputFiles[0]?.contents ?? '')
  return entry
}

/** The environment with which the origin's process plants faults in itself as it loads its modules. */
export function plantedEnvironment(replacements: readonly Replacement[]): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${new URL('plant-in-process.ts', import.meta.url).href}`,
    PLANTED: JSON.stringify(replacements.map((each) => ({ ...each, file: `file://${root}${each.file}` }))),
  }
}
