import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { runFolder } from './run-folder.ts'

/** A place in production's source, and the text that replaces it. */
export interface Replacement {
  /** The path from the project's folder. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The source with the replacements. Throws if a text to replace does not occur exactly once. */
export function plantedSource(source: string, replacements: readonly Replacement[]): string {
  let planted = source
  for (const { file, find, replace } of replacements) {
    if (planted.split(find).length !== 2) throw new Error(`${file} does not contain exactly once: ${find}`)
    planted = planted.replace(find, () => replace)
  }
  return planted
}

/**
 * Changes source files while they are bundled. `assertAll` throws if a file that should be changed was not in the
 * bundle.
 */
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
      if (missed !== undefined) throw new Error(`${missed.file} is not in the bundle`)
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

/** The environment with which the origin's process plants faults in its modules while it loads them. */
export function plantedEnvironment(replacements: readonly Replacement[]): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${new URL('plant-in-process.ts', import.meta.url).href}`,
    PLANTED: JSON.stringify(replacements.map((each) => ({ ...each, file: `file://${root}${each.file}` }))),
  }
}
